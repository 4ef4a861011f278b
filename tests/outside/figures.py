"""Published figures that no one here made up, and how one is held against ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from monitor.measures.estimated import Estimate
from monitor.measures.group_rates import group_rates
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.models.labels import labels
from monitor.terms import Task

CHECKS = Path(__file__).parents[3] / "shared" / "checks"
PUBLISHED = CHECKS / "expected.json"
FIGURES: dict[str, dict[str, float]] = (
    json.loads(PUBLISHED.read_text()) if PUBLISHED.exists() else {}
)
beside_this_checkout = pytest.mark.skipif(
    not FIGURES, reason="the published figures are not beside this checkout"
)


def named(prefix: str) -> list[str]:
    """The names of the figures that begin so; each is a test's id."""
    return [name for name in FIGURES if name.startswith(prefix)]


def assert_is(name: str, ours: float) -> None:
    """As printed within the rounding of print, and as computed by its author to nine digits."""
    figure = FIGURES[name]
    assert ours == pytest.approx(figure["published"], rel=0, abs=figure["tolerance"])
    assert ours == pytest.approx(figure["value"], rel=0, abs=max(1e-9, 1e-3 * figure["tolerance"]))


def rows_of(
    groups: Any, *, predicted: Any, actual: Any = None, attribute: str = "group", scores: Any = None
) -> Rows:
    """Labels may be of any type; they are read as a file's are."""
    return Rows(
        columns={},
        groups={attribute: np.asarray(groups, dtype=object)},
        predicted=labels(pd.Series(predicted)),
        actual=None if actual is None else labels(pd.Series(actual)),
        scores=scores,
        weight=None,
        n=len(groups),
    )


def layout_of(rows: Rows, *, favourable: str = "1", reference: str | None = None) -> Layout:
    """Of a binary task whose positive class is 1."""
    attribute = next(iter(rows.groups))
    return build_layout(
        rows,
        task=Task.BINARY,
        classes=("0", "1"),
        positive="1",
        favourable=(favourable,),
        attributes=(attribute,),
        reference_groups={attribute: reference} if reference else None,
    )


Rates = dict[tuple[str, str], Estimate]


def rates_by_group(outcomes: Any, layout: Layout) -> Rates:
    """Every rate of every group, and under the group "" that of everybody, however few they are."""
    found = group_rates(outcomes.cells, layout, ("", *layout.attributes))
    return {(e.metric, e.group): e for estimates in found.values() for e in estimates}
