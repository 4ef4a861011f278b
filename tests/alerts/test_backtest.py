"""A rule replayed over what there has been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.backtest import backtest, frame
from monitor.alerts.incidents import Batch
from monitor.alerts.judging import judge
from monitor.alerts.past import Beside, Earlier, reach
from monitor.alerts.rule import Against, Conditions, Rule, Telling
from monitor.measures.history import Period
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import unjudged
from monitor.terms import Verdict
from tests.alerts.test_incidents import week

ACCURACY = Rule("accuracy", low=0.8, id=1, telling=Telling(relapse_days=None))


def accuracy(value: float | None, **more: object) -> Measurement:
    bounds = {} if value is None else {"low": value - 0.02, "high": value + 0.02}
    facts = {"n": 2000, "denominator": 2000, "reference": 0.9, **bounds, **more}
    return Measurement("accuracy", value, **facts)


def period(number: int, *measurements: Measurement) -> Period:
    batch: Batch = week(number)
    times = {"starts_at": batch.starts_at, "ends_at": batch.ends_at, "received_at": batch.ends_at}
    return Period(number, batch.name, **times, rows=2000, labelled=2000, version=1,
                  measurements=measurements)  # fmt: skip


def history(values: Sequence[float | None]) -> list[Period]:
    return [period(place, accuracy(value)) for place, value in enumerate(values)]


def test_each_run_of_failing_batches_is_one_firing():
    found = backtest(ACCURACY, history([0.9, 0.7, 0.7, 0.9, 0.7]))
    assert [(f.batch.name, f.batches, f.ended and f.ended.name) for f in found.firings] == [
        ("week-1", 2, "week-3"),
        ("week-4", 1, None),
    ]
    assert found.sentence == (
        "Would have fired twice in the last 5 batches: 8 Jun 2026 (for 2 batches), "
        "29 Jun 2026 (still open)."
    )


def test_what_is_at_risk_neither_fires_nor_ends_a_firing():
    found = backtest(ACCURACY, history([0.79, 0.7, 0.79, 0.9]))
    assert [(f.batch.name, f.batches) for f in found.firings] == [("week-1", 2)]


def test_batches_that_say_nothing_are_counted_with_their_commonest_reason():
    small = accuracy(0.7, n=40, denominator=40)
    found = backtest(ACCURACY, [period(0, accuracy(0.9)), period(1, small), period(2, small)])
    assert (found.batches, found.unjudged, found.firings) == (3, 2, ())
    assert found.sentence == (
        "Would not have fired in the last 3 batches. 2 batches could not be judged. "
        "Mostly: Only 40 rows; 100 are needed."
    )


def test_without_batches_or_without_such_a_number_it_says_so():
    assert backtest(ACCURACY, []).sentence == "There is no batch yet to try the rule on."
    other = replace(ACCURACY, metric="roc_auc")
    assert backtest(other, history([0.9])).sentence == "No batch has such a number."


def test_what_another_rule_judges_is_not_this_rules():
    every = Rule("missing_rate", high=0.05, feature="*", id=1)
    named = Rule("missing_rate", high=0.6, feature="age", id=2)
    rows = [Measurement("missing_rate", 0.5, 2000, feature=name) for name in ("age", "income")]
    found = backtest(every, [period(0, *rows)], beside=[every, named])
    assert [f.subject for f in found.firings] == ["income"]


def test_a_rule_that_is_switched_off_is_replayed_as_if_it_were_on():
    assert backtest(replace(ACCURACY, enabled=False), history([0.7])).firings


verdicts = st.lists(st.one_of(st.none(), st.floats(0.5, 1.0)), max_size=12)


@settings(deadline=None)
@given(verdicts, st.floats(0.6, 0.95), st.sampled_from(list(Against)[:3]))
def test_every_batch_is_judged_as_by_hand(values, limit, against):
    limit = {Against.REFERENCE: limit - 0.9, Against.REFERENCE_RATIO: limit}.get(against, limit)
    rule = replace(ACCURACY, low=limit, against=against)
    past = history(values)
    found = backtest(rule, past)
    by_hand = [judge([rule], p.measurements)[0].measurement for p in past]
    assert [step.judged for step in found.steps] == [(m,) for m in by_hand]
    opened, open_now = [], False
    for place, m in enumerate(by_hand):
        if m.verdict is Verdict.FAILING and not open_now:
            opened.append(place)
        open_now = (open_now or m.verdict is Verdict.FAILING) and m.verdict is not Verdict.HEALTHY
    assert [f.batch.id for f in found.firings] == opened


@settings(deadline=None)
@given(verdicts, st.floats(0.6, 0.95), st.floats(0.6, 0.95))
def test_what_was_judged_by_one_limit_is_judged_by_another_as_if_it_never_had_been(values, a, b):
    first, second = Rule("accuracy", low=a, id=1), Rule("accuracy", low=b, id=1)
    plain = history(values)
    stored = [
        replace(step.period, measurements=step.judged) for step in backtest(first, plain).steps
    ]
    afresh, again = (backtest(second, past) for past in (plain, stored))
    assert [step.judged for step in again.steps] == [step.judged for step in afresh.steps]


def test_what_the_maker_called_too_little_stays_so():
    thin = accuracy(0.7, verdict=Verdict.NOT_ENOUGH_DATA, reason="Only 3 rows of the group.")
    judged = judge([ACCURACY], [thin])[0].measurement
    assert unjudged(judged) == thin
    assert backtest(ACCURACY, [period(0, judged)]).firings == ()


def test_the_frame_marks_the_number_that_fired():
    table = frame(backtest(ACCURACY, history([0.9, 0.7, 0.7])))
    assert table["fired"].tolist() == [False, True, False]
    assert table["limit_low"].tolist() == [0.8] * 3
    assert frame(backtest(ACCURACY, [])).empty


@pytest.mark.parametrize(("batches", "most"), [(26, 0.5), (365, 3.0)])
def test_a_replay_takes_milliseconds(batches: int, most: float, gap_rows: Callable):
    rule = Rule("demographic_parity_ratio", low=0.8, high=1.25, attribute="sex")
    past = [period(k, *gap_rows()) for k in range(batches)]
    start = perf_counter()
    backtest(rule, past)
    assert perf_counter() - start < most


@settings(deadline=None)
@given(verdicts, st.sampled_from([Against.PREVIOUS, Against.WEEKDAY, Against.TRAILING]))
def test_rules_that_look_back_look_back_over_the_replay(values, against):
    several = Conditions(breaches=2, window=3, trailing=3)
    rule = Rule("accuracy", low=-0.05, against=against, conditions=several, id=1)
    past = history(values)
    known: list[Earlier] = []
    for step, one in zip(backtest(rule, past).steps, past, strict=True):
        beside = Beside(one.starts_at, lambda key, so_far=tuple(known[: reach(rule)]): so_far)
        (by_hand,) = judge([rule], one.measurements, beside=beside)
        assert step.judged == (by_hand.measurement,)
        known.insert(0, Earlier(one.starts_at, by_hand.measurement))


def test_what_comes_back_within_its_days_of_relapse_is_the_same_firing():
    rule = replace(ACCURACY, telling=Telling(relapse_days=7.0))
    found = backtest(rule, history([0.7, 0.9, 0.7, 0.9, 0.9, 0.9, 0.7]))
    first, second = found.firings
    assert ([batch.name for batch in first.relapses], first.batches) == (["week-2"], 2)
    assert (second.batch.name, second.relapses) == ("week-6", ())
    assert frame(found)["fired"].tolist() == [True, False, True, False, False, False, True]
    assert "1 Jun 2026 (for 2 batches, back once)" in found.sentence


def test_a_batch_of_a_planned_downtime_opens_nothing():
    past = history([0.9, 0.7, 0.7])
    down = {past[1].starts_at}
    found = backtest(ACCURACY, past, is_down=lambda at: at in down)
    assert [f.batch.name for f in found.firings] == ["week-2"]


def test_labels_that_are_still_waited_for_are_not_judged():
    rule = replace(ACCURACY, conditions=Conditions(minimum_coverage=0.6))
    few = [replace(one, labelled=500, wait_days=10) for one in history([0.7, 0.7])]
    assert [step.says for step in backtest(rule, few).steps] == [False, False]
    waited = [replace(one, wait_days=7) for one in few]
    assert [step.says for step in backtest(rule, waited).steps] == [True, False]
