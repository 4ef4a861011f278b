"""Another threshold, from tallies alone, beside predictions made anew at it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.measures import fairness, performance
from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.thresholds import GAPS, WHOLE, at_threshold, number, share_positive
from monitor.terms import Task


def people(threshold: float = 0.5, *, weights: bool = False) -> Rows:
    """Some thousands, a tenth without a label, women with lower scores; scores are never where a
    threshold of these tests is."""
    random = np.random.default_rng(3)
    n = 4000
    sex = random.choice(np.array(["f", "m"], dtype=object), n)
    score = np.clip(random.beta(2, 2, n) - 0.1 * (sex == "f"), 0.01, 0.99)
    score = np.where(np.abs(score * 20 - np.round(score * 20)) < 0.1, score + 0.01, score)
    actual = np.where(random.uniform(size=n) < score, "1", "0").astype(object)
    actual[random.uniform(size=n) < 0.1] = None
    predicted = np.where(score >= threshold, "1", "0").astype(object)
    weight = random.uniform(1, 2, n) if weights else None
    return Rows({}, {"sex": sex}, predicted, actual, score[:, None], weight, n)


def layout_of(rows: Rows):
    return build_layout(
        rows, task=Task.BINARY, classes=("0", "1"), positive="1", favourable=("1",),
        attributes=("sex",), reference_groups={"sex": "m"},
    )  # fmt: skip


ROWS = people()
LAYOUT = layout_of(ROWS)


@pytest.mark.parametrize("threshold", [0.25, 0.45, 0.5, 0.7])
def test_it_is_what_predictions_made_at_that_threshold_give(threshold):
    moved = at_threshold(tally_outcomes(ROWS, LAYOUT), LAYOUT, threshold)
    anew = tally_outcomes(people(threshold), LAYOUT)
    assert moved is not None
    keys = {*moved.cells.counts, *anew.cells.counts}
    for key in keys:
        np.testing.assert_allclose(moved.cells.counts[key], anew.cells.counts[key])


def test_numbers_are_those_that_are_measured_of_predictions_made_anew():
    moved = at_threshold(tally_outcomes(ROWS, LAYOUT), LAYOUT, 0.45)
    anew = tally_outcomes(people(0.45), LAYOUT)
    assert moved is not None
    wanted = [
        *fairness.measure_attribute(anew, LAYOUT, "sex"),
        *performance.measure(anew, LAYOUT, None),
    ]
    found = {m.metric: (number(moved, LAYOUT, m.key), m.value) for m in wanted}
    mine = {metric: both for metric, both in found.items() if both[0] is not None}
    for ours, theirs in mine.values():
        assert ours == pytest.approx(theirs)
    odds = {f"{stem}_{made}" for stem in GAPS for made in ("difference", "ratio")}
    assert set(mine) == {*WHOLE, *odds & set(found)}
    assert share_positive(moved, LAYOUT) == np.mean(people(0.45).predicted == "1")


def test_where_predictions_come_from_elsewhere_nothing_is_said():
    outcomes = tally_outcomes(people(0.6), LAYOUT)
    assert at_threshold(outcomes, LAYOUT, 0.45) is None
    assert at_threshold(outcomes, replace(LAYOUT, threshold=0.6), 0.45) is not None
    assert at_threshold(tally_outcomes(people(weights=True), LAYOUT), LAYOUT, 0.45) is None
    assert at_threshold(outcomes, replace(LAYOUT, task=Task.MULTICLASS), 0.45) is None
