"""From rows to a message, through the real measures."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.alerts.defaults import default_rules
from monitor.alerts.incidents import Change, reconcile
from monitor.alerts.judging import judge
from monitor.alerts.messages import Sender, Story, compose
from monitor.measures import drift, fairness, performance, quality, regression
from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import tally
from monitor.terms import Task

N = 4000


def binary(*, female_rate: float, seed: int, missing: float = 0.0, shift: float = 0.0) -> Rows:
    """Applicants whose chance of the label "1" is one half, predicted right four times in five."""
    random = np.random.default_rng(seed)
    sex = np.where(random.random(N) < 0.4, "female", "male").astype(object)
    actual = np.where(random.random(N) < 0.5, "1", "0").astype(object)
    right = random.random(N) < 0.8
    predicted = np.where(right, actual, np.where(actual == "1", "0", "1"))
    flipped = (sex == "female") & (predicted == "0") & (random.random(N) > female_rate)
    predicted = np.where(flipped, "1", predicted).astype(object)
    income = random.normal(shift, 1.0, N)
    income[random.random(N) < missing] = np.nan
    return Rows(
        columns={"income": income},
        groups={"sex": sex},
        predicted=predicted,
        actual=actual,
        scores=None,
        weight=None,
        n=N,
    )


def costs(*, female_error: float, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    sex = np.where(random.random(N) < 0.4, "female", "male").astype(object)
    actual = random.normal(100.0, 20.0, N)
    spread = np.where(sex == "female", female_error, 5.0)
    return Rows(
        columns={},
        groups={"sex": sex},
        predicted=actual + random.normal(0.0, 1.0, N) * spread,
        actual=actual,
        scores=None,
        weight=None,
        n=N,
    )


def changes(reference: Rows, current: Rows, week, **layout_of) -> list[Change]:
    layout = build_layout(
        reference, attributes=("sex",), reference_groups={"sex": "male"}, **layout_of
    )
    before, now = tally(reference, layout), tally(current, layout)
    perform = regression if layout.task is Task.REGRESSION else performance
    measured = [
        *perform.measure(now.outcomes, layout, before.outcomes),
        *fairness.measure(now.outcomes, layout, before.outcomes),
        *drift.measure(now.profiles, now.outcomes, before, layout),
        *quality.measure(now.profiles, before.profiles, duplicate_ids=0, rows=N),
    ]
    plain = default_rules(layout, has_labels=True, has_reference=True)
    rules = [rule.from_row({**rule.to_row(), "id": i}) for i, rule in enumerate(plain, 1)]
    batch = week(16)
    return reconcile(
        judge(rules, measured), [], rules=rules, batch=batch, newest=True, now=batch.ends_at
    )


CREDIT = {"task": Task.BINARY, "classes": ("0", "1"), "positive": "1", "favourable": ("0",)}


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_like_the_reference_says_nothing(week, seed):
    same = {"female_rate": 1.0}
    found = changes(binary(**same, seed=100), binary(**same, seed=seed), week, **CREDIT)
    assert [change.sentence for change in found] == []


def test_a_gap_that_opens_is_told_with_both_groups_and_their_rates(week):
    found = changes(
        binary(female_rate=1.0, seed=100), binary(female_rate=0.5, seed=1), week, **CREDIT
    )
    by_metric = {change.measurement.metric: change for change in found}
    parity, chance = by_metric["demographic_parity_ratio"], by_metric["equal_opportunity_ratio"]
    assert [side.metric for side in parity.sides] == ["selection_rate"] * 2
    # The favourable label is the negative class, so its true rate is the negatives'.
    assert [side.metric for side in chance.sides] == ["true_negative_rate"] * 2
    for change in (parity, chance):
        female, male = change.sides
        assert (female.group, male.group) == ("female", "male")
        assert female.value / male.value == pytest.approx(change.measurement.value)
        assert change.sentence.endswith("The model may disadvantage female.")
        message = compose([Story(change, 1)], Sender("credit", 1, "", "http://h"))
        assert f"female {female.n:,}, male {male.n:,}" in message.text


def test_drift_is_one_message_and_names_the_column(week):
    found = changes(
        binary(female_rate=1.0, seed=100),
        binary(female_rate=1.0, seed=1, shift=1.0),
        week,
        **CREDIT,
    )
    (change,) = found
    assert change.measurement.metric == "drifted_columns"
    assert "income" in change.sentence


def test_missing_values_name_their_column(week):
    found = changes(
        binary(female_rate=1.0, seed=100),
        binary(female_rate=1.0, seed=1, missing=0.2),
        week,
        **CREDIT,
    )
    assert [(change.measurement.metric, change.subject) for change in found] == [
        ("missing_rate", "income")
    ]


def test_a_regression_that_errs_more_for_one_group_is_told(week):
    found = changes(
        costs(female_error=5.0, seed=100),
        costs(female_error=9.0, seed=1),
        week,
        task=Task.REGRESSION,
    )
    told = {change.measurement.metric: change.sentence for change in found}
    assert told.keys() == {"mean_absolute_error", "mean_absolute_error_ratio"}
    assert told["mean_absolute_error_ratio"].endswith("The model may disadvantage female.")
