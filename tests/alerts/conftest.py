"""Shared pieces: a judged gap, a batch, a change and the message made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.alerts.incidents import Batch, Change, reconcile
from monitor.alerts.judging import judge
from monitor.alerts.message import Message
from monitor.alerts.messages import Sender, Story, compose
from monitor.alerts.rule import Rule
from monitor.measures.measurement import Measurement

FIRST_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
RATIO = Rule("demographic_parity_ratio", low=0.8, high=1.25, attribute="sex", id=1)


@pytest.fixture
def week() -> Callable[[int], Batch]:
    def at(number: int) -> Batch:
        starts_at = FIRST_MONDAY + timedelta(weeks=number)
        return Batch(number, f"week-{number}", starts_at, starts_at + timedelta(weeks=1))

    return at


@pytest.fixture
def gap_rows() -> Callable[..., list[Measurement]]:
    """Selection rates of two groups and the ratio between them."""

    def rows(*, group: str = "female", reference: str = "male") -> list[Measurement]:
        def rate(name: str, value: float, n: int) -> Measurement:
            return Measurement("selection_rate", value, n, attribute="sex", group=name)

        ratio = Measurement(
            "demographic_parity_ratio",
            0.62,
            2000,
            0.55,
            0.7,
            attribute="sex",
            group=group,
            denominator=842,
        )
        return [rate(group, 0.31, 842), rate(reference, 0.5, 1158), ratio]

    return rows


@pytest.fixture
def gap(gap_rows: Any, week: Any) -> Callable[..., Change]:
    def change(**groups: str) -> Change:
        batch = week(16)
        judged = judge([RATIO], gap_rows(**groups))
        return reconcile(judged, [], rules=[RATIO], batch=batch, newest=True, now=batch.ends_at)[0]

    return change


@pytest.fixture
def message(gap: Any) -> Message:
    history = [(FIRST_MONDAY, value) for value in (0.95, 0.9, 0.93, 0.62)]
    story = Story(gap(), 12, history=history, suspects="income (−12.0 pt of the gap).")
    return compose([story], Sender("credit", 3, "Risk", "http://127.0.0.1:8501"))
