"""ProPublica's and aequitas' published figures about COMPAS."""

from __future__ import annotations

import pandas as pd
import pytest

from monitor.measures import fairness
from monitor.measures.disparity import Disparity, gap
from monitor.measures.estimated import Estimate
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import tally_outcomes
from tests.outside.figures import (
    CHECKS,
    Rates,
    assert_is,
    beside_this_checkout,
    layout_of,
    named,
    rates_by_group,
    rows_of,
)

pytestmark = beside_this_checkout

RATES = {
    "fpr": "false_positive_rate",
    "fnr": "false_negative_rate",
    "tpr": "true_positive_rate",
    "tnr": "true_negative_rate",
    "fdr": "false_discovery_rate",
    "for": "false_omission_rate",
    "npv": "negative_predictive_value",
    "precision": "precision",
    "selection_rate": "selection_rate",
}
PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}  # actual, predicted
HIGH = {  # who was called high risk, not medium, of each race and label: ProPublica's own counts
    ("African-American", 0): 284,
    ("African-American", 1): 741,
    ("Caucasian", 0): 81,
    ("Caucasian", 1): 195,
}

Found = dict[tuple[str, str], Measurement]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(CHECKS / "compas_for_aequitas.csv")


def counted(table: pd.DataFrame, predicted: pd.Series, *, favourable: str = "0"):
    rows = rows_of(
        table["race"], predicted=predicted, actual=table["label_value"], attribute="race"
    )
    layout = layout_of(rows, favourable=favourable, reference="Caucasian")
    return tally_outcomes(rows, layout), layout


@pytest.fixture(scope="module")
def outcomes(table: pd.DataFrame) -> Outcomes:
    return counted(table, table["score"])[0]


@pytest.fixture(scope="module")
def high_only(table: pd.DataFrame) -> pd.Series:
    """The score if only high risk counts.  The table does not tell high from medium, but counts
    and rates are the same whichever of the rows above low they were.
    """
    risky = table["score"] == 1
    place = risky.groupby([table["race"], table["label_value"]]).cumsum()
    keys = zip(table["race"], table["label_value"], strict=True)
    limit = pd.Series([HIGH.get(key, 0) for key in keys], index=table.index)
    return (risky & (place <= limit)).astype(int)


@pytest.fixture(scope="module")
def by_race(table: pd.DataFrame) -> Found:
    found = fairness.measure(*counted(table, table["score"]), None)
    return {(m.metric, m.group): m for m in found}


@pytest.fixture(scope="module")
def rates(table: pd.DataFrame) -> Rates:
    """As aequitas has it, who is called risky is selected."""
    return rates_by_group(*counted(table, table["score"], favourable="1"))


@pytest.mark.parametrize("name", [n for n in named("propublica/") if "/high-only/" not in n])
def test_propublica(by_race: Found, outcomes: Outcomes, name: str):
    _, race, what = name.split("/")
    assert_is(name, figure(by_race, outcomes, "" if race == "all" else race, what))


@pytest.mark.parametrize("name", named("propublica/high-only/"))
def test_propublica_where_only_high_risk_counts(
    table: pd.DataFrame, high_only: pd.Series, name: str
):
    outcomes, layout = counted(table, high_only)
    found = {(m.metric, m.group): m for m in fairness.measure(outcomes, layout, None)}
    *_, race, what = name.split("/")
    assert_is(name, figure(found, outcomes, race, what))


def figure(found: Found, outcomes: Outcomes, race: str, what: str) -> float:
    if what not in PLACES:
        return value(found, RATES[what], race)
    of = {"attribute": "race", "group": race} if race else {}
    rows, *_ = outcomes.cells.matrix(("0", "1"), **of)
    return float(rows[PLACES[what]])


def value(found: Found, metric: str, group: str) -> float:
    number = found[metric, group].value
    assert number is not None
    return number


AEQUITAS = [n for n in named("aequitas/") if not n.endswith("ppr_disparity")]


@pytest.mark.parametrize("name", AEQUITAS)
def test_aequitas(rates: Rates, name: str):
    _, _, race, what = name.split("/")
    rate = RATES[what.removesuffix("_disparity")]
    ratio = Disparity(rate, (rate,), is_ratio=True)
    assert_is(name, gap(ratio, (rates[rate, race],), (rates[rate, "Hispanic"],)).value)


@pytest.mark.parametrize("name", [n for n in named("aequitas/") if n.endswith("ppr_disparity")])
def test_aequitas_share_of_those_called_risky(table: pd.DataFrame, name: str):
    """Its "predicted positive rate" is a group's share of all who were called risky."""
    _, _, race, _ = name.split("/")
    risky = table[table["score"] == 1]
    found = fairness.measure(*counted(risky, risky["score"]), None)
    own, base = (
        Estimate("group_share", m.group, m.value, m.n, m.denominator, m.denominator, 0.0)
        for group in (race, "Hispanic")
        for m in found
        if (m.metric, m.group) == ("group_share", group)
    )
    assert_is(name, gap(Disparity("share", ("group_share",), is_ratio=True), (own,), (base,)).value)


def test_what_aequitas_says_of_few_people_is_not_shown(by_race: Found):
    """Its false discovery rate of Asians is over eight people."""
    asians = by_race["false_discovery_rate", "Asian"]
    assert asians.value is None
    assert asians.reason == "Only 8 rows behind it; 10 are needed to show it."


def test_the_favourable_outcome_is_a_low_score(by_race: Found):
    """Of the 3 696 African-Americans 58.8 % were called high risk, so 41.2 % were not."""
    assert value(by_race, "selection_rate", "African-American") == pytest.approx(1 - 2174 / 3696)
    ratio = by_race["demographic_parity_ratio", "African-American"]
    assert ratio.value == pytest.approx((1522 / 3696) / (1600 / 2454))
    assert ratio.high is not None
    assert ratio.high < 0.8


def test_equal_opportunity_is_that_of_those_who_did_not_reoffend(by_race: Found):
    gap = value(by_race, "equal_opportunity_difference", "African-American")
    assert gap == pytest.approx((1 - 0.44846796657381616) - (1 - 0.23454301075268819), abs=1e-12)


def test_eighteen_native_americans_are_shown_and_not_judged(by_race: Found):
    found = by_race["demographic_parity_difference", "Native American"]
    assert found.value is not None
    assert found.p is None
    assert "Only 18 rows" in found.reason
