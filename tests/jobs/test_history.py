"""Rules replayed over what is stored say what they said at the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.backtest import Backtest, backtest
from monitor.alerts.episodes import End, episodes
from monitor.alerts.pauses import Pause, PauseKind
from monitor.alerts.rule import Rule
from monitor.errors import NotFound
from monitor.jobs.conclude import rules_of
from monitor.jobs.rehearse import rehearse
from monitor.store import history as past
from monitor.store import pauses, reads
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, GAP_WEEK, history, work_off

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def opened(store: Store) -> set[tuple[str, str, datetime]]:
    """Metric, subject and period of each incident, as the live run opened it last."""
    found = reads.incidents(store)
    subjects = found["attribute"].where(found["attribute"] != "", found["feature"])
    return set(zip(found["metric"], subjects, found["since_at"], strict=True))


def test_a_rule_fires_just_where_the_live_run_opened_incidents(store: Store, give: Give) -> None:
    give(history(GAP_WEEK + 1))
    work_off(store)
    live = opened(store)
    assert len(live) > 2
    with store.read() as connection:
        rules = [rule for rule in rules_of(connection, 1) if rule.enabled]
    assert begun([replayed(store, rule, beside=rules) for rule in rules]) == live


def replayed(store: Store, rule: Rule, *, beside: Sequence[Rule]) -> Backtest:
    return backtest(rule, past.periods(store, "loans", metric=rule.metric), beside=beside)


def begun(found: Sequence[Backtest]) -> set[tuple[str, str, datetime]]:
    """Metric, subject and period of each incident, as a replay opened it last."""
    return {
        (replay.rule.metric, firing.subject, (firing.batch, *firing.relapses)[-1].starts_at)
        for replay in found
        for firing in replay.firings
    }


def test_a_planned_downtime_opens_nothing_in_the_replay_either(store: Store, give: Give) -> None:
    begins = FIRST + timedelta(weeks=GAP_WEEK - 1)
    pause = Pause("moving", PauseKind.DOWNTIME, begins, begins + timedelta(weeks=1))
    pauses.add(store, pause.to_row(), who="test", now=NOW)
    give(history(GAP_WEEK + 1))
    work_off(store)
    with store.read() as connection:
        rules = [rule for rule in rules_of(connection, 1) if rule.enabled]
    found = [rehearse(store, "loans", rule).backtest for rule in rules]
    assert begun(found) == opened(store)
    assert begins not in {at for _, _, at in begun(found)}


def test_the_past_holds_every_scored_batch_oldest_first(store: Store, give: Give) -> None:
    give(history(3))
    work_off(store)
    found = past.periods(store, "loans", metric="accuracy")
    stored = reads.batches(store, "loans").iloc[::-1]
    assert [one.name for one in found] == stored["name"].tolist()
    assert [one.rows for one in found] == stored["rows"].tolist()
    assert [one.labelled for one in found] == stored["labelled"].tolist()
    values = reads.measurements(store, "loans", metric="accuracy", group="")["value"].tolist()
    assert [m.value for one in found for m in one.measurements if not m.group] == values
    assert all(not one.measurements for one in past.periods(store, "loans", metric="bias"))
    with pytest.raises(NotFound):
        past.periods(store, "nothing", metric="accuracy")


def test_the_course_of_every_incident_is_told_event_by_event(store: Store, give: Give) -> None:
    give(history(GAP_WEEK + 1))
    work_off(store)
    found = past.courses(store, "loans")
    assert [one["id"] for one in found] == sorted(reads.incidents(store)["id"])
    names = {one.id: one.starts_at for one in past.periods(store, "loans", metric="accuracy")}
    begun = [one["events"][0] for one in found]
    assert {event["kind"] for event in begun} == {"opened"}
    assert all(event["batch_id"] in names and event["n"] > 0 for event in begun)
    assert {one.end for one in episodes(found)} <= {End.OPEN, End.ITSELF}
