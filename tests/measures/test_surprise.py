"""Realised minus estimated: chance while scores keep their promise, concept drift else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.measures import performance
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.unlabelled import surprise
from monitor.measures.unlabelled.calibrations import Calibrations, calibrations
from monitor.measures.unlabelled.estimate import measure as estimates
from monitor.measures.verdict import judge
from monitor.terms import Verdict
from tests.measures.scored import World, layout_of


@pytest.fixture(scope="module")
def reference() -> Rows:
    return World().rows(20_000, np.random.default_rng(0))


@pytest.fixture(scope="module")
def known(reference: Rows) -> Calibrations:
    layout = layout_of(reference)
    return calibrations(tally_outcomes(reference, layout), layout)


def surprises(batch: Rows, reference: Rows, known: Calibrations) -> dict[str, Measurement]:
    layout = layout_of(reference)
    outcomes = tally_outcomes(batch, layout)
    whole = {m.metric: m for m in performance.measure(outcomes, layout, None) if not m.attribute}
    found = surprise.measure(outcomes, known, whole)
    return {m.metric.removeprefix("realised_minus_estimated_"): m for m in found}


def test_it_is_realised_minus_estimated_where_every_row_has_a_label(reference, known):
    batch = World().rows(3_000, np.random.default_rng(1))
    layout = layout_of(reference)
    outcomes = tally_outcomes(batch, layout)
    real = {m.metric: m.value for m in performance.measure(outcomes, layout, None)}
    told = {m.metric: m.value for m in estimates(outcomes, known, layout) if not m.attribute}
    for name, m in surprises(batch, reference, known).items():
        assert m.value == pytest.approx(real[name] - told[f"estimated_{name}"])
        assert m.low < m.value < m.high
        assert METRICS[m.metric].range.least <= m.low


def test_rows_whose_label_has_not_arrived_say_nothing(reference, known):
    """Labels came for the certain cases only, and the estimate is of those cases."""
    batch = World().rows(6_000, np.random.default_rng(2))
    certain = np.abs(batch.scores[:, 0] - 0.5) > 0.3
    some = replace(batch, actual=np.where(certain, batch.actual, np.array(None, dtype=object)))
    accuracy = surprises(some, reference, known)["accuracy"]
    assert accuracy.n == certain.sum()
    assert accuracy.low < 0 < accuracy.high


def test_a_shift_of_inputs_is_no_surprise(reference, known):
    moved = World(moved=1.0).rows(4_000, np.random.default_rng(3))
    found = surprises(moved, reference, known)
    assert all(m.p > 0.05 for m in found.values())


def test_another_relation_between_inputs_and_outcome_is_failing(reference, known):
    rng = np.random.default_rng(4)
    batch = World().rows(4_000, rng)
    swapped = np.where(batch.actual == "yes", "no", "yes").astype(object)
    batch = replace(batch, actual=np.where(rng.random(batch.n) < 0.15, swapped, batch.actual))
    accuracy = judge(
        surprises(batch, reference, known)["accuracy"], low=-0.05, high=None, parity=0.0
    )
    assert accuracy.verdict is Verdict.FAILING
    assert accuracy.p < 0.001
    assert accuracy.high < 0


def test_without_labels_there_is_nothing_to_be_surprised_by(reference, known):
    batch = World().rows(1_000, np.random.default_rng(5))
    assert surprises(replace(batch, actual=None), reference, known) == {}


def test_few_labels_are_shown_and_not_judged(reference, known):
    batch = World().rows(60, np.random.default_rng(6))
    accuracy = surprises(batch, reference, known)["accuracy"]
    assert accuracy.value is not None
    assert accuracy.verdict is Verdict.NOT_ENOUGH_DATA


def test_beyond_the_reference_nothing_can_be_a_surprise(reference, known):
    batch = World(moved=5.0).rows(2_000, np.random.default_rng(7))
    assert surprises(batch, reference, known)["accuracy"].reason.startswith("Not reliable: ")
