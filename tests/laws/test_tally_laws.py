"""The laws of tallies: they add up, in any order, and nothing else changes them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Outcomes, Profiles, Tally, tally
from monitor.terms import Task

CLASSES = {Task.BINARY: ("no", "yes"), Task.MULTICLASS: ("a", "b", "c"), Task.REGRESSION: ()}
law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.one_of(
    st.integers(-5, 5).map(float),
    st.floats(-1e6, 1e6),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e300]),
)


@dataclass(frozen=True)
class Case:
    rows: Rows
    layout: Layout


@st.composite
def rows_of(draw, task: Task, size: st.SearchStrategy[int], *, weighted: bool) -> Rows:
    n = draw(size)

    def some(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    def texts(*values):
        return np.array(some(st.sampled_from(values)), dtype=object)

    columns = {
        "number": np.array(some(NUMBERS), dtype=float),
        "text": pa.array(list(texts("x", "y", "new", None)), type=pa.string()),
    }
    groups = {
        "sex": texts("f", "m", "(unknown)"),
        "age": texts("young", "old"),
        "region": texts("north", "south"),
    }
    weight = np.array(some(st.integers(1, 3)), dtype=float) if weighted else None
    if task is Task.REGRESSION:
        predicted, actual = (np.array(some(NUMBERS), dtype=float) for _ in range(2))
        predicted, actual = (np.where(np.abs(v) > 1e200, np.nan, v) for v in (predicted, actual))
        return Rows(columns, groups, predicted, actual, None, weight, n)
    width = 1 if task is Task.BINARY else 3
    scores = np.array(some(st.lists(st.floats(0, 1), min_size=width, max_size=width)), dtype=float)
    predicted, actual = texts(*CLASSES[task]), texts(*CLASSES[task], None, "unheard of")
    return Rows(columns, groups, predicted, actual, scores.reshape(n, width), weight, n)


@st.composite
def cases(draw, weighted: bool = False) -> Case:
    task = draw(st.sampled_from(list(Task)))
    reference = draw(rows_of(task, st.integers(1, 8), weighted=False))
    layout = build_layout(
        reference,
        task=task,
        classes=CLASSES[task],
        positive="yes" if task is Task.BINARY else None,
        favourable_range=(0.0, 3.0) if task is Task.REGRESSION else None,
        attributes=("sex", "age"),
        segments=("region",),
    )
    return Case(draw(rows_of(task, st.integers(0, 12), weighted=weighted)), layout)


def taken(rows: Rows, places) -> Rows:
    places = np.asarray(places, dtype=np.int64)

    def of(values):
        return None if values is None else values[places]

    return Rows(
        {
            k: v.take(pa.array(places)) if isinstance(v, pa.Array) else v[places]
            for k, v in rows.columns.items()
        },
        {k: v[places] for k, v in rows.groups.items()},
        of(rows.predicted),
        of(rows.actual),
        of(rows.scores),
        of(rows.weight),
        len(places),
    )


def plain(found: Tally):
    """Everything in a tally, as numbers and texts that pytest.approx can compare."""
    outcomes, sums = found.outcomes, found.outcomes.sums
    profiles = dict(found.profiles.columns)
    if outcomes.target is not None:
        profiles["(target)"] = outcomes.target
    parts = {
        (name, key): np.asarray(getattr(one, key), dtype=float)
        for name, one in profiles.items()
        for key in one.__dataclass_fields__
        if key != "edges"
    }
    tables = (
        ("cells", outcomes.cells.counts),
        ("losses", outcomes.losses.sums),
        ("calibration", outcomes.losses.calibration),
        ("of_class", outcomes.losses.of_class),
        ("sums", sums.sums if sums else {}),
        ("bins", {k: v.bins for k, v in outcomes.scores.bins.items()}),
        ("weights", {k: v.weights for k, v in outcomes.scores.bins.items()}),
        *((name, _sparse(getattr(sums, name, None))) for name in ("residuals", "targets")),
        ("predictions", {k: v.bins for k, v in sums.predictions.items()} if sums else {}),
        ("predicted", {k: v.weights for k, v in sums.predictions.items()} if sums else {}),
    )
    return parts | {(name, key): v for name, table in tables for key, v in table.items()}


def _sparse(histogram):
    return {"bins": histogram.bins, "weights": histogram.weights} if histogram else {}


def assert_same(one: Tally, other: Tally, *, exactly: bool = False):
    left, right = plain(one), plain(other)
    assert left.keys() == right.keys()
    for key, value in left.items():
        if exactly:
            np.testing.assert_array_equal(value, right[key], err_msg=str(key))
        else:
            largest = np.abs(value[np.isfinite(value)]).max(initial=1.0)
            np.testing.assert_allclose(
                value, right[key], rtol=1e-9, atol=1e-9 * largest, err_msg=str(key)
            )


@law
@given(cases(), st.data())
def test_the_tally_of_two_parts_is_the_tally_of_the_whole(case, data):
    cut = data.draw(st.integers(0, case.rows.n))
    parts = (taken(case.rows, range(cut)), taken(case.rows, range(cut, case.rows.n)))
    first, second = (tally(part, case.layout) for part in parts)
    assert_same(first + second, tally(case.rows, case.layout))


@law
@given(cases(), st.data())
def test_addition_commutes_to_the_last_bit(case, data):
    cut = data.draw(st.integers(0, case.rows.n))
    first = tally(taken(case.rows, range(cut)), case.layout)
    second = tally(taken(case.rows, range(cut, case.rows.n)), case.layout)
    assert_same(first + second, second + first, exactly=True)


@law
@given(cases())
def test_the_zero_changes_nothing(case):
    found, zero = tally(case.rows, case.layout), Tally.zero(case.layout)
    assert_same(found + zero, found, exactly=True)
    assert_same(zero + found, found, exactly=True)


@law
@given(cases())
def test_adding_changes_neither_operand(case):
    one, other = tally(case.rows, case.layout), tally(case.rows, case.layout)
    before = copy.deepcopy(plain(one)), copy.deepcopy(plain(other))
    _ = one + other
    for kept, now in zip(before, (plain(one), plain(other)), strict=True):
        assert all(np.array_equal(kept[k], now[k], equal_nan=True) for k in kept)


@law
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case, random):
    places = list(range(case.rows.n))
    random.shuffle(places)
    assert_same(tally(taken(case.rows, places), case.layout), tally(case.rows, case.layout))


@law
@given(cases(weighted=True))
def test_a_weight_of_three_is_a_row_three_times(case):
    repeated = replace(
        taken(case.rows, np.repeat(np.arange(case.rows.n), case.rows.weight.astype(int))),
        weight=None,
    )
    heavy, many = (tally(r, case.layout).outcomes for r in (case.rows, repeated))
    for attribute in ("", "sex", "region", "sex × age", "sex | region"):
        one, other = (o.cells.frame(attribute) for o in (heavy, many))
        keys = ["group", "actual", "predicted", "weight"]
        assert one[keys].equals(other[keys])
        if heavy.sums:
            one, other = (pd.DataFrame(o.sums.of(attribute)).T for o in (heavy, many))
        else:
            one, other = (pd.DataFrame(dict(o.losses.of(attribute))).T for o in (heavy, many))
        counted = [c for c in one if c == "group" or c.endswith(("n", "weight_squared"))]
        one, other = (t.drop(columns=counted).to_numpy() for t in (one, other))
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max(initial=1))


@law
@given(cases())
def test_bytes_hold_the_whole_tally(case):
    found = tally(case.rows, case.layout)
    again = Tally(
        Profiles.from_bytes(found.profiles.to_bytes(), case.layout),
        Outcomes.from_bytes(found.outcomes.to_bytes(), case.layout),
    )
    assert_same(again, found, exactly=True)
    assert_same(again + found, found + found, exactly=True)
