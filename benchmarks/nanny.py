"""NannyML's drift, estimated and realised performance, run by a Python that has NannyML.

`python benchmarks/nanny.py FOLDER` prints one JSON object.  Calculators are fitted on the reference
beforehand, and have worked on another file, as on the other sides; nothing of Fairwatch is used.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

import nannyml
import pandas as pd

NUMERIC = ["kolmogorov_smirnov", "wasserstein", "jensen_shannon"]
CATEGORICAL = ["chi2", "jensen_shannon", "l_infinity"]
PERFORMANCE = ["roc_auc", "f1", "precision", "recall", "specificity", "accuracy"]
IDENTIFIED = ("id", "target", "score", "prediction")


def fitted(reference: pd.DataFrame, rows: int) -> list[object]:
    """Drift of every column, expected and realised performance, each of one chunk of ``rows``."""
    scored = {
        "metrics": PERFORMANCE,
        "y_true": "target",
        "y_pred": "prediction",
        "y_pred_proba": "score",
        "problem_type": "classification_binary",
        "chunk_size": rows,
    }
    return [
        one.fit(reference)
        for one in (
            nannyml.UnivariateDriftCalculator(
                column_names=[name for name in reference.columns if name not in IDENTIFIED],
                treat_as_categorical=[n for n in reference.columns if reference[n].dtype == object],
                continuous_methods=NUMERIC,
                categorical_methods=CATEGORICAL,
                chunk_size=rows,
            ),
            nannyml.CBPE(**scored),
            nannyml.PerformanceCalculator(**scored),
        )
    ]


def estimate(calculators: list[object], batch: pd.DataFrame) -> list[object]:
    drift, expected, realised = calculators
    return [drift.calculate(batch), expected.estimate(batch), realised.calculate(batch)]


def answers(results: list[object]) -> dict[str, float]:
    """Those of the batch that have a counterpart with us."""
    drift, _, realised = (one.filter(period="analysis").to_df() for one in results)
    ks = {
        f"ks/{column}": float(drift[column, method, "value"].iloc[-1])
        for column, method, what in drift.columns
        if method == "kolmogorov_smirnov" and what == "value"
    }
    return ks | {name: float(realised[name, "value"].iloc[-1]) for name in PERFORMANCE}


def main(folder: Path) -> None:
    reference, warm = (pd.read_parquet(folder / f"{n}.parquet") for n in ("reference", "warm"))
    calculators = fitted(reference, len(pd.read_parquet(folder / "batch.parquet", columns=["id"])))
    estimate(calculators, warm)
    gc.freeze()  # no side pays for looking through what it has imported
    begun = time.process_time()
    batch = pd.read_parquet(folder / "batch.parquet")
    found = estimate(calculators, batch)
    spent = time.process_time() - begun
    print(json.dumps({"cpu_seconds": spent, "answers": answers(found)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
