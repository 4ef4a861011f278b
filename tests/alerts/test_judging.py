"""Rules that look at more than one batch, and what must hold before a limit is broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.judging import judge
from monitor.alerts.past import Beside, Earlier, reach
from monitor.alerts.rule import Against, Conditions, Evidence, Rule
from monitor.measures import verdict
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Verdict

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FAILING, HEALTHY, AT_RISK = Verdict.FAILING, Verdict.HEALTHY, Verdict.AT_RISK


def accuracy(value: float | None, *, half: float = 0.005, n: int = 5000, **known) -> Measurement:
    low, high = (None, None) if value is None else (value - half, value + half)
    return Measurement("accuracy", value, n, low, high, denominator=n, **known)


def beside(values: list[float | None], *, step: timedelta = DAY, **known) -> Beside:
    """Values of the batches before this one, oldest first, one a step."""
    starts_at = MONDAY + step * len(values)
    past = [Earlier(MONDAY + step * k, accuracy(value)) for k, value in enumerate(values)]
    return Beside(starts_at, lambda _: past[::-1], **known)


def said(rule: Rule, m: Measurement, at: Beside) -> Measurement:
    return judge([rule], [m], beside=at)[0].measurement


PREVIOUS = Rule("accuracy", low=-0.03, against=Against.PREVIOUS)


def test_a_limit_against_the_previous_batch_counts_from_the_newest_that_says_enough():
    judged = said(PREVIOUS, accuracy(0.80), beside([0.70, 0.85]))
    assert (judged.verdict, judged.limit_low) == (FAILING, pytest.approx(0.82))
    tiny = replace(accuracy(0.1), n=12, denominator=12)
    past = [Earlier(MONDAY, tiny), *beside([0.70, 0.85, None]).past(judged.key)]
    skipped = said(PREVIOUS, accuracy(0.80), Beside(MONDAY, lambda _: past))
    assert skipped.limit_low == pytest.approx(0.82)


def test_against_an_earlier_batch_the_whole_interval_must_be_beyond_the_limit():
    assert said(PREVIOUS, accuracy(0.815, half=0.02), beside([0.85])).verdict is AT_RISK
    assert said(PREVIOUS, accuracy(0.79, half=0.02), beside([0.85])).verdict is FAILING


def test_a_limit_against_the_same_weekday_passes_over_the_days_between():
    rule = replace(PREVIOUS, against=Against.WEEKDAY)
    days = [0.60, 0.90, 0.90, 0.90, 0.90, 0.90, 0.90]  # Monday to Sunday; Monday is judged
    assert said(rule, accuracy(0.60), beside(days)).verdict is HEALTHY
    assert said(replace(PREVIOUS), accuracy(0.60), beside(days)).verdict is FAILING
    none = said(rule, accuracy(0.60), beside(days[1:]))
    assert none.verdict is Verdict.NOT_ENOUGH_DATA
    assert "no batch of the same weekday before this one" in none.reason


def test_of_an_hourly_model_the_same_weekday_is_the_same_hour_of_it():
    hours = [0.5] + [0.9] * 167
    rule = replace(PREVIOUS, against=Against.WEEKDAY)
    at = beside(hours, step=timedelta(hours=1))
    assert said(rule, accuracy(0.5), at).verdict is HEALTHY
    assert reach(rule) >= len(hours)


@given(st.lists(st.floats(0.5, 0.9), min_size=3, max_size=12), st.floats(0.3, 0.95))
def test_a_trailing_limit_is_the_mean_of_the_batches_before_plus_its_deviations(values, value):
    rule = Rule("accuracy", low=-3.0, against=Against.TRAILING, conditions=Conditions(trailing=3))
    judged = said(rule, accuracy(value), beside(values))
    limit = mean(values[-3:]) - 3 * stdev(values[-3:])
    assert judged.limit_low == pytest.approx(limit)
    assert (judged.verdict is FAILING) == (value < limit and value + 0.005 < judged.limit_low)


def test_too_short_a_past_is_not_enough_data_and_says_how_much_there_is():
    rule = Rule("accuracy", low=-3.0, against=Against.TRAILING)
    judged = said(rule, accuracy(0.2), beside([0.8, 0.8, 0.8]))
    assert judged.verdict is Verdict.NOT_ENOUGH_DATA
    assert judged.reason == (
        "Not judged: 3 of the 8 batches before this one that the mean is of are there."
    )
    assert said(PREVIOUS, accuracy(0.2), Beside()).verdict is Verdict.NOT_ENOUGH_DATA


def test_a_value_may_break_a_limit_whatever_its_interval():
    rule = Rule("accuracy", low=0.8, conditions=Conditions(evidence=Evidence.VALUE))
    wide = accuracy(0.79, half=0.1)
    assert said(replace(rule, conditions=Conditions()), wide, Beside()).verdict is AT_RISK
    judged = said(rule, wide, Beside())
    assert (judged.verdict, judged.limit_low) == (FAILING, 0.8)
    few = replace(wide, n=40, denominator=40)
    assert said(rule, few, Beside()).verdict is Verdict.NOT_ENOUGH_DATA


def test_beyond_the_critical_limit_a_warning_is_critical():
    rule = Rule("accuracy", low=0.8, critical_low=0.7, severity=Severity.WARNING)
    found = {value: judge([rule], [accuracy(value)])[0].severity for value in (0.9, 0.75, 0.65)}
    assert found == {0.9: None, 0.75: Severity.WARNING, 0.65: Severity.CRITICAL}
    only = replace(rule, low=None)
    judged = [judge([only], [accuracy(value)])[0] for value in (0.75, 0.65)]
    assert [one.measurement.verdict for one in judged] == [HEALTHY, FAILING]
    assert [one.severity for one in judged] == [None, Severity.CRITICAL]


def test_critical_limits_count_from_what_the_others_count_from():
    rule = replace(PREVIOUS, critical_low=-0.10, severity=Severity.WARNING)
    values = {0.79: Severity.WARNING, 0.70: Severity.CRITICAL}
    for value, severity in values.items():
        judged = judge([rule], [accuracy(value)], beside=beside([0.85]))[0]
        assert judged.severity is severity
        assert judged.measurement.limit_low == pytest.approx(0.82)


def test_too_few_rows_for_the_rule_are_not_enough_data():
    rule = Rule("accuracy", low=0.8, conditions=Conditions(minimum_rows=6000))
    judged = said(rule, accuracy(0.5), Beside())
    assert judged.verdict is Verdict.NOT_ENOUGH_DATA
    assert judged.reason == "Not judged: 5,000 rows, and the rule wants 6,000."


def test_a_number_waits_for_its_labels_until_the_wait_is_over():
    rule = Rule("accuracy", low=0.8, conditions=Conditions(minimum_coverage=0.6))
    early = Beside(coverage=0.31, waited_days=3, wait_days=42)
    judged = said(rule, accuracy(0.5), early)
    assert judged.verdict is Verdict.NOT_ENOUGH_DATA
    assert judged.reason == (
        "Not judged: labels: 31 % of the 60 % wanted are there, and 42 days have not gone since "
        "the batch ended."
    )
    for enough in (replace(early, coverage=0.6), replace(early, waited_days=42)):
        assert said(rule, accuracy(0.5), enough).verdict is FAILING
    own = replace(rule, conditions=replace(rule.conditions, wait_days=2))
    assert said(own, accuracy(0.5), early).verdict is FAILING


def test_what_needs_no_labels_waits_for_none():
    rule = Rule("selection_rate", low=0.8, conditions=Conditions(minimum_coverage=0.6))
    m = replace(accuracy(0.5), metric="selection_rate")
    early = Beside(coverage=0.0, waited_days=0, wait_days=42)
    assert said(rule, m, early).verdict is FAILING


def test_the_rule_that_names_its_group_goes_before_the_rule_of_every_group():
    every = Rule("accuracy", low=0.9, attribute="sex", id=1)
    own = Rule("accuracy", low=0.5, attribute="sex", group="male", id=2)
    rows = [accuracy(0.8, attribute="sex", group=group) for group in ("female", "male")]
    for rules in ([every, own], [own, every]):
        assert [one.rule.id for one in judge(rules, rows)] == [1, 2]


@given(
    st.lists(st.sampled_from([0.7, 0.9, None]), max_size=12),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_a_rule_of_several_batches_is_broken_when_so_many_of_the_newest_are(values, breaches, more):
    rule = Rule(
        "accuracy", low=0.8, conditions=Conditions(breaches=breaches, window=breaches + more)
    )
    kept: list[Earlier] = []
    spoken: list[bool] = []
    for day, value in enumerate(values):
        at = Beside(MONDAY + DAY * day, lambda _, kept=tuple(kept): kept[::-1])
        judged = judge([rule], [accuracy(value)], beside=at)[0]
        kept.append(Earlier(MONDAY + DAY * day, judged.measurement))
        if value is None:
            assert judged.measurement.verdict is Verdict.NOT_ENOUGH_DATA
            continue
        spoken.append(value < 0.8)
        newest = spoken[-rule.conditions.window :]
        broken = sum(newest) >= breaches
        wanted = {
            (True, True): FAILING, (True, False): AT_RISK,
            (False, True): AT_RISK, (False, False): HEALTHY,
        }[spoken[-1], broken]  # fmt: skip
        assert judged.measurement.verdict is wanted, judged.measurement.reason
        assert (judged.severity is not None) == (wanted is FAILING)


def test_where_batches_are_fewer_than_asked_for_it_is_said():
    rule = Rule("accuracy", low=0.8, conditions=Conditions(breaches=2, window=3))
    judged = said(rule, accuracy(0.7), Beside())
    lead = "So far beyond the limit in 1 of 1 batch; 2 of 3 are wanted."
    assert judged.reason == f"{lead} Below the limit of 80.0 %."


@given(
    st.floats(0, 1),
    st.integers(20, 5000),
    st.sampled_from(["", "Seen with care."]),
    st.integers(1, 3),
    st.floats(0.1, 0.9),
)
def test_what_was_judged_can_be_judged_anew(value, n, reason, breaches, limit):
    """Whatever a rule with limits said of a number, its maker's number is got back."""
    made = replace(accuracy(value, n=n), reason=reason)
    asked = Conditions(breaches=breaches, window=3, minimum_rows=200)
    judged = said(Rule("accuracy", low=limit, conditions=asked), made, beside([limit - 0.05] * 2))
    assert verdict.unjudged(judged) == made


def test_judging_twice_says_the_same():
    rule = Rule("psi", feature="age", conditions=Conditions(breaches=2, window=2))
    m = Measurement("psi", 0.3, 900, feature="age", verdict=FAILING, reason="So it is.")
    once = said(rule, m, Beside())
    assert (once.verdict, once.reason) == (
        AT_RISK,
        "So far beyond the limit in 1 of 1 batch; 2 of 2 are wanted. So it is.",
    )
    assert said(rule, once, Beside()) == once
