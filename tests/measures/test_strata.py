"""Differences given a stratum, against statsmodels, brute force and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from monitor.measures.bootstrap import basic, resample
from monitor.measures.conditional import (
    Strata,
    conditional_disparity,
    disparity_interval,
    mantel_haenszel,
)
from monitor.terms import Task, Verdict
from tests.measures.people import measured, people, value

WITHIN = "sex | department"
DIFFERENCE = "conditional_demographic_parity_difference"


def strata_of(tables: np.ndarray) -> Strata:
    """From shape (strata, [own, base], [not chosen, chosen])."""
    totals = tables.sum(axis=2).astype(float)
    names = tuple(str(i) for i in range(len(tables)))
    chosen = tables[:, :, 1].astype(float)
    return Strata(names, totals[:, 0], chosen[:, 0], totals[:, 1], chosen[:, 1])


def test_the_p_is_statsmodels_cochran_mantel_haenszel():
    random = np.random.default_rng(1)
    for _ in range(20):
        tables = random.integers(1, 60, (5, 2, 2))
        oracle = StratifiedTable([t.T.astype(float) for t in tables])
        ours = mantel_haenszel(strata_of(tables)).p
        assert ours == pytest.approx(oracle.test_null_odds(correction=False).pvalue, abs=1e-12)


def brute(frame: pd.DataFrame, weight: str = "one") -> float:
    frame = frame.assign(one=1.0, chosen=(frame["predicted"] == "yes"))
    above = below = 0.0
    for _, part in frame.groupby("department"):
        own, base = (part[part["sex"] == sex] for sex in ("female", "male"))
        if len(own) and len(base):
            n1, n0 = own[weight].sum(), base[weight].sum()
            apart = np.average(own["chosen"], weights=own[weight]) - np.average(
                base["chosen"], weights=base[weight]
            )
            above, below = above + n1 * n0 / (n1 + n0) * apart, below + n1 * n0 / (n1 + n0)
    return above / below


@pytest.mark.parametrize("weighted", [False, True])
def test_the_difference_is_that_of_raw_rows(weighted: bool):
    frame = people()
    frame = frame[~((frame["department"] == "C") & (frame["sex"] == "female"))]
    found = measured(frame, weighted=weighted)
    m = found[DIFFERENCE, WITHIN, "female", ""]
    wanted = brute(frame, "weight" if weighted else "one")
    assert m.value == pytest.approx(wanted, abs=1e-12)
    assert "over 2 of 3 strata" in m.method
    assert m.n == (frame["department"] != "C").sum()


def test_one_stratum_is_no_stratum():
    frame = people().assign(department="A")
    found = measured(frame)
    assert value(found, DIFFERENCE, WITHIN, "female") == pytest.approx(
        value(found, "demographic_parity_difference", "sex", "female"), abs=1e-12
    )


def test_a_difference_that_strata_explain_is_gone_within_them():
    """Women apply where few are chosen; within departments all are alike."""
    random = np.random.default_rng(2)
    n = 20_000
    sex = random.choice(["female", "male"], n)
    hard = random.random(n) < np.where(sex == "female", 0.8, 0.3)
    chosen = random.random(n) < np.where(hard, 0.2, 0.6)
    frame = people(n).assign(
        sex=sex, department=np.where(hard, "H", "E"), predicted=np.where(chosen, "yes", "no")
    )
    found = measured(frame)
    raw = found["demographic_parity_difference", "sex", "female", ""]
    given_department = found[DIFFERENCE, WITHIN, "female", ""]
    assert raw.high < -0.15
    assert given_department.low < 0 < given_department.high


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=6))
def test_swapping_the_groups_changes_the_sign_alone(cells: list[tuple[int, ...]]):
    tables = np.array(cells).reshape(-1, 2, 2)
    own = strata_of(tables)
    if not len(own.shared.names):
        return
    one, other = mantel_haenszel(own), mantel_haenszel(strata_of(tables[:, ::-1]))
    assert one.value == pytest.approx(-other.value, abs=1e-12)
    assert one.interval.low == pytest.approx(-other.interval.high, abs=1e-9)
    assert one.p == pytest.approx(other.p, abs=1e-9)
    assert -1 <= one.interval.low <= one.value <= one.interval.high <= 1


@pytest.mark.parametrize(("strata", "rows"), [(3, 80), (40, 6)])
def test_the_interval_covers_in_few_large_strata_and_in_many_small_ones(strata: int, rows: int):
    random = np.random.default_rng(3)
    truth, held = 0.1, []
    base_rates = np.linspace(0.1, 0.6, strata)
    for _ in range(800):
        sizes = random.integers(rows // 2, rows + 1, (2, strata)).astype(float)
        chosen = [
            random.binomial(sizes[side].astype(int), base_rates + truth * (side == 0)).astype(float)
            for side in (0, 1)
        ]
        names = tuple(map(str, range(strata)))
        found = mantel_haenszel(Strata(names, sizes[0], chosen[0], sizes[1], chosen[1]))
        held.append(truth in found.interval)
    assert 0.93 <= np.mean(held) <= 0.985


def test_conditional_disparity_is_wachters_on_raw_rows():
    frame = people()
    frame["chosen"] = frame["predicted"] == "yes"
    total = weight = 0.0
    for _, part in frame.groupby("department"):
        women = part["sex"] == "female"
        apart = women[~part["chosen"]].mean() - women[part["chosen"]].mean()
        total, weight = total + len(part) * apart, weight + len(part)
    found = measured(frame)["conditional_demographic_disparity", WITHIN, "female", ""]
    assert found.value == pytest.approx(total / weight, abs=1e-12)
    assert found.low < found.value < found.high


def test_a_stratum_in_which_everybody_was_chosen_has_no_disparity():
    own = np.array([[[5.0, 5.0], [0.0, 9.0]]])
    rest = np.array([[[2.0, 8.0], [0.0, 4.0]]])
    assert conditional_disparity(own, rest)[0] == pytest.approx(5 / 7 - 5 / 13)
    assert np.isnan(conditional_disparity(own[:, 1:], rest[:, 1:])[0])


def _admissions() -> np.ndarray:
    """Shares of (stratum, [own, rest], [not chosen, chosen]); women apply where few are chosen."""
    strata = np.array([0.5, 0.3, 0.2])
    women, chosen = np.array([0.2, 0.5, 0.7]), np.array([0.6, 0.4, 0.2])
    sides = np.stack([women, 1 - women], axis=1)
    rates = np.stack([chosen - 0.1, chosen], axis=1)
    return strata[:, None, None] * sides[:, :, None] * np.stack([1 - rates, rates], axis=2)


@pytest.mark.parametrize("rows", [500, 2_000])
def test_the_interval_of_a_disparity_holds_the_truth(rows: int):
    shares, random = _admissions(), np.random.default_rng(4)
    truth = float(conditional_disparity(shares[:, 0] * 1e6, shares[:, 1] * 1e6))
    drawn = random.multinomial(rows, shares.ravel(), 1_500).reshape(-1, 3, 2, 2).astype(float)
    held = [truth in disparity_interval(own, rest) for own, rest in drawn.transpose(0, 2, 1, 3)]
    assert 0.93 <= np.mean(held) <= 0.97


def test_the_interval_of_a_disparity_is_that_of_rows_drawn_anew():
    counts = np.rint(_admissions() * 4_000)
    own, rest = counts[:, 0], counts[:, 1]
    drawn = resample(counts, effective=counts.sum(), draws=4_000)
    value = float(conditional_disparity(own, rest))
    wanted = basic(value, conditional_disparity(drawn[:, :, 0], drawn[:, :, 1]), lowest=-1.0)
    found = disparity_interval(own, rest)
    assert found.low == pytest.approx(wanted.low, abs=0.003)
    assert found.high == pytest.approx(wanted.high, abs=0.003)


def test_groups_that_never_meet_have_no_difference_given_the_stratum():
    frame = people()
    frame["department"] = np.where(frame["sex"] == "male", "A", "B")
    m = measured(frame)[DIFFERENCE, WITHIN, "female", ""]
    assert (m.value, m.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert m.reason == "No value of department has rows of both female and male."


def test_each_stratum_has_its_rates():
    frame = people()
    found = measured(frame)
    part = frame[(frame["sex"] == "female") & (frame["department"] == "B")]
    assert value(found, "selection_rate", WITHIN, "female | B") == pytest.approx(
        (part["predicted"] == "yes").mean(), abs=1e-12
    )


def test_of_numbers_those_in_the_favourable_range_are_chosen():
    frame = people(task=Task.REGRESSION)
    found = measured(frame, Task.REGRESSION)
    inside = frame.assign(predicted=np.where(frame["predicted"] >= 0, "yes", "no"))
    assert value(found, DIFFERENCE, WITHIN, "female") == pytest.approx(brute(inside), abs=1e-12)
