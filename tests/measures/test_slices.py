"""Worst slices: seldom found in noise, found where planted, and told once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from monitor.measures.contrast import Cohort
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Floats, Rows
from monitor.measures.slices import Slice, worst_slices
from monitor.measures.slicing import Piece, members, pieces_of
from monitor.terms import Task

NUMBERS, TEXTS = 6, 4


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def people(n: int, seed: int) -> Rows:
    """Ten columns: six of numbers, four of texts; some values are missing."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {f"n{k}": random.gamma(2, 10, n) for k in range(NUMBERS)}
    columns["n0"] = np.where(random.random(n) < 0.1, np.nan, random.gamma(2, 10, n))
    for k in range(TEXTS):
        columns[f"t{k}"] = pa.array(random.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]))
    return Rows(columns, {}, None, None, None, None, n)


REFERENCE = people(4000, 1)
LAYOUT: Layout = build_layout(REFERENCE, task=Task.BINARY, classes=("0", "1"))
PIECES: list[Piece] = pieces_of(REFERENCE, LAYOUT)


def cohort(rows: Rows, values: Floats, sign: int = 1) -> Cohort:
    return Cohort(sign, members(rows, LAYOUT, PIECES), values)


def worst(rows: Rows, values: Floats) -> list[Slice]:
    return worst_slices([cohort(rows, values)], PIECES, worse=1)


def wrong(rows: Rows, seed: int, chance: Floats | float = 0.2) -> Floats:
    return (np.random.default_rng(seed).random(rows.n) < chance).astype(float)


def column(rows: Rows, name: str) -> np.ndarray:
    values = rows.columns[name]
    return values if isinstance(values, np.ndarray) else np.array(values.to_pylist())


def planted(rows: Rows, *, extra: float, pair: bool = True) -> Floats:
    """Chances of a wrong answer, higher in one slice."""
    inside = column(rows, "t0") == "b"
    if pair:
        inside &= column(rows, "n1") >= 16
    return 0.2 + extra * inside


def test_noise_passes_in_at_most_one_batch_of_twenty():
    random = np.random.default_rng(0)
    false = {"wrong answers": 0, "errors of uneven spread": 0}
    for seed in range(100):
        rows = people(2000, 10_000 + seed)
        false["wrong answers"] += bool(worst(rows, wrong(rows, seed)))
        spread = np.where(column(rows, "t1") == "d", 3.0, 1.0)
        skewed = random.gamma(0.5 / spread**2, 2 * spread**2, rows.n)  # mean 1 in every slice
        false["errors of uneven spread"] += bool(worst(rows, skewed))
    print(f"batches of noise with a slice, of 100: {false}")
    assert max(false.values()) <= 5


def test_a_planted_slice_is_found_and_named():
    found, others = 0, 0
    for seed in range(40):
        rows = people(4000, 20_000 + seed)
        names = [one.words for one in worst(rows, wrong(rows, seed, planted(rows, extra=0.25)))]
        found += any("t0 = b" in name and "n1" in name for name in names)
        others += any("t0 = b" not in name and "n1" not in name for name in names)
    print(f"planted slice of 12 % with 25 points more, 4,000 rows: {found} of 40; others {others}")
    assert found >= 36
    assert others <= 4


def test_a_slice_of_one_column_is_not_told_as_pairs():
    rows = people(6000, 3)
    told = worst(rows, wrong(rows, 3, planted(rows, extra=0.3, pair=False)))
    assert [one.words for one in told] == ["t0 = b"]


def test_numbers_come_from_rows_that_took_no_part_in_the_search():
    rows = people(8000, 4)
    chance = planted(rows, extra=0.3, pair=False)
    (told,) = worst(rows, wrong(rows, 4, chance))
    inside = (column(rows, "t0") == "b").sum()
    assert told.rows[0] == pytest.approx(inside / 2, rel=0.1)
    assert told.inside == pytest.approx(0.5, abs=0.05)
    assert told.elsewhere == pytest.approx(0.2, abs=0.03)
    assert told.inside - told.elsewhere in told.interval
    assert 0.3 in told.interval
    assert told.tried > 500


def test_what_got_worse_is_told_apart_from_what_always_was_worse():
    then, now = people(6000, 5), people(6000, 6)

    def chance(rows: Rows) -> Floats:
        return 0.15 + 0.3 * (column(rows, "t1") == "a")  # a weakness, old and known

    newly = chance(now) + 0.25 * (column(now, "t2") == "c")
    cohorts = [cohort(now, wrong(now, 5, newly)), cohort(then, wrong(then, 6, chance(then)), -1)]
    told = worst_slices(cohorts, PIECES, worse=1)
    assert [one.words for one in told] == ["t2 = c"]
    assert told[0].inside == pytest.approx(0.25, abs=0.06)
    assert told[0].elsewhere == pytest.approx(0.0, abs=0.04)


@pytest.mark.parametrize("side", [1, -1])
def test_a_gap_may_be_widest_on_either_side(side: int):
    women, men = people(5000, 7), people(5000, 8)
    less = 0.5 - side * 0.3 * (column(women, "t3") == "b")
    cohorts = [cohort(women, wrong(women, 7, less)), cohort(men, wrong(men, 8, 0.5), -1)]
    (told,) = worst_slices(cohorts, PIECES, worse=0)
    assert told.words == "t3 = b"
    assert told.inside == pytest.approx(-side * 0.3, abs=0.07)


def test_gaps_of_noise_pass_in_at_most_one_batch_of_twenty():
    false = 0
    for seed in range(100):
        women, men = people(1200, 30_000 + seed), people(1000, 40_000 + seed)
        cohorts = [
            cohort(women, wrong(women, seed, 0.4)),
            cohort(men, wrong(men, seed + 500, 0.55), -1),
        ]
        false += bool(worst_slices(cohorts, PIECES, worse=0))
    print(f"even gaps with a slice, of 100: {false}")
    assert false <= 5


def test_too_few_rows_say_nothing():
    rows = people(100, 9)
    assert worst(rows, wrong(rows, 9, planted(rows, extra=0.7))) == []


def test_pieces_read_well():
    words = {piece.words for piece in PIECES}
    assert {"t0 = a", "t0 missing", "t0 new", "n0 missing"} <= words
    income = np.array([10_000.0, 20_000.0, 30_000.0, 40_000.0, 50_004.0, 61_111.0] * 3)
    kids = np.array([0.0, 1.0, 2.0] * 6)
    few = Rows({"income": income, "kids": kids}, {}, None, None, None, None, 18)
    layout = build_layout(few, task=Task.REGRESSION)
    pieces = pieces_of(few, layout)
    assert [one.words for one in pieces] == [
        "income under 20,000",
        "income 20,000 to 35,000",
        "income 35,000 to 50,000",
        "income from 50,000",
        "income under 35,000",
        "income from 35,000",
        "income missing",
        "kids = 0",
        "kids = 1",
        "kids = 2",
        "kids missing",
    ]
    held = members(few, layout, pieces)
    assert held[:, :4].sum(axis=1).tolist() == [1] * 18
    assert held[:, 7:].sum(axis=1).tolist() == [1] * 18


def test_many_columns_are_searched_by_those_that_stand_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("monitor.measures.slices.MOST_PIECES", 20)
    rows = people(6000, 10)
    told = worst(rows, wrong(rows, 10, planted(rows, extra=0.3, pair=False)))
    assert [one.words for one in told] == ["t0 = b"]
