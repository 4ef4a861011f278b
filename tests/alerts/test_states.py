"""What may be done to an incident in each state: a machine that is driven at random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from monitor.alerts.incidents import Event
from monitor.alerts.states import Act, Action, Move, Standing, act, allowed
from monitor.errors import StoreError
from monitor.terms import IncidentState

OPEN, ACKNOWLEDGED, SNOOZED, RESOLVED = IncidentState
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
RESTING = {
    OPEN: Standing(OPEN),
    ACKNOWLEDGED: Standing(ACKNOWLEDGED, owner="Ann", acknowledged_at=NOW),
    SNOOZED: Standing(SNOOZED, snoozed_until=LATER),
    RESOLVED: Standing(RESOLVED, resolved_at=NOW),
}


def do(action: Action, state: IncidentState = OPEN, **said: object) -> Move:
    said = {"note": "seen", "until": LATER} | said
    return act(RESTING[state], Act(action, "Ann", NOW, **said))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", IncidentState)
@pytest.mark.parametrize("action", Action)
def test_what_is_allowed_moves_and_anything_else_is_refused_with_a_sentence(action, state):
    if action in allowed(state):
        assert "seen" in do(action, state).sentence
    else:
        with pytest.raises(StoreError, match="nothing was changed"):
            do(action, state)


def test_nothing_but_notes_and_judgements_happens_to_what_is_over_until_it_is_reopened():
    assert allowed(RESOLVED) == (Action.NOTE, Action.REOPEN, Action.HELPFUL, Action.UNHELPFUL)
    moved = do(Action.REOPEN, RESOLVED).standing
    assert moved == Standing(OPEN, reopened=1)


def test_a_snooze_ends_in_the_state_it_began_in():
    for state in (OPEN, ACKNOWLEDGED):
        asleep = do(Action.SNOOZE, state).standing
        assert (asleep.state, asleep.snoozed_until) == (SNOOZED, LATER)
        awake = act(asleep, Act(Action.WAKE, "", LATER))
        assert awake.standing == RESTING[state]
        assert awake.event is Event.WOKEN


def test_a_snooze_that_is_over_before_it_begins_and_an_empty_note_are_refused():
    with pytest.raises(StoreError, match="must end in the future"):
        do(Action.SNOOZE, until=NOW)
    with pytest.raises(StoreError, match="The note is empty"):
        do(Action.NOTE, note=" ")


def test_who_acknowledges_has_it_and_who_is_assigned_has_it_in_the_same_state():
    assert do(Action.ACKNOWLEDGE).standing == RESTING[ACKNOWLEDGED]
    given_on = do(Action.ASSIGN, ACKNOWLEDGED, owner=" Ben ")
    assert (given_on.standing.owner, given_on.standing.state) == ("Ben", ACKNOWLEDGED)
    assert given_on.sentence == "Assigned to Ben by Ann. seen"


class Incident(RuleBasedStateMachine):
    """One incident, and whoever comes by."""

    def __init__(self) -> None:
        super().__init__()
        self.standing, self.now = Standing(OPEN), NOW
        self.story: list[Move] = []
        self.times_reopened = 0

    @rule(
        action=st.sampled_from(Action),
        hours=st.integers(0, 90),
        wait=st.integers(-1, 90),
        who=st.sampled_from(["Ann", "Ben"]),
        note=st.sampled_from(["", "looked"]),
    )
    def somebody_does_something(self, action, hours, wait, who, note):
        self.now += timedelta(hours=hours)
        until = self.now + timedelta(hours=wait)
        what = Act(action, who, self.now, note, owner=who, until=until)
        before = self.standing
        try:
            move = act(before, what)
        except StoreError:
            assert (
                action not in allowed(before.state)
                or (action is Action.SNOOZE and wait <= 0)
                or (action is Action.NOTE and not note)
            )
            return
        assert action in allowed(before.state)
        self.standing = move.standing
        self.story.append(move)
        self.times_reopened += action is Action.REOPEN

    @precondition(lambda self: self.standing.state is not RESOLVED)
    @rule()
    def it_can_always_be_ended(self):
        assert act(self.standing, Act(Action.RESOLVE, "Ann", self.now)).standing.state is RESOLVED

    @invariant()
    def instants_are_there_exactly_in_their_states(self):
        it = self.standing
        assert (it.resolved_at is not None) == (it.state is RESOLVED)
        assert (it.snoozed_until is not None) == (it.state is SNOOZED)
        assert it.state is not ACKNOWLEDGED or it.acknowledged_at is not None
        assert it.state is not OPEN or it.acknowledged_at is None

    @invariant()
    def its_state_is_what_its_story_says(self):
        moved = [move.event for move in self.story if move.event in _GIVES]
        expected = OPEN
        acknowledged = False
        for event in moved:
            acknowledged = event is Event.ACKNOWLEDGED or (
                acknowledged and event is not Event.REOPENED
            )
            woken = ACKNOWLEDGED if acknowledged else OPEN
            expected = _GIVES[event] or woken
        assert self.standing.state is expected
        assert self.standing.reopened == self.times_reopened


_GIVES = {
    Event.ACKNOWLEDGED: ACKNOWLEDGED,
    Event.SNOOZED: SNOOZED,
    Event.WOKEN: None,
    Event.RESOLVED: RESOLVED,
    Event.REOPENED: OPEN,
}

TestIncident = Incident.TestCase
TestIncident.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
