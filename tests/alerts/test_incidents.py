from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.incidents import Batch, Change, Event, Incident, reconcile
from monitor.alerts.judging import Judged
from monitor.alerts.rule import Rule, Telling
from monitor.measures.measurement import Measurement
from monitor.terms import IncidentState, Severity, Verdict

NONE, OK, RISK, BAD = Verdict
ACCURACY = Rule("accuracy", low=0.8, id=1)
RATIO = Rule("demographic_parity_ratio", low=0.8, high=1.25, attribute="sex", id=2)
MISSING = Rule("missing_rate", high=0.05, severity=Severity.WARNING, feature="*", id=3)
RULES = [ACCURACY, RATIO, MISSING]
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def week(number: int) -> Batch:
    starts_at = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(weeks=number)
    return Batch(number, f"week-{number}", starts_at, starts_at + timedelta(weeks=1))


def accuracy(verdict: Verdict, value: float = 0.7) -> Judged:
    return Judged(Measurement("accuracy", value, 2000, limit_low=0.8, verdict=verdict), ACCURACY)


def ratio(group: str, verdict: Verdict, value: float = 0.7) -> Judged:
    return Judged(
        Measurement(
            "demographic_parity_ratio",
            value,
            2000,
            attribute="sex",
            group=group,
            limit_low=0.8,
            limit_high=1.25,
            verdict=verdict,
        ),
        RATIO,
    )


def missing(feature: str, verdict: Verdict) -> Judged:
    return Judged(
        Measurement("missing_rate", 0.5, 99, feature=feature, limit_high=0.05, verdict=verdict),
        MISSING,
    )


def ask(judged, incidents=(), *, at: int = 10, rules=RULES, **how) -> list[Change]:
    how = how or {"newest": True}
    return reconcile(judged, incidents, rules=rules, batch=week(at), now=NOW, **how)


def after(incidents: list[Incident], changes: list[Change]) -> list[Incident]:
    """What the store does with changes."""
    kept = {incident.id: incident for incident in incidents}
    for change in changes:
        number = change.incident_id or len(kept) + 1000
        kept[number] = Incident(
            number,
            change.rule_id,
            change.subject,
            IncidentState.OPEN,
            change.severity,
            change.batch,
            change.measurement,
            change.since_at,
        )
        if change.event is Event.RESOLVED:
            del kept[number]
    return list(kept.values())


def opened(*judged: Judged, at: int = 10) -> list[Incident]:
    return after([], ask(judged, at=at))


def only(changes: list[Change]) -> Change:
    assert len(changes) == 1
    return changes[0]


def test_only_failing_opens():
    for verdict in (NONE, OK, RISK, None):
        assert ask([accuracy(verdict)]) == []
    change = only(ask([accuracy(BAD)]))
    assert (change.event, change.sends, change.incident_id) == (Event.OPENED, True, None)
    assert change.since_at == week(10).starts_at
    assert change.severity is Severity.CRITICAL


def test_each_column_is_a_subject_of_its_own():
    changes = ask([missing("age", BAD), missing("income", BAD), missing("sex", OK)])
    assert [change.subject for change in changes] == ["age", "income"]


def test_an_attributes_worst_failing_group_names_the_one_incident():
    change = only(ask([ratio("a", BAD, 0.7), ratio("b", BAD, 0.5), ratio("c", RISK, 0.2)]))
    assert (change.subject, change.measurement.group) == ("sex", "b")


def test_the_range_over_groups_does_not_page():
    assert ask([ratio("", BAD)]) == []


def test_asked_twice_nothing_changes():
    rows = [accuracy(BAD), ratio("a", BAD)]
    assert ask(rows, after([], ask(rows))) == []


def test_healthy_resolves_and_says_so():
    change = only(ask([accuracy(OK, 0.85)], opened(accuracy(BAD)), at=11))
    assert (change.event, change.sends) == (Event.RESOLVED, True)
    assert "within its limit" in change.sentence


def test_at_risk_and_too_few_rows_leave_it_open():
    incidents = opened(accuracy(BAD))
    assert only(ask([accuracy(RISK)], incidents, at=11)).event is Event.CONTINUES
    assert ask([accuracy(NONE)], incidents, at=11) == []
    assert ask([], incidents, at=11) == []


def test_a_continuing_breach_moves_on_without_a_message():
    change = only(ask([accuracy(BAD, 0.6)], opened(accuracy(BAD)), at=11))
    assert (change.event, change.sends) == (Event.CONTINUES, False)
    assert change.batch == week(11)
    assert change.since_at == week(10).starts_at
    assert "since 10 Aug 2026" in change.sentence


def labelled(incidents: list[Incident], count: int) -> list[Incident]:
    """The incidents as they stood when the batch of 2,000 rows had so many labels."""
    return [replace(i, batch=replace(i.batch, rows=2000, labelled=count)) for i in incidents]


def with_labels(judged, incidents, count: int, *, at: int = 10) -> Change:
    batch = replace(week(at), rows=2000, labelled=count)
    scene = {"rules": RULES, "batch": batch, "now": NOW, "newest": True}
    return only(reconcile(judged, incidents, **scene))


def test_late_labels_revise_the_numbers_quietly():
    incidents = labelled(opened(accuracy(BAD, 0.7)), 620)
    change = with_labels([accuracy(BAD, 0.75)], incidents, 1999)
    assert (change.event, change.sends) == (Event.REVISED, False)
    assert change.sentence.startswith(
        "Revised by late labels: 70.0 % with 31 % of the labels, 75.0 % with 99 % of the labels. "
        "Accuracy: 75.0 %"
    )


def test_late_labels_that_end_it_say_so():
    incidents = labelled(opened(accuracy(BAD, 0.79)), 0)
    change = with_labels([accuracy(OK, 0.83)], incidents, 2000)
    assert (change.event, change.sends) == (Event.RESOLVED, True)
    assert change.sentence.startswith(
        "Resolved by late labels: 79.0 % on arrival, 83.0 % with all labels. Accuracy: 83.0 %"
    )


def test_a_revision_says_what_made_the_difference():
    was = accuracy(BAD, 0.7).measurement
    for now, said in (
        (replace(was, value=0.75, n=2500), "late rows: 70.0 % on 2,000 rows, 75.0 % on 2,500 rows"),
        (replace(was, limit_low=0.75), "changed limits"),
        (replace(was, value=0.6), "measuring it again: 70.0 % before, 60.0 % now"),
    ):
        change = only(ask([Judged(now, ACCURACY)], opened(accuracy(BAD, 0.7))))
        assert change.sentence.startswith(f"Revised by {said}.")


def test_a_reason_that_changes_alone_revises_the_sentence():
    incidents = opened(accuracy(BAD))
    other = replace(accuracy(BAD).measurement, reason="Most of it comes from the scores.")
    change = only(ask([Judged(other, ACCURACY)], incidents))
    assert (change.event, change.sends) == (Event.REVISED, False)
    assert "Most of it comes from the scores." in change.sentence
    assert not change.sentence.startswith("Revised")  # the number reads as it did


def test_another_batch_of_the_same_period_is_no_revision():
    incidents = opened(accuracy(BAD, 0.7))
    second = replace(week(10), id=77, name="week-10 (2)")
    scene = {"rules": RULES, "batch": second, "now": NOW, "newest": True}
    goes_on = only(reconcile([accuracy(BAD, 0.6)], incidents, **scene))
    assert (goes_on.event, goes_on.batch, goes_on.sends) == (Event.CONTINUES, second, False)
    healed = only(reconcile([accuracy(OK, 0.9)], incidents, **scene))
    assert healed.event is Event.RESOLVED
    assert healed.sentence.startswith(
        "Late rows of the same period: 70.0 % on the 2,000 rows before, 90.0 % here. Accuracy:"
    )
    assert ask([accuracy(OK, 0.9)], after(incidents, [goes_on])) == []  # the first speaks no more


def test_a_revision_that_changes_the_verdict_is_sent():
    incidents = opened(accuracy(BAD, 0.7))
    softened = only(ask([accuracy(RISK, 0.78)], incidents))
    assert (softened.event, softened.sends) == (Event.REVISED, True)
    healed = only(ask([accuracy(OK, 0.83)], incidents))
    assert (healed.event, healed.sends) == (Event.RESOLVED, True)
    assert healed.sentence.startswith("Resolved by measuring it again: 70.0 % before, 83.0 % now.")
    assert healed.previous == incidents[0].measurement


def test_an_older_batch_changes_nothing():
    incidents = opened(accuracy(BAD))
    for verdict in Verdict:
        assert ask([accuracy(verdict)], incidents, at=9, newest=False, decided_later=()) == []


def test_a_batch_that_is_not_the_newest_opens_only_what_no_later_batch_has_judged():
    rows = [accuracy(BAD), missing("age", BAD)]
    assert ask(rows, newest=False) == []
    later = {("missing_rate", "age", "", "")}
    change = only(ask(rows, newest=False, decided_later=later))
    assert change.measurement.metric == "accuracy"


def test_a_group_that_nobody_judged_later_may_open_beside_one_that_was():
    later = {("demographic_parity_ratio", "", "sex", "a")}
    rows = [ratio("a", BAD, 0.1), ratio("b", BAD, 0.7)]
    assert only(ask(rows, newest=False, decided_later=later)).measurement.group == "b"


def test_a_batch_between_may_resolve_though_it_is_not_the_newest():
    incidents = opened(accuracy(BAD), at=10)
    change = only(ask([accuracy(OK)], incidents, at=11, newest=False))
    assert change.event is Event.RESOLVED


def test_another_group_takes_over_the_incident():
    incidents = opened(ratio("a", BAD, 0.5), ratio("b", OK, 0.9))
    change = only(ask([ratio("a", OK, 0.9), ratio("b", BAD, 0.6)], incidents, at=11))
    assert (change.event, change.measurement.group) == (Event.CONTINUES, "b")
    assert "Revised" not in change.sentence


def test_a_group_that_is_not_there_or_too_small_leaves_its_incident_open():
    incidents = opened(ratio("a", BAD), ratio("b", OK))
    assert ask([ratio("b", OK)], incidents, at=11) == []
    assert ask([ratio("a", NONE), ratio("b", OK)], incidents, at=11) == []


@pytest.mark.parametrize("state", [IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED])
def test_incidents_somebody_has_seen_resolve_too(state):
    incidents = [replace(incident, state=state) for incident in opened(accuracy(BAD))]
    assert only(ask([accuracy(OK)], incidents, at=11)).event is Event.RESOLVED
    assert only(ask([accuracy(BAD, 0.2)], incidents, at=11)).sends is False


def test_a_rule_that_is_gone_or_off_closes_its_incident_quietly():
    incidents = opened(accuracy(BAD))
    for rules in ([], [replace(ACCURACY, enabled=False)]):
        change = only(ask([accuracy(BAD)], incidents, rules=rules))
        assert (change.event, change.sends) == (Event.RESOLVED, False)


def test_both_groups_come_with_their_rows(gap):
    change = gap()
    assert [(side.group, side.n) for side in change.sides] == [("female", 842), ("male", 1158)]
    assert "female 31.0 % (842 rows) and male 50.0 % (1,158 rows)" in change.sentence


def ended(incidents: list[Incident], *judged: Judged, at: int) -> list[Incident]:
    """The incidents as a batch has ended them."""
    changes = ask(judged or [accuracy(OK, 0.9)], incidents, at=at)
    assert {change.event for change in changes} == {Event.RESOLVED}
    return [
        replace(
            incident,
            state=IncidentState.RESOLVED,
            batch=change.batch,
            measurement=change.measurement,
        )
        for incident, change in zip(incidents, changes, strict=True)
    ]


def back(incidents: list[Incident], *, at: int, judged=None, rules=RULES) -> Change:
    return only(ask(judged or [accuracy(BAD)], at=at, rules=rules, newest=True, ended=incidents))


def test_a_relapse_soon_after_the_end_opens_the_same_incident_again():
    over = ended(opened(accuracy(BAD), at=10), at=11)  # ended by the batch of week 11
    for weeks in (12, 13, 14):  # none, one and two weeks lie between
        change = back(over, at=weeks)
        assert (change.event, change.incident_id) == (Event.REOPENED, over[0].id)
        assert (change.sends, change.since_at) == (True, week(weeks).starts_at)
        assert change.sentence.startswith("Broken again. Accuracy: 70.0 %")
    assert back(over, at=15).event is Event.OPENED


def test_how_soon_is_the_rules_to_say():
    over = ended(opened(accuracy(BAD), at=10), at=11)
    for days, event in ((None, Event.OPENED), (6.9, Event.OPENED), (7, Event.REOPENED)):
        rule = replace(ACCURACY, telling=Telling(relapse_days=days))
        judged = [replace(accuracy(BAD), rule=rule)]
        assert back(over, at=13, judged=judged, rules=[rule]).event is event


def test_what_a_person_ended_needs_a_later_batch_to_come_back():
    by_hand = [replace(i, state=IncidentState.RESOLVED) for i in opened(accuracy(BAD), at=10)]
    again = {"newest": True, "ended": by_hand}
    assert ask([accuracy(BAD, 0.6)], at=10, **again) == []
    assert back(by_hand, at=11).event is Event.REOPENED


def test_labels_that_take_back_an_end_open_it_again():
    over = ended(opened(accuracy(BAD), at=10), at=11)
    change = back(over, at=11)
    assert change.event is Event.REOPENED
    assert change.sentence.startswith("Broken again. Revised by measuring it again: 90.0 % before")


def test_a_batch_older_than_the_end_opens_another():
    over = ended(opened(accuracy(BAD), at=10), at=11)
    assert back(over, at=9).event is Event.OPENED


def critical() -> Judged:
    return replace(missing("age", BAD), severity=Severity.CRITICAL)


@pytest.mark.parametrize("at", [10, 11])
@pytest.mark.parametrize("state", [IncidentState.OPEN, IncidentState.SNOOZED])
def test_getting_critical_is_told_also_of_what_is_snoozed(at, state):
    incidents = [replace(i, state=state) for i in opened(missing("age", BAD))]
    assert incidents[0].severity is Severity.WARNING
    change = only(ask([critical()], incidents, at=at))
    assert (change.event, change.sends) == (Event.WORSENED, True)
    assert change.severity is Severity.CRITICAL
    assert change.sentence.startswith("Critical now.")
    after_it = after(incidents, [change])
    assert ask([critical()], after_it, at=at) == []
    better = only(ask([missing("age", BAD)], after_it, at=12))
    assert (better.event, better.severity, better.sends) == (
        Event.CONTINUES, Severity.WARNING, False,
    )  # fmt: skip


def test_what_is_snoozed_is_silent_until_it_is_over():
    incidents = [replace(i, state=IncidentState.SNOOZED) for i in opened(accuracy(BAD, 0.7))]
    softened = only(ask([accuracy(RISK, 0.78)], incidents))
    assert (softened.event, softened.sends) == (Event.REVISED, False)
    assert only(ask([accuracy(OK, 0.9)], incidents, at=11)).sends is True


def test_at_risk_leaves_the_severity_as_it_was():
    incidents = after([], ask([critical()]))
    change = only(ask([missing("age", RISK)], incidents, at=11))
    assert (change.event, change.severity) == (Event.CONTINUES, Severity.CRITICAL)


BEGIN = (Event.OPENED, Event.REOPENED)
steps = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(Verdict)), max_size=30)


@settings(deadline=None)  # machines may be busy
@given(steps)
def test_whatever_comes_there_is_one_incident_and_opening_and_resolving_alternate(steps):
    incidents: list[Incident] = []
    over: list[Incident] = []
    told: list[Event] = []
    for number, verdict in steps:
        judged = [accuracy(verdict, 0.7 + verdict.rank / 100)]
        changes = ask(judged, incidents, at=number, newest=True, ended=over)
        before, incidents = incidents, after(incidents, changes)
        over = [] if incidents else ended(before, *judged, at=number) if before else over
        told += [c.event for c in changes if c.event in (*BEGIN, Event.RESOLVED)]
        assert len(incidents) <= 1
        assert ask(judged, incidents, at=number, newest=True, ended=over) == []
    assert all((a in BEGIN) is not (b in BEGIN) for a, b in pairwise(told))
    assert not told or told[0] is Event.OPENED
    assert bool(incidents) is bool(told and told[-1] in BEGIN)


@settings(deadline=None)  # machines may be busy
@given(steps)
def test_an_incident_never_goes_back_in_time(steps):
    incidents: list[Incident] = []
    for number, verdict in steps:
        before = {i.id: i.batch.starts_at for i in incidents}
        incidents = after(incidents, ask([accuracy(verdict)], incidents, at=number))
        assert all(i.batch.starts_at >= before.get(i.id, i.batch.starts_at) for i in incidents)
