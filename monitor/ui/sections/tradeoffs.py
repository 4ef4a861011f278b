"""When criteria of equal treatment cannot all hold at once, and which of them give way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts.groups import is_judged
from monitor.measures.interval import Interval
from monitor.measures.tradeoffs import (
    Rates,
    base_rates_apart,
    cannot_all_hold,
    implied_false_positive_rate,
)
from monitor.measures.wording import format_interval, format_rows, format_value
from monitor.ui import parts
from monitor.ui.comparisons import rows_of
from monitor.ui.markdown import escape

KNOWN: Final = ("precision", "false_positive_rate", "false_negative_rate")
SOURCE: Final = "Chouldechova 2017; Kleinberg et al. 2016"


@dataclass(frozen=True, slots=True)
class Excluded:
    """The group whose base rate is furthest from the reference group's, and others like it."""

    own: Rates
    base: Rates
    others: tuple[str, ...] = ()

    @property
    def distance(self) -> float:
        return abs(self.own.base_rate - self.base.base_rate)


def find(mine: pd.DataFrame, *, reference: str) -> Excluded | None:
    """``mine`` are the measurements of one attribute, and of one class where there are several;
    None where nothing excludes anything.
    """
    known = rates(mine)
    base = known.pop(reference, None)
    if base is None:
        return None
    apart = [Excluded(own, base) for own in known.values() if cannot_all_hold(own, base)]
    if not apart:
        return None
    widest = max(apart, key=lambda one: one.distance)
    return replace(widest, others=tuple(one.own.group for one in apart if one is not widest))


def show(found: Excluded, *, positive: str, more: str = "") -> None:
    """``positive`` says in words what a base rate counts."""
    with st.container(border=True):
        st.markdown("**What cannot all hold at once**")
        st.markdown(escape(sentence(found.own, found.base, positive=positive)))
        told = [detail(found.own, found.base), also(found.others), more]
        st.caption(escape(" ".join(text for text in told if text)))


def rates(mine: pd.DataFrame) -> dict[str, Rates]:
    """What labels say of each group that has rows enough."""
    others = {name: rows_of(mine, name) for name in KNOWN}
    return {
        group: Rates(
            group,
            float(row["value"]),
            Interval(float(row["low"]), float(row["high"])),
            int(row["n"]),
            **{name: _value(others[name], group) for name in KNOWN},
        )
        for group, row in rows_of(mine, "base_rate").items()
        if is_judged(row)
    }


def _value(rows: Mapping[str, Any], group: str) -> float:
    found = parts.number(rows[group]["value"]) if group in rows else None
    return float("nan") if found is None else found


def sentence(own: Rates, base: Rates, *, positive: str) -> str:
    """Both base rates with their rows, and what they exclude."""
    told = " and ".join(
        f"{format_value('base_rate', one.base_rate)} of {one.group} ({format_rows(one.rows)})"
        for one in (own, base)
    )
    return (
        f"{told} {positive}. While base rates differ and some negatives are called positive, "
        "equal precision, equal false positive rates and equal false negative rates cannot all "
        f"hold ({SOURCE}): assess which of them matters here."
    )


def detail(own: Rates, base: Rates) -> str:
    """What the reference group's precision and misses would mean in the other group."""
    apart = base_rates_apart(own, base)
    said = format_interval("accuracy_difference", apart.low, apart.high)
    between = f"95 % interval of the difference in base rates: {said}."
    implied = implied_false_positive_rate(
        own.base_rate,
        precision=base.precision,
        false_negative_rate=base.false_negative_rate,
    )
    if not isfinite(implied) or implied > 1:
        return between
    would, has = (
        format_value("false_positive_rate", rate) for rate in (implied, base.false_positive_rate)
    )
    return (
        f"{between} With the precision and the false negative rate of {base.group}, {own.group} "
        f"would have a false positive rate of {would}, where {base.group} has {has}."
    )


def also(names: Iterable[str]) -> str:
    told = ", ".join(names)
    return f"The same goes for {told}." if told else ""
