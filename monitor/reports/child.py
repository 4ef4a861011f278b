"""The script that asks Evidently, in a process of its own: a folder in, a folder out.

The folder holds question.json, reference.parquet and current.parquet; answer.json is written into
it, and report.html where a report was asked for.  Evidently imports much, prints warnings, and some
of its errors are no Exceptions: none of that reaches the worker.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ["DO_NOT_TRACK"] = "1"


def main(folder: Path) -> None:
    """Writes the answer, or what went wrong, into the folder."""
    question = json.loads((folder / "question.json").read_text())
    answer: dict[str, Any]
    warnings.simplefilter("ignore")
    _limit(question["memory_mb"])
    try:
        import evidently
    except BaseException as error:
        answer = {"failed": "import", "error": _one_line(error)}
    else:
        try:
            answer = ANSWERS[question["kind"]](question, folder)
            answer["version"] = evidently.__version__
        except BaseException as error:
            answer = {"failed": "raised", "error": _one_line(error)}
    (folder / "answer.json").write_text(json.dumps(answer))


def _limit(megabytes: int) -> None:
    size = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _one_line(error: BaseException) -> str:
    first = next(iter(str(error).splitlines()), "")[:300]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _frames(folder: Path) -> tuple[Any, Any]:
    import pandas as pd

    return tuple(pd.read_parquet(folder / f"{name}.parquet") for name in ("current", "reference"))  # type: ignore[return-value]


def methods(question: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """One method for each column, Evidently's default where none is named."""
    current, reference = _frames(folder)
    found = {}
    for name, wish in question["columns"].items():
        try:
            found[name] = _one(reference[name], current[name], wish["kind"], wish["method"])
        except BaseException as error:
            found[name] = {"error": _one_line(error)}
    return {"columns": found}


def _one(reference: Any, current: Any, kind: str, method: str | None) -> dict[str, Any]:
    """As Evidently's own presets prepare a column: no infinities, no missing values."""
    import numpy as np
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    np.random.seed(0)
    random.seed(0)
    sides = [
        side.replace([-np.inf, np.inf], np.nan).dropna() if kind == "num" else side.dropna()
        for side in (reference, current)
    ]
    if any(side.empty for side in sides):
        return {"error": "there is no value to compare"}
    test = get_stattest(*sides, ColumnType(kind), method)
    found = test(*sides, ColumnType(kind), None)
    return {
        "method": test.name,
        "value": float(found.drift_score),
        "threshold": float(found.actual_threshold),
        "drifted": bool(found.drifted),
        "rows": len(sides[1]),
    }


def report(question: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Evidently's drift and summary presets as one page of HTML."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset, DataSummaryPreset

    columns = DataDefinition(
        numerical_columns=question["numbers"], categorical_columns=question["names"]
    )
    current, reference = (
        Dataset.from_pandas(frame, data_definition=columns) for frame in _frames(folder)
    )
    made = Report([DataDriftPreset(), DataSummaryPreset()]).run(current, reference)
    made.save_html(str(folder / "report.html"))
    return {}


ANSWERS = {"methods": methods, "report": report}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
