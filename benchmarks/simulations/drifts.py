"""How often columns are called drifted, where nothing drifted and where one did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.rows import feature_names, made
from benchmarks.simulations.figure import share
from benchmarks.simulations.incumbents import EVIDENTLYS_SHARE, evidently_drifted
from benchmarks.simulations.promise import Found, Promise
from monitor.alerts.defaults import default_rules
from monitor.alerts.judging import judge
from monitor.measures import drift
from monitor.measures.drift_verdict import JUDGED_FROM
from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally, tally
from monitor.terms import Task, Verdict

COLUMNS = feature_names(20)
MOVED = 0.75  # standard deviations of one column
KNOWN = 0.9  # of the values, at the very least


def drifted(
    random: np.random.Generator, repeats: int, *, rows: int, reference: int, shift: float = 0.0
) -> Found:
    """Batches of which the model's drift rule fails, and of which Evidently's does.

    Every draw has a reference and a batch of its own, with as many batches before it as a small
    one is pooled with.
    """
    ours, any_column, data_set = 0, 0, 0
    for _ in range(repeats):
        before = made(random, reference, COLUMNS, shift=0.0)[COLUMNS]
        batches = list(_batches(random, rows, shift))
        ours += fails(before, batches)
        theirs = evidently_drifted(before, batches[0])
        any_column += any(theirs)
        data_set += float(np.mean(theirs)) >= EVIDENTLYS_SHARE
    return Found(
        share(ours, repeats),
        {
            "Evidently's defaults, any column": share(any_column, repeats),
            "half of its columns": share(data_set, repeats),
        },
    )


def fails(reference: pd.DataFrame, batches: Sequence[pd.DataFrame]) -> bool:
    """Whether the first batch breaks the rule on drift that a new model has; older ones follow."""
    whole = _rows(reference)
    layout = build_layout(whole, task=Task.BINARY, classes=("0", "1"), positive="1")
    newest, *older = (tally(_rows(batch), layout) for batch in batches)
    found = drift.measure(
        newest.profiles,
        newest.outcomes,
        tally(whole, layout),
        layout,
        earlier=partial(_iterate, older),
    )
    rules = default_rules(layout, has_labels=False, has_reference=True)
    return any(
        judged.rule is not None and judged.measurement.verdict is Verdict.FAILING
        for judged in judge(rules, found)
    )


def _iterate(older: Sequence[Tally]) -> Iterator[Tally]:
    return iter(older)


def _batches(random: np.random.Generator, rows: int, shift: float) -> Iterator[pd.DataFrame]:
    """The batch, and those before it where some of its columns are too small to be judged alone."""
    for _ in range(1 if rows * KNOWN >= JUDGED_FROM else JUDGED_FROM // rows + 2):
        yield made(random, rows, COLUMNS, shift=shift)[COLUMNS]


def _rows(frame: pd.DataFrame) -> Rows:
    columns = {
        name: values.to_numpy() if values.dtype.kind == "f" else pa.array(values, pa.string())
        for name, values in frame.items()
    }
    return Rows(columns, {}, None, None, None, None, len(frame))


def _false_alarms(rows: int, reference: int, *, repeats: int, quick: int = 0) -> Promise:
    return Promise(
        "False alarms of drift per undrifted batch",
        f"{rows} rows, 20 columns, reference {reference}",
        partial(drifted, rows=rows, reference=reference),
        limit=0.05,
        repeats=repeats,
        quick=quick,
    )


PROMISES = (
    *(
        _false_alarms(rows, 5000, repeats=300, quick=15 if rows == 100 else 0)
        for rows in (30, 100, 200, 500, 1000, 10_000)
    ),
    _false_alarms(100_000, 5000, repeats=150),
    *(_false_alarms(rows, 1000, repeats=300) for rows in (200, 1000)),
    Promise(
        "Drift of one column in twenty is found",
        "moved by 0.75 standard deviations, 500 rows, reference 5000",
        partial(drifted, rows=500, reference=5000, shift=MOVED),
        limit=0.95,
        side="at least",
        repeats=300,
        quick=15,
    ),
)
