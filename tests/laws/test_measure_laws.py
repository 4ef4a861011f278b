"""The laws of measurements: what may change of the rows without a number changing, and what must.

Rows are drawn by a seed that hypothesis chooses: enough of them that rates are shown.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from monitor.measures import fairness, performance, regression
from monitor.measures.catalogue import METRICS
from monitor.measures.disparity import DISPARITIES
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.significance import benjamini_hochberg, holm, two_proportions, two_sample_chi2
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task

CLASSES = {Task.BINARY: ("no", "yes"), Task.MULTICLASS: ("a", "b", "c"), Task.REGRESSION: ()}
GROUPS = ("f", "m", "x")
# A smaller seed is not a simpler case, so nothing is shrunk.
law = settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
seeds = st.integers(0, 2**32 - 1)
tasks = st.sampled_from(list(Task))
Found = dict[tuple[str, str, str, str], Measurement]


def rows_of(task: Task, seed: int, *, weighted: bool = False) -> Rows:
    """Some 150 to 400 rows, of which a tenth has no label; groups differ in how they fare."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(150, 400))
    groups = rng.choice(GROUPS, n, p=rng.dirichlet((4, 4, 4)))
    weight = rng.integers(1, 4, n).astype(float) if weighted else None
    tilt = rng.normal(0, 0.5, 3)[np.searchsorted(GROUPS, groups)]
    late = rng.random(n) < 0.1
    regions = rng.choice(["north", "south"], n)
    named = {"group": groups.astype(object), "region": regions.astype(object)}
    if task is Task.REGRESSION:
        actual = 50 + 10 * tilt + rng.normal(0, 10, n)
        predicted = actual + rng.normal(tilt, 5)
        actual = np.where(late, np.nan, actual)
        return Rows({}, named, predicted, actual, None, weight, n)
    names = np.array(CLASSES[task], dtype=object)
    scores = _softmax(rng.normal(0, 1.5, (n, len(names))) + tilt[:, None] * np.arange(len(names)))
    actual = names[[rng.choice(len(names), p=p) for p in scores]]
    predicted = names[scores.argmax(1)]
    if task is Task.BINARY:
        scores = scores[:, 1:]
    actual = np.where(late, None, actual)
    return Rows({}, named, predicted, actual, scores, weight, n)


def _softmax(logits):
    odds = np.exp(logits)
    return odds / odds.sum(1, keepdims=True)


def layout_of(rows: Rows, task: Task, *, reference: str = "f") -> Layout:
    return build_layout(
        rows,
        task=task,
        classes=CLASSES[task],
        positive="yes" if task is Task.BINARY else None,
        favourable=() if task is Task.REGRESSION else CLASSES[task][-1:],
        favourable_range=(45.0, 60.0) if task is Task.REGRESSION else None,
        attributes=("group",),
        segments=("region",),
        reference_groups={"group": reference},
    )


def measured(rows: Rows, layout: Layout) -> Found:
    outcomes = tally_outcomes(rows, layout)
    perform = regression if layout.task is Task.REGRESSION else performance
    found = [*perform.measure(outcomes, layout, None), *fairness.measure(outcomes, layout, None)]
    return {m.key: m for m in found}


def taken(rows: Rows, places) -> Rows:
    def of(values):
        return None if values is None else values[places]

    return Rows(
        {},
        {name: values[places] for name, values in rows.groups.items()},
        of(rows.predicted),
        of(rows.actual),
        of(rows.scores),
        of(rows.weight),
        len(places),
    )


COMPARED = {disparity.metric for disparity in DISPARITIES}
NUMBERS = ("value", "low", "high", "p", "baseline")


def assert_same(one: Found, other: Found, *, names: tuple[str, ...] = NUMBERS):
    assert one.keys() == other.keys()
    for key, m in one.items():
        for name in names:
            left, right = getattr(m, name), getattr(other[key], name)
            if left is None or right is None:
                assert left is right, (key, name)
            else:
                assert left == pytest.approx(right, rel=1e-7, abs=1e-9), (key, name)


@law
@given(tasks, seeds, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_number(task, seed, random):
    rows = rows_of(task, seed, weighted=True)
    layout = layout_of(rows, task)
    places = list(range(rows.n))
    random.shuffle(places)
    assert_same(measured(rows, layout), measured(taken(rows, places), layout))


@law
@given(tasks, seeds)
def test_a_weight_of_three_is_a_row_three_times_in_every_value(task, seed):
    """Not in intervals: a row that counts three times is still one row's evidence."""
    heavy = rows_of(task, seed, weighted=True)
    layout = layout_of(heavy, task)
    repeated = taken(heavy, np.repeat(np.arange(heavy.n), heavy.weight.astype(int)))
    many = measured(replace(repeated, weight=None), layout)
    once = measured(heavy, layout)
    for key, m in once.items():
        if key[0] in ("label_coverage", "group_share"):
            continue  # they count rows
        if key[2:] == ("group", ""):
            continue  # over other groups, where one is no longer too small to be shown
        if m.value is not None:
            precision = 1e-2 if "average_precision" in key[0] else 1e-7
            assert m.value == pytest.approx(many[key].value, rel=precision, abs=1e-9), key


@law
@given(tasks, seeds, st.floats(0.01, 100))
def test_the_unit_of_weights_changes_no_number(task, seed, unit):
    rows = rows_of(task, seed, weighted=True)
    layout = layout_of(rows, task)
    assert_same(measured(rows, layout), measured(replace(rows, weight=rows.weight * unit), layout))


@law
@given(tasks, seeds, st.permutations(GROUPS))
def test_groups_under_other_names_have_the_same_numbers(task, seed, names):
    rows = rows_of(task, seed)
    called = dict(zip(GROUPS, names, strict=True))
    renamed = np.array([called[g] for g in rows.groups["group"]], dtype=object)
    theirs = replace(rows, groups={**rows.groups, "group": renamed})
    other = measured(theirs, layout_of(theirs, task, reference=called["f"]))

    def renaming(group: str) -> str:
        name, joint, stratum = group.partition(" | ")
        return called.get(name, name) + joint + stratum

    one = measured(rows, layout_of(rows, task))
    assert_same({(*key[:3], renaming(key[3])): m for key, m in one.items()}, other)


@law
@given(tasks, seeds)
def test_with_the_other_group_as_reference_ratios_invert_and_differences_turn_round(task, seed):
    rows = rows_of(task, seed)
    ours, theirs = (measured(rows, layout_of(rows, task, reference=g)) for g in ("f", "m"))
    compared = 0
    for key, m in ours.items():
        if key[2:] != ("group", "m") or key[0] not in COMPARED:
            continue
        swapped = theirs[(*key[:3], "f")]
        if METRICS[key[0]].unit == "ratio":
            turned = [_inverse(v) for v in (swapped.value, swapped.high, swapped.low)]
        else:
            turned = [_minus(v) for v in (swapped.value, swapped.high, swapped.low)]
        if None in turned or m.value is None:
            continue  # a ratio to 0 has no inverse
        assert [m.value, m.low, m.high] == pytest.approx(turned, rel=1e-9, abs=1e-12), key
        compared += 1
    assume(compared)  # where hardly a row is in one of the groups, nothing is said of them


def _inverse(value):
    return None if value is None or value == 0 else 1 / value


def _minus(value):
    return None if value is None else -value


@law
@given(tasks, seeds)
def test_every_value_and_its_interval_lie_in_the_range_of_the_metric(task, seed):
    rows = rows_of(task, seed, weighted=True)
    for key, m in measured(rows, layout_of(rows, task)).items():
        least, most = METRICS[key[0]].range
        assert all(least <= v <= most for v in (m.value, m.low, m.high) if v is not None), m
        if None not in (m.value, m.low, m.high):
            assert m.low - 1e-12 <= m.value <= m.high + 1e-12, m


rates = st.tuples(
    st.integers(1, 500), st.integers(1, 500), st.integers(0, 500), st.integers(0, 500)
)


@given(rates.filter(lambda r: r[2] <= r[0] and r[3] <= r[1]), st.integers(1, 20))
def test_more_rows_at_the_same_gap_are_no_less_surprising(counts, times):
    n1, n2, x1, x2 = counts
    few = two_proportions(x1, n1, x2, n2)
    many = two_proportions(x1 * times, n1 * times, x2 * times, n2 * times)
    assert many <= few + 1e-12


@given(rates.filter(lambda r: r[2] < r[0] and r[3] <= r[1] and r[2] * r[1] >= r[3] * r[0]))
def test_a_larger_gap_between_as_many_rows_is_no_less_surprising(counts):
    n1, n2, x1, x2 = counts
    assert two_proportions(x1 + 1, n1, x2, n2) <= two_proportions(x1, n1, x2, n2) + 1e-12


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=8))
def test_more_rows_spread_as_differently_are_no_less_surprising(pairs):
    p, q = np.array(pairs).T
    assert two_sample_chi2(3 * p, 3 * q)[2] <= two_sample_chi2(p, q)[2] + 1e-12


ps = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(ps, st.randoms(use_true_random=False))
def test_corrected_p_values_are_no_smaller_keep_their_order_and_know_no_place(values, random):
    for correct in (holm, benjamini_hochberg):
        corrected = correct(values)
        assert np.all(corrected >= np.array(values) - 1e-15)
        assert np.all(corrected <= 1)
        order = np.argsort(values, kind="stable")
        assert np.all(np.diff(corrected[order]) >= -1e-15)
        places = list(range(len(values)))
        random.shuffle(places)
        assert np.allclose(correct([values[i] for i in places]), corrected[places])


@given(ps, st.floats(0, 1))
def test_one_comparison_more_makes_no_other_more_surprising(values, more):
    assert np.all(holm([*values, more])[:-1] >= holm(values) - 1e-15)


def test_nothing_measured_is_a_number_that_is_none():
    """None stands for undefined: NaN and infinity never leave the measures."""
    for task in Task:
        for m in measured(rows_of(task, 1), layout_of(rows_of(task, 1), task)).values():
            assert all(math.isfinite(v) for v in (m.value, m.low, m.high) if v is not None)
