"""Estimates for several classes without labels: each class against the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.measures import performance
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.unlabelled import family
from monitor.terms import Task, Verdict

CLASSES = ("card", "refund", "other")


def rows(n: int, rng: np.random.Generator, *, sure: float = 1.0, noise: float = 0.0) -> Rows:
    """Scores are the chances of the labels, but for a share of labels that is noise."""
    inside = rng.normal(0, 1.5, (n, 3)) + np.array([0.5, 0.0, -0.5])
    chances = np.exp(inside) / np.exp(inside).sum(axis=1, keepdims=True)
    drawn = (rng.random((n, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    drawn = np.where(rng.random(n) < noise, rng.integers(0, 3, n), drawn)
    scores = chances**sure / (chances**sure).sum(axis=1, keepdims=True)
    names = np.array(CLASSES, dtype=object)
    return Rows({}, {}, names[scores.argmax(axis=1)], names[drawn], scores, None, n)


def layout_of(reference: Rows) -> Layout:
    return build_layout(reference, task=Task.MULTICLASS, classes=CLASSES)


def measured(reference: Rows, batch: Rows) -> dict[tuple[str, str], Measurement]:
    layout = layout_of(reference)
    before, now = (tally_outcomes(r, layout) for r in (reference, batch))
    found = family.measure(
        now,
        family.learn(before, layout),
        layout,
        realised=performance.measure(now, layout, None),
        reference=performance.measure(before, layout, None),
        earlier=(),
    )
    return {(m.metric, m.group): m for m in found}


@pytest.fixture(scope="module")
def reference() -> Rows:
    """Scores are too sure of themselves, so that calibration has something to mend."""
    return rows(20_000, np.random.default_rng(0), sure=1.6)


def test_what_came_true_is_inside_its_interval(reference):
    batch = rows(4_000, np.random.default_rng(1), sure=1.6)
    found = measured(reference, replace(batch, actual=None))
    real = performance.measure(
        tally_outcomes(batch, layout_of(reference)), layout_of(reference), None
    )
    looked = 0
    for m in real:
        one = found.get((f"estimated_{m.metric}", m.group))
        if one is not None and m.value is not None:
            looked += 1
            room = (one.high - one.low) / 4  # of so many numbers of the same rows a few lie outside
            assert one.low - room < m.value < one.high + room, (m.metric, m.group)
            assert one.reference is not None
    assert looked == 6 + 3 * 5


def test_without_labels_nothing_is_realised(reference):
    batch = replace(rows(2_000, np.random.default_rng(2), sure=1.6), actual=None)
    assert not [name for name, _ in measured(reference, batch) if name.startswith("realised")]


def test_labels_that_follow_the_scores_are_no_surprise(reference):
    found = measured(reference, rows(4_000, np.random.default_rng(3), sure=1.6))
    surprise = found["realised_minus_estimated_accuracy", ""]
    assert surprise.p > 0.05
    assert surprise.low < 0 < surprise.high


def test_labels_that_no_longer_follow_them_are(reference):
    found = measured(reference, rows(4_000, np.random.default_rng(4), sure=1.6, noise=0.3))
    surprise = found["realised_minus_estimated_accuracy", ""]
    assert surprise.high < -0.02
    assert surprise.p < 1e-3


def test_a_class_that_is_hardly_expected_is_hidden_and_left_out_of_the_mean(reference):
    batch = rows(40, np.random.default_rng(5), sure=1.6)
    found = measured(reference, batch)
    assert found["estimated_precision", "other"].value is None
    assert found["estimated_precision_macro", ""].verdict is Verdict.NOT_ENOUGH_DATA
    assert found["estimated_precision_macro", ""].value is not None


def test_one_sentence_says_why_nothing_can_be_estimated(reference):
    found = measured(replace(reference, actual=None), rows(500, np.random.default_rng(6)))
    assert list(found) == [("estimated_accuracy", "")]
    assert "no labels" in found["estimated_accuracy", ""].reason
    found = measured(reference, replace(rows(500, np.random.default_rng(6)), scores=None))
    assert "probability" in found["estimated_accuracy", ""].reason
    found = measured(replace(reference, scores=None), rows(500, np.random.default_rng(6)))
    assert "no probabilities" in found["estimated_accuracy", ""].reason
