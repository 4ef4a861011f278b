"""A message as JSON for machines; docs/alerts.md describes every field."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from monitor.alerts.incidents import Batch
from monitor.alerts.links import deep_link, incident_link
from monitor.alerts.particulars import Sender
from monitor.alerts.words import about, next_step
from monitor.measures.measurement import Measurement

if TYPE_CHECKING:
    from monitor.alerts.messages import Story

VERSION = 1  # grows when a field changes its meaning or goes; new fields may come at any time


def alerts_payload(
    stories: Sequence[Story], sender: Sender, *, subject: str, opening: str
) -> dict[str, Any]:
    """All that the message says; numbers as they are measured, None where there is none."""
    together = [story.incident for story in stories]
    return {
        "version": VERSION,
        "kind": "alerts",
        "subject": subject,
        "severity": str(min(story.severity for story in stories)),  # critical < warning
        "model": {"name": sender.model, "version": sender.version, "owner": sender.owner},
        "summary": opening,
        "alerts": [_alert(story, sender, together) for story in stories],
    }


def trial_payload(subject: str) -> dict[str, Any]:
    """What *Send test* sends."""
    return {"version": VERSION, "kind": "test", "subject": subject, "alerts": []}


def _alert(story: Story, sender: Sender, together: Sequence[int]) -> dict[str, Any]:
    change, m = story.change, story.measurement
    return {
        "event": str(change.event),
        "incident": story.incident,
        "severity": str(change.severity),
        "title": about(m, change.sides),
        "sentence": change.sentence,
        "next_step": next_step(m),
        "causes": story.suspects,
        "related": [incident for incident in together if incident != story.incident],
        **_numbers(m),
        "previous": _numbers(change.previous) if change.previous else None,
        "groups": [{"group": s.group, "value": _finite(s.value), "n": s.n} for s in change.sides],
        "batch": _batch(change.batch),
        "since_at": change.since_at.isoformat(),
        "at": change.at.isoformat(),
        "links": {
            "incident": incident_link(sender.base_url, story.incident),
            "acknowledge": incident_link(sender.base_url, story.incident, do="acknowledge"),
            "numbers": deep_link(
                sender.base_url, model=sender.model, measurement=m, batch=change.batch.name
            ),
        },
    }


def _numbers(m: Measurement) -> dict[str, Any]:
    return {
        "metric": m.metric,
        "feature": m.feature,
        "attribute": m.attribute,
        "group": m.group,
        "verdict": str(m.verdict) if m.verdict else None,
        "value": _finite(m.value),
        "interval": [_finite(m.low), _finite(m.high)],
        "n": m.n,
        "limits": [_finite(m.limit_low), _finite(m.limit_high)],
        "reference": _finite(m.reference),
    }


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity and no NaN."""
    return value if value is not None and math.isfinite(value) else None


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "name": batch.name,
        "starts_at": batch.starts_at.isoformat(),
        "ends_at": batch.ends_at.isoformat(),
    }
