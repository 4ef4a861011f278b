"""What Fairwatch does with the rows, by its own public functions."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.material import Registered, registered
from benchmarks.side import SetUp, Work
from monitor.jobs.evaluate import evaluate
from monitor.jobs.measure import measure, measure_reference
from monitor.measures import fairness
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally, tally_outcomes
from monitor.models.contract import Contract
from monitor.models.convert import to_rows
from monitor.models.runner import open_runner
from monitor.settings import Settings

FILES = ("reference", "batch")


def both_files(folder: Path, stack: ExitStack) -> Work:
    """Cuts the bins, counts both files and compares them: as if nothing were kept."""
    known, frames = registered(folder), _scored(folder)

    def work() -> dict[str, float]:
        rows = {name: _rows(frame, known) for name, frame in frames.items()}
        layout = _layout(rows["reference"], known)
        reference = measure_reference(tally(rows["reference"], layout), layout)
        counted = tally(rows["batch"], layout)
        facts = _facts(len(frames["batch"]))
        return answers(measure(counted, layout=layout, reference=reference, facts=facts))

    return work


def batch_alone(folder: Path, stack: ExitStack) -> Work:
    """Counts the batch and compares it with what is kept of the reference."""
    known, frame = registered(folder), _scored(folder)["batch"]
    reference = measure_reference(known.reference, known.layout)

    def work() -> dict[str, float]:
        counted = tally(_rows(frame, known), known.layout)
        facts = _facts(len(frame))
        return answers(measure(counted, layout=known.layout, reference=reference, facts=facts))

    return work


def groups(folder: Path, stack: ExitStack) -> Work:
    """Counts outcomes by group, then rates, gaps, their intervals and p-values."""
    known, frame = registered(folder), _scored(folder)["batch"]
    no_features = Contract({})

    def work() -> dict[str, float]:
        rows = to_rows(frame, None, spec=known.spec, contract=no_features)
        outcomes = tally_outcomes(rows, known.layout)
        return answers(fairness.measure(outcomes, known.layout, None))

    return work


def evaluation(folder: Path, stack: ExitStack) -> Work:
    """From the file to the measurements, the predictions written for late labels."""
    known = registered(folder)
    reference = measure_reference(known.reference, known.layout)
    runner = stack.enter_context(
        open_runner(
            known.spec,
            {},
            settings=Settings(),
            trusted=lambda sha256: True,
            contract=known.contract,
        )
    )

    def work() -> dict[str, float]:
        found = evaluate(
            folder / "batch.parquet",
            runner,
            spec=known.spec,
            contract=known.contract,
            layout=known.layout,
            keep=folder / "predictions.parquet",
        )
        facts = _facts(found.service.rows) | {"duplicate_ids": found.duplicate_ids}
        return answers(measure(found.tally, layout=known.layout, reference=reference, facts=facts))

    return work


def answers(measurements: Iterable[Measurement]) -> dict[str, float]:
    """The numbers the other side gives too, by metric, attribute and group."""
    return {
        "/".join(part for part in (m.metric, m.attribute, m.group) if part): m.value
        for m in measurements
        if m.value is not None and not m.feature
    }


def _scored(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / f"scored_{name}.parquet") for name in FILES}


def _rows(frame: pd.DataFrame, known: Registered) -> Rows:
    return to_rows(frame, None, spec=known.spec, contract=known.contract)


def _layout(rows: Rows, known: Registered) -> Layout:
    spec = known.spec
    return build_layout(
        rows,
        task=spec.task,
        classes=spec.classes,
        positive=spec.outcome.positive,
        favourable=spec.outcome.favourable,
        favourable_range=None,
        threshold=spec.outcome.threshold,
        attributes=tuple(one.name for one in spec.sensitive),
        segments=(),
        reference_groups={one.name: str(one.reference) for one in spec.sensitive},
    )


def _facts(rows: int) -> dict[str, Any]:
    """Of a run whose cost is not asked for."""
    return {
        "rows": rows,
        "duplicate_ids": 0,
        "predict_seconds": 0.0,
        "peak_memory_mb": None,
        "artefact_mb": None,
    }


SIDES: dict[str, SetUp] = {
    "tallies of both files": both_files,
    "tally of the batch": batch_alone,
    "fairness of tallies": groups,
    "evaluation": evaluation,
}
