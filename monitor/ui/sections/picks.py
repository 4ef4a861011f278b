"""Whom and what the Fairness section compares: choices that live in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from monitor.measures.catalogue import METRICS
from monitor.ui import parts
from monitor.ui.comparisons import BEHIND
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

SIDE_BY_SIDE: Final = 4


def attribute(
    subject: Subject,
    options: Sequence[str],
    *,
    label: str = "Sensitive feature",
    default: str = "",
    words: Callable[[str], str] = str,
) -> str:
    """Few are laid out side by side, many are a list."""
    chosen = choose(subject.view.attribute, options, default)
    drawn: Callable[..., Any] = st.selectbox
    if len(options) <= SIDE_BY_SIDE:
        drawn = st.segmented_control
    parts.picker(label, options, field="attribute", chosen=chosen, words=words, drawn=drawn)
    return chosen


def metric(subject: Subject, names: Sequence[str], *, default: str | None = None) -> str:
    """The comparison of the address; a rate there chooses the comparison that is made of it."""
    asked = subject.view.metric
    by_rate = next((name for name in names if BEHIND[name] == asked), default)
    chosen = choose(asked, names, by_rate)
    parts.picker(
        "Compared by", names, field="metric", chosen=chosen,
        words=lambda name: METRICS[name].title, drawn=st.selectbox,
    )  # fmt: skip
    return chosen
