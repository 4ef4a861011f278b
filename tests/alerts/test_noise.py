"""Which rules cry wolf, why, and what would be better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from monitor.alerts.arrivals import arrivals
from monitor.alerts.backtest import backtest
from monitor.alerts.episodes import End, Episode, episodes
from monitor.alerts.noise import diagnose, record
from monitor.alerts.noise_causes import Cause
from monitor.alerts.rule import Against, Conditions, Evidence, Rule
from monitor.alerts.rule_checks import objections
from monitor.measures.history import Period
from monitor.terms import Cadence
from tests.alerts.test_backtest import ACCURACY, accuracy, history, period

VALUE = Conditions(evidence=Evidence.VALUE)


def noisy(count: int = 40, *, usual: float = 0.85, spread: float = 0.02) -> list[float]:
    return np.random.default_rng(3).normal(usual, spread, count).round(4).tolist()


def told(rule: Rule, past: Sequence[Period]) -> list[Episode]:
    """What the live run would have told."""
    return [
        Episode(rule.id, f.subject, f.batch.id, f.measurement.n, f.batches,
                End.ITSELF if f.ended else End.OPEN, None)
        for f in backtest(rule, past).firings
    ]  # fmt: skip


def found(rule: Rule, past: Sequence[Period], *, heard: Any = None) -> dict[Cause, Any]:
    diagnosis = diagnose(rule, told(rule, past) if heard is None else heard, past)
    return {one.cause: one for one in diagnosis.findings}


def test_a_limit_within_the_usual_steps_is_widened_to_three_of_them():
    rule = replace(ACCURACY, low=0.84, conditions=VALUE)
    past = history(noisy())
    finding = found(rule, past)[Cause.NARROW]
    assert finding.suggested.low == pytest.approx(0.85 - 3 * 0.02, abs=0.015)
    assert len(finding.after.firings) < len(finding.before.firings)
    assert " firings instead of " in finding.outcome
    assert "usual batch-to-batch steps away from the usual value" in finding.sentence


def test_of_limits_beside_the_reference_or_earlier_batches_it_is_the_same_unit():
    past = history(noisy())
    beside = replace(ACCURACY, low=-0.06, against=Against.REFERENCE, conditions=VALUE)
    times = replace(ACCURACY, low=0.93, against=Against.REFERENCE_RATIO, conditions=VALUE)
    before = replace(ACCURACY, low=-0.02, against=Against.PREVIOUS, conditions=VALUE)
    assert found(beside, past)[Cause.NARROW].suggested.low == pytest.approx(-0.11, abs=0.015)
    assert found(times, past)[Cause.NARROW].suggested.low == pytest.approx(0.878, abs=0.015)
    assert found(before, past)[Cause.NARROW].suggested.low == pytest.approx(-0.085, abs=0.02)


def test_critical_limits_stay_outside_of_the_wider_ones():
    rule = replace(ACCURACY, low=0.84, critical_low=0.83, conditions=VALUE)
    suggested = found(rule, history(noisy()))[Cause.NARROW].suggested
    assert suggested.low < 0.83
    assert suggested.critical_low == pytest.approx(suggested.low - 0.01)


def test_a_lasting_change_is_no_noise():
    assert found(ACCURACY, history([0.9] * 10 + [0.7] * 10)) == {}


def test_two_calm_firings_that_lasted_are_no_noise():
    values = [0.9, 0.7, 0.7, 0.9, 0.9, 0.7, 0.7, 0.9]
    assert found(ACCURACY, history(values)) == {}


def test_firings_of_a_single_batch_wait_for_a_second():
    finding = found(ACCURACY, history([0.9, 0.7, 0.9, 0.9, 0.9, 0.9, 0.7, 0.9]))[Cause.ALONE]
    asked = finding.suggested.conditions
    assert (asked.breaches, asked.window) == (2, 3)
    assert (
        finding.sentence == "2 of 2 firings were over after one batch; wait for a second of three."
    )
    assert finding.outcome == "0 firings instead of 2 in 8 batches."


def test_firings_of_small_batches_ask_for_half_the_usual_rows():
    small = accuracy(0.6, n=600)
    rows = [small if place in (3, 7) else accuracy(0.9) for place in range(10)]
    finding = found(ACCURACY, [period(place, m) for place, m in enumerate(rows)])[Cause.SMALL]
    assert finding.suggested.conditions.minimum_rows == 1000
    assert finding.sentence == (
        "2 of 2 firings stood on fewer than 1,000 rows; 2,000 rows are usual."
    )


def test_one_batch_is_a_short_baseline():
    rule = replace(ACCURACY, low=-0.03, against=Against.PREVIOUS, conditions=VALUE)
    suggested = found(rule, history(noisy()))[Cause.BASELINE].suggested
    assert (suggested.against, suggested.low, suggested.conditions.trailing) == (
        Against.TRAILING, -3.0, 8,
    )  # fmt: skip


def test_a_reference_that_no_batch_is_near_is_left_for_the_batches_before():
    rule = replace(ACCURACY, low=-0.06, against=Against.REFERENCE, conditions=VALUE)
    finding = found(rule, history(noisy()))[Cause.BASELINE]
    assert finding.suggested.against is Against.TRAILING
    assert "% of the way from the reference's 90.0 % to the limit" in finding.sentence


def test_what_late_labels_revised_away_waits_for_labels():
    heard = [Episode(1, "", 3, 900, 1, End.REVISED, None)] * 2
    finding = found(ACCURACY, history([0.9] * 8), heard=heard)[Cause.LATE]
    assert finding.suggested.conditions.minimum_coverage == 0.9
    assert "2 of 2 firings were revised away" in finding.sentence


def test_alarms_that_people_call_unhelpful_ask_for_a_larger_budget():
    rule = Rule("change_evidence", high=2000.0, id=1)
    alarm = replace(accuracy(3000.0), metric="change_evidence", low=None, high=None)
    heard = [Episode(1, "", 0, 900, 1, End.PERSON, False)]
    finding = found(rule, [period(0, alarm)], heard=heard)[Cause.NARROW]
    assert finding.suggested.high == 10_000
    assert finding.outcome == "0 firings instead of 1 in 1 batch."


def test_uploads_that_come_late_as_a_rule_raise_what_is_late():
    rule = replace(ACCURACY, metric="batch_overdue", low=None, high=0.0)
    late = [0, 4, 0, 4, 0, 4, 0]
    past = [
        replace(one, received_at=one.ends_at + timedelta(days=days))
        for one, days in zip(history([0.9] * 7), late, strict=True)
    ]
    waited = arrivals(past, Cadence.WEEK)
    assert [one.measurements[0].value for one in waited] == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    finding = found(rule, waited)[Cause.UPLOADS]
    assert finding.suggested.high == 1.0
    assert not finding.after.firings


def test_a_history_that_came_at_once_was_not_waited_for():
    past = history([0.9] * 5)
    at_once = [replace(one, received_at=past[-1].ends_at) for one in past]
    assert arrivals(at_once, Cadence.WEEK) == []


def test_nothing_is_suggested_that_may_not_be_saved_or_would_not_have_fired_less():
    rules = [
        replace(ACCURACY, low=low, against=against, conditions=VALUE)
        for low, against in (
            (0.84, Against.ABSOLUTE),
            (-0.06, Against.REFERENCE),
            (-0.02, Against.PREVIOUS),
        )
    ]
    checked = 0
    for rule, values in product(rules, (noisy(), noisy(usual=0.8), noisy(spread=0.3))):
        for finding in found(rule, history(values)).values():
            assert objections(finding.suggested, None) == []
            assert len(finding.after.firings) < len(finding.before.firings)
            checked += 1
    assert checked > 5


def course(*events: tuple[str, int | None, str], helpful: int | None = None) -> dict[str, Any]:
    return {
        "id": 1, "rule_id": 1, "subject": "", "helpful": helpful,
        "events": [{"kind": k, "batch_id": b, "who": w, "n": 900} for k, b, w in events],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("events", "ends", "batches"),
    [
        ([("opened", 1, ""), ("resolved", 2, "")], [End.ITSELF], [1]),
        ([("opened", 1, ""), ("continues", 2, ""), ("resolved", 3, "")], [End.ITSELF], [2]),
        ([("opened", 1, ""), ("revised", 1, ""), ("resolved", 1, "")], [End.REVISED], [1]),
        ([("opened", 1, ""), ("acknowledged", 1, "eve")], [End.OPEN], [1]),
        ([("opened", 1, ""), ("resolved", 1, "eve")], [End.PERSON], [1]),
        (
            [("opened", 1, ""), ("resolved", 2, ""), ("reopened", 3, ""), ("resolved", 4, "")],
            [End.ITSELF, End.ITSELF],
            [1, 1],
        ),
    ],
)
def test_an_incident_is_as_many_episodes_as_it_has_begun(events, ends, batches):
    one = episodes([course(*events)])
    assert [e.end for e in one] == ends
    assert [e.batches for e in one] == batches


def test_the_record_counts_what_a_rule_told():
    mine = episodes(
        [
            course(("opened", 1, ""), ("resolved", 2, ""), helpful=0),
            course(("opened", 3, ""), ("resolved", 3, ""), helpful=1),
            course(("opened", 5, "")),
        ]
    )
    own = record(ACCURACY, [*mine, *[replace(one, rule_id=9) for one in mine]])
    assert own.sentence == (
        "Fired 3 times: 1 over by itself after one batch, 1 revised away by late labels or rows, "
        "1 called unhelpful, 1 called helpful."
    )
    assert own.is_noisy
    assert record(replace(ACCURACY, id=7), mine).sentence == "Has not fired."
