"""ProPublica's and aequitas' published figures about COMPAS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from monitor.measures import fairness
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.models.labels import labels
from monitor.terms import Task

CHECKS = Path(__file__).parents[3] / "shared" / "checks"
TABLE, EXPECTED = CHECKS / "compas_for_aequitas.csv", CHECKS / "expected.json"

pytestmark = pytest.mark.skipif(
    not TABLE.exists(), reason="the published COMPAS table is not beside this checkout"
)

RATES = {
    "fpr": "false_positive_rate",
    "fnr": "false_negative_rate",
    "tpr": "true_positive_rate",
    "tnr": "true_negative_rate",
    "fdr": "false_discovery_rate",
    "for": "false_omission_rate",
    "npv": "negative_predictive_value",
    "precision": "precision",
}

Found = dict[tuple[str, str], Measurement]


def expected(prefix: str) -> dict[str, dict[str, Any]]:
    figures = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    return {name: figure for name, figure in figures.items() if name.startswith(prefix)}


@pytest.fixture(scope="module")
def by_race() -> Found:
    table = pd.read_csv(TABLE)
    rows = Rows(
        columns={},
        groups={"race": table["race"].to_numpy(dtype=object)},
        predicted=labels(table["score"]),
        actual=labels(table["label_value"]),
        scores=None,
        weight=None,
        n=len(table),
    )
    layout = build_layout(
        rows,
        task=Task.BINARY,
        classes=("0", "1"),
        positive="1",
        favourable=("0",),
        attributes=("race",),
        reference_groups={"race": "Caucasian"},
    )
    found = fairness.measure(tally_outcomes(rows, layout), layout, None)
    return {(m.metric, m.group): m for m in found}


def value(found: Found, metric: str, group: str) -> float:
    number = found[metric, group].value
    assert number is not None
    return number


# The counts are not measurements, and the high scores alone are not in this table.
PROPUBLICA = [
    name
    for name in expected("propublica/")
    if "/high-only/" not in name and name.split("/")[-1] in RATES
]


@pytest.mark.parametrize("name", PROPUBLICA)
def test_propublicas_rates(by_race: Found, name: str):
    _, group, what = name.split("/")
    figure = expected(name)[name]
    ours = value(by_race, RATES[what], "" if group == "all" else group)
    assert ours == pytest.approx(figure["published"], abs=figure["tolerance"])


@pytest.mark.parametrize(
    "name", [n for n in expected("aequitas/") if n.split("/")[-1].split("_")[0] in RATES]
)
def test_aequitas_ratios(by_race: Found, name: str):
    _, _, group, what = name.split("/")
    metric = RATES[what.removesuffix("_disparity")]
    own, base = by_race[metric, group], by_race[metric, "Hispanic"]
    if own.value is None:
        assert (own.denominator or 0) < 10
        return
    assert base.value is not None
    figure = expected(name)[name]
    assert own.value / base.value == pytest.approx(figure["published"], abs=figure["tolerance"])


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
