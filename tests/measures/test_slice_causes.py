"""Confirmed slices as numbers: of lost points and of gaps, with what they are beside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from monitor.measures import slice_causes
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.terms import Task


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def answers(n: int, seed: int, *, north: float = 0.1, women: float = 0.6) -> Rows:
    """``north`` is how often answers are wrong there, ``women`` how often young women hear yes."""
    random = np.random.default_rng(seed)
    region = random.choice(["north", "south", "west"], n).astype(object)
    sex, age = random.choice(["f", "m"], n).astype(object), random.uniform(20, 70, n).round()
    yes = random.random(n) < np.where((sex == "f") & (age < 45), women, 0.6)
    wrong = random.random(n) < np.where(region == "north", north, 0.1)
    told, other = np.where(yes, "yes", "no"), np.where(yes, "no", "yes")
    return Rows(
        columns={"age": age, "region": pa.array(region), "noise": random.normal(0, 1, n)},
        groups={"sex": sex},
        predicted=told.astype(object),
        actual=np.where(wrong, other, told).astype(object),
        scores=None,
        weight=None,
        n=n,
    )


REFERENCE = answers(5000, 1)
LAYOUT = build_layout(
    REFERENCE,
    task=Task.BINARY,
    classes=("no", "yes"),
    positive="yes",
    favourable=("yes",),
    attributes=("sex",),
    reference_groups={"sex": "m"},
)


def found(batch: Rows) -> dict[str, list[Measurement]]:
    by_metric: dict[str, list[Measurement]] = {}
    for m in slice_causes.measure(batch, REFERENCE, LAYOUT):
        by_metric.setdefault(m.metric, []).append(m)
    return by_metric


def test_a_slice_that_became_worse_is_named_with_rows_and_interval():
    told = found(answers(4000, 2, north=0.35))
    for metric in ("slice_loss_difference", "slice_loss_change"):
        (one,) = told[metric]
        assert one.feature == "region = north"
        assert one.low is not None
        assert one.high is not None
        assert one.low < 0.25 < one.high
        assert one.n == pytest.approx(4000 / 3 / 2, rel=0.15)
        assert "found in one half among" in one.method
    (weak,) = told["slice_loss_difference"]
    assert weak.reference == pytest.approx(0.0, abs=0.03)
    assert weak.reason.startswith("Accuracy 6")
    assert "slice_demographic_parity_difference" not in told


def test_the_widest_gap_is_named_for_its_group():
    told = found(answers(6000, 3, women=0.2))
    for metric, gap in (
        ("slice_demographic_parity_difference", -0.4),
        ("slice_equal_opportunity_difference", -0.2),
    ):
        (one,) = told[metric]
        assert (one.attribute, one.group) == ("sex", "f")
        assert one.feature.startswith("age under 4")
        assert one.value == pytest.approx(gap, abs=0.1)
        assert one.denominator is not None
        assert one.denominator < one.n
        assert "sex" not in one.feature
    assert set(told) == {
        "slice_demographic_parity_difference",
        "slice_equal_opportunity_difference",
    }


def test_without_labels_only_gaps_in_answers_are_told():
    told = found(replace(answers(6000, 4, women=0.2), actual=None))
    assert set(told) == {"slice_demographic_parity_difference"}


def test_healthy_rows_have_no_slice():
    assert found(answers(4000, 5)) == {}
