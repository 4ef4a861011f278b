"""Ranked gaps, gaps given a stratum, and numbers before the band of chance."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import bands, conditional, groups, ranked
from tests.charts.conftest import checked

GAP = {"metric": "demographic_parity_difference", "attribute": "sex × age", "p": 0.01}
RATE = {"metric": "selection_rate", "attribute": "sex × age"}


@pytest.fixture
def ranks(series: Any) -> pd.DataFrame:
    gaps = series(
        {"group": "a", "value": -0.3, "n": 1100},
        {"group": "b", "value": 0.1, "n": 2000},
        {"group": "tiny", "value": -0.5, "n": 1017, "verdict": "not enough data"},
        {"group": "", "value": 0.4, "n": 3117},
        **GAP,
    )
    rates = series(
        {"group": "a", "value": 0.3, "n": 100, "denominator": 100},
        {"group": "b", "value": 0.7, "n": 1000, "denominator": 1000},
        {"group": "tiny", "value": 0.1, "n": 17, "denominator": 17},
        {"group": "reference", "value": 0.6, "n": 1000, "denominator": 1000},
        **RATE,
    )
    return ranked.rank(gaps, rates)


def test_a_large_group_with_a_small_gap_stands_before_a_small_one_with_a_large(
    ranks: pd.DataFrame,
) -> None:
    assert ranks["group"].tolist() == ["b", "a", "tiny"]
    assert ranks["size"].round(6).tolist() == [100.0, -30.0, -8.5]
    assert ranks["n"].tolist() == [1000, 100, 17]
    assert ranks["rate"].tolist() == [0.7, 0.3, 0.1]


def test_ranks_say_who_is_first_and_how_many_are_not_judged(ranks: pd.DataFrame) -> None:
    assert ranked.describe(ranks, reference="reference") == (
        "Selection rate difference from reference, by size times gap: b 10.0 pt (n = 1,000); "
        "a −30.0 pt (n = 100). Not judged, for too few rows: 1 of 3."
    )


def test_small_groups_alone_are_not_judged(ranks: pd.DataFrame) -> None:
    said = ranked.describe(ranks[ranks["group"] == "tiny"], reference="reference")
    assert "no group has rows enough to be judged" in said


def test_a_gap_of_two_rates_is_ranked_by_all_rows(series: Any) -> None:
    gap = series({"group": "a", "value": 0.2, **GAP, "metric": "equalized_odds_difference"})
    rate = series({"group": "a", "n": 400, "denominator": 100, **RATE})
    assert ranked.rank(gap, rate)["size"].tolist() == [80.0]


def test_a_ratio_is_ranked_by_its_distance_from_one(series: Any) -> None:
    gap = series({"group": "a", "value": 0.8, **GAP, "metric": "treatment_ratio"})
    rate = series({"group": "a", "n": 400, "denominator": 100, **RATE})
    assert ranked.rank(gap, rate)["size"].round(6).tolist() == [-20.0]


def test_where_there_is_no_difference_is_drawn(ranks: pd.DataFrame) -> None:
    figure = checked(groups.figure(ranks))
    assert figure.layout.annotations[0].text == "no difference"
    assert "n = 17, not judged" in figure.layout.yaxis.ticktext[0]


@pytest.fixture
def both(series: Any) -> pd.DataFrame:
    raw, given = conditional.RAW, conditional.GIVEN
    frame = series(
        {"group": "female", "metric": raw, "value": -0.2},
        {"group": "<i>x</i>", "metric": raw, "value": None},
        {"group": "female", "metric": given, "value": -0.05},
        {"group": "<i>x</i>", "metric": given, "value": None, "verdict": "not enough data"},
        attribute="sex",
    )
    return frame.assign(rows=[500, 7, 500, 7])


def test_a_gap_given_a_stratum_stands_below_the_raw_one(both: pd.DataFrame) -> None:
    raw, given = checked(conditional.figure(both, stratum="city")).data
    assert (raw.x, given.x) == ((-20.0,), (-5.0,))
    assert raw.y[0] > given.y[0]
    assert (raw.name, given.name) == ("everybody", "same city")


def test_a_group_too_small_for_strata_is_named_and_escaped(both: pd.DataFrame) -> None:
    ticks = checked(conditional.figure(both, stratum="city")).layout.yaxis.ticktext
    assert ticks[0].startswith("&lt;i&gt;x&lt;/i&gt;")
    assert "n = 7, not judged" in ticks[0]


def test_both_gaps_are_told(both: pd.DataFrame) -> None:
    assert conditional.describe(both, stratum="city") == (
        "Selection rate difference: female −20.0 pt over everybody and −5.0 pt within the same "
        "city; <i>x</i> no value."
    )


@pytest.fixture
def epsilons(series: Any) -> pd.DataFrame:
    frame = series(
        {"value": 0.9, "low": 0.7, "high": 1.1, "baseline": 0.2},
        {"value": 0.1, "low": 0.0, "high": 0.2, "baseline": 0.3},
        {"value": 2.0, "low": 1.0, "high": 3.0, "baseline": 2.5, "verdict": "not enough data"},
        {"value": None, "baseline": float("nan")},
        metric="differential_fairness",
    )
    return frame.assign(label=["sex", "age", "sex × age", "<b>"])


def test_chance_is_a_grey_band_from_none_to_its_limit(epsilons: pd.DataFrame) -> None:
    shapes = checked(bands.figure(epsilons)).layout.shapes
    assert [(s.x0, s.x1) for s in shapes] == [(0, 2.5), (0, 0.3), (0, 0.2)]
    assert {s.fillcolor for s in shapes} == {"rgba(128,128,128,.18)"}


def test_the_band_of_a_ratio_begins_at_one(series: Any) -> None:
    frame = series({"metric": "demographic_parity_ratio", "value": 0.5, "baseline": 0.9})
    shape = checked(bands.figure(frame.assign(label="all"))).layout.shapes[0]
    assert (shape.x0, shape.x1) == (1, 0.9)


def test_too_few_rows_are_hollow(epsilons: pd.DataFrame) -> None:
    figure = checked(bands.figure(epsilons))
    assert [t.marker.symbol for t in figure.data] == ["circle", "circle-open"]
    assert "not judged" in figure.layout.yaxis.ticktext[1]


def test_beyond_and_within_chance_are_told_apart(epsilons: pd.DataFrame) -> None:
    assert bands.describe(epsilons) == (
        "sex: 0.9 (n = 500), beyond the 0.2 of chance; age: 0.1 (n = 500), within the 0.3 of "
        "chance; sex × age: 2 (n = 500), within the 2.5 of chance; <b>: no value."
    )
