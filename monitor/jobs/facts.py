"""Measurements and changes as JSON, for the rows of incidents and of their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from monitor.alerts.incidents import Batch, Change, Event
from monitor.alerts.words import Side, broken_limit
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Verdict

_NAMES = {field.name for field in fields(Measurement)}


def measurement_to_facts(m: Measurement) -> dict[str, Any]:
    """All fields, and beside them ``limit``: the one that was broken."""
    return {**asdict(m), "limit": broken_limit(m)}


def measurement_from_facts(facts: Mapping[str, Any]) -> Measurement:
    """The measurement again; keys of others, such as ``version``, are passed over."""
    own = {name: value for name, value in facts.items() if name in _NAMES}
    verdict = own.get("verdict")
    return Measurement(**{**own, "verdict": Verdict(verdict) if verdict else None})


def change_to_facts(change: Change) -> dict[str, Any]:
    """Everything a message is made of, so that it can be composed when it is sent."""
    previous = change.previous and measurement_to_facts(change.previous)
    return {
        "event": str(change.event),
        "rule_id": change.rule_id,
        "subject": change.subject,
        "severity": str(change.severity),
        "measurement": measurement_to_facts(change.measurement),
        "previous": previous,
        "batch": {
            "id": change.batch.id,
            "name": change.batch.name,
            "starts_at": change.batch.starts_at.isoformat(),
            "ends_at": change.batch.ends_at.isoformat(),
            "rows": change.batch.rows,
            "labelled": change.batch.labelled,
        },
        "since_at": change.since_at.isoformat(),
        "at": change.at.isoformat(),
        "sentence": change.sentence,
        "sends": change.sends,
        "incident_id": change.incident_id,
        "sides": [asdict(side) for side in change.sides],
    }


def change_from_facts(facts: Mapping[str, Any]) -> Change:
    """The change again, equal to the one that was stored."""
    previous = facts["previous"]
    return Change(
        event=Event(facts["event"]),
        rule_id=facts["rule_id"],
        subject=facts["subject"],
        severity=Severity(facts["severity"]),
        measurement=measurement_from_facts(facts["measurement"]),
        previous=measurement_from_facts(previous) if previous else None,
        batch=batch_from_facts(facts["batch"]),
        since_at=datetime.fromisoformat(facts["since_at"]),
        at=datetime.fromisoformat(facts["at"]),
        sentence=facts["sentence"],
        sends=facts["sends"],
        incident_id=facts["incident_id"],
        sides=tuple(Side(**side) for side in facts["sides"]),
    )


def batch_from_facts(facts: Mapping[str, Any]) -> Batch:
    starts_at, ends_at = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    counts = facts.get("rows", 0), facts.get("labelled", 0)  # not kept in early versions
    return Batch(facts["id"], facts["name"], starts_at, ends_at, *counts)
