"""What a person, or time, may do to an incident in each of its states, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.alerts.incident import Event
from monitor.alerts.words import day
from monitor.errors import StoreError
from monitor.terms import IncidentState

OPEN, ACKNOWLEDGED, SNOOZED, RESOLVED = IncidentState


class Action(StrEnum):
    """What is done to an incident; all but WAKE are done by a person."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    NOTE = "note"
    SNOOZE = "snooze"
    WAKE = "wake"  # what time does to a snoozed one
    RESOLVE = "resolve"
    REOPEN = "reopen"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an incident stands: the columns of its row that people and time change.

    ``snoozed_until`` is None unless it is snoozed, ``resolved_at`` unless it is resolved;
    ``acknowledged_at`` is None while nobody has said that they are on it.
    """

    state: IncidentState
    owner: str = ""
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    reopened: int = 0
    helpful: bool | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One action: by whom ("" for time) and when, and what was said with it.

    ``owner`` is who an assignment is to, ``until`` when a snooze ends.
    """

    action: Action
    who: str
    now: datetime
    note: str = ""
    owner: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where an incident stands after an action, and the line of its story that says so.

    ``tells`` says whether those who heard of the incident hear of this too.
    """

    standing: Standing
    event: Event
    sentence: str
    tells: bool


def allowed(state: IncidentState) -> tuple[Action, ...]:
    """What may be done in this state, in the order of ``Action``.

    >>> [str(action) for action in allowed(IncidentState.RESOLVED)]
    ['note', 'reopen', 'helpful', 'unhelpful']
    """
    return tuple(action for action in Action if state in _STATES[action])


def act(standing: Standing, what: Act) -> Move:
    """StoreError, with a sentence for the page, where the action makes no sense."""
    if standing.state not in _STATES[what.action]:
        raise StoreError(_refusal(standing.state, what.action))
    return _MOVES[what.action](standing, what)


_NOT_OVER = (OPEN, ACKNOWLEDGED, SNOOZED)
_STATES: Mapping[Action, tuple[IncidentState, ...]] = {
    Action.ACKNOWLEDGE: _NOT_OVER,
    Action.ASSIGN: _NOT_OVER,
    Action.NOTE: (*_NOT_OVER, RESOLVED),
    Action.SNOOZE: _NOT_OVER,
    Action.WAKE: (SNOOZED,),
    Action.RESOLVE: _NOT_OVER,
    Action.REOPEN: (RESOLVED,),
    Action.HELPFUL: (*_NOT_OVER, RESOLVED),
    Action.UNHELPFUL: (*_NOT_OVER, RESOLVED),
}


def _refusal(state: IncidentState, action: Action) -> str:
    if state is RESOLVED:
        return "This incident is already resolved; nothing was changed. Reopen it first."
    return f"This incident is {state}, so there is nothing to {action}; nothing was changed."


def _acknowledge(standing: Standing, what: Act) -> Move:
    after = replace(
        standing, state=ACKNOWLEDGED, owner=what.who, acknowledged_at=what.now, snoozed_until=None
    )
    return _said(Event.ACKNOWLEDGED, after, what, f"Acknowledged by {what.who}.", tells=True)


def _assign(standing: Standing, what: Act) -> Move:
    owner = what.owner.strip()
    given = f"Assigned to {owner}" if owner else "Assigned to nobody"
    after = replace(standing, owner=owner)
    return _said(Event.ASSIGNED, after, what, f"{given} by {what.who}.")


def _note(standing: Standing, what: Act) -> Move:
    if not what.note.strip():
        raise StoreError("The note is empty; nothing was written.")
    return _said(Event.NOTED, standing, what, f"{what.who}:")


def _snooze(standing: Standing, what: Act) -> Move:
    if what.until is None or what.until <= what.now:
        raise StoreError("A snooze must end in the future; nothing was changed.")
    after = replace(standing, state=SNOOZED, snoozed_until=what.until)
    told = f"Snoozed by {what.who} until {day(what.until)}."
    return _said(Event.SNOOZED, after, what, told)


def _wake(standing: Standing, what: Act) -> Move:
    return _said(Event.WOKEN, awake(standing), what, "The snooze is over.", tells=True)


def awake(standing: Standing) -> Standing:
    """As it was before it was snoozed."""
    state = OPEN if standing.acknowledged_at is None else ACKNOWLEDGED
    return replace(standing, state=state, snoozed_until=None)


def _resolve(standing: Standing, what: Act) -> Move:
    after = ended(standing, what.now)
    return _said(Event.RESOLVED, after, what, f"Resolved by {what.who}.", tells=True)


def ended(standing: Standing, now: datetime) -> Standing:
    """Over, whoever ended it."""
    return replace(standing, state=RESOLVED, resolved_at=now, snoozed_until=None)


def _reopen(standing: Standing, what: Act) -> Move:
    return _said(Event.REOPENED, reopened(standing), what, f"Reopened by {what.who}.", tells=True)


def reopened(standing: Standing) -> Standing:
    """Open once more: nobody is on it until somebody says so; whose it was it stays."""
    return Standing(
        OPEN, owner=standing.owner, reopened=standing.reopened + 1, helpful=standing.helpful
    )


def _rate(standing: Standing, what: Act) -> Move:
    helpful = what.action is Action.HELPFUL
    event = Event.HELPFUL if helpful else Event.UNHELPFUL
    return _said(event, replace(standing, helpful=helpful), what, f"Called {event} by {what.who}.")


_MOVES: Mapping[Action, Callable[[Standing, Act], Move]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.ASSIGN: _assign,
    Action.NOTE: _note,
    Action.SNOOZE: _snooze,
    Action.WAKE: _wake,
    Action.RESOLVE: _resolve,
    Action.REOPEN: _reopen,
    Action.HELPFUL: _rate,
    Action.UNHELPFUL: _rate,
}


def _said(
    event: Event, standing: Standing, what: Act, sentence: str, *, tells: bool = False
) -> Move:
    note = what.note.strip()
    return Move(standing, event, f"{sentence} {note}" if note else sentence, tells)
