"""What a model's page says first: one verdict line for each of its sections."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts.evidence import WHOLE
from monitor.charts.records import records
from monitor.charts.words import count
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_value
from monitor.terms import Verdict
from monitor.ui import data, parts
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated, evidence
from monitor.ui.sections.model import TITLES
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import say

Line = tuple[object, str]  # verdict and sentence
HEADS: Final = ("| Section | Verdict | Why |", "| --- | --- | --- |")  # for those who listen
UNKNOWN: Final = "No labels have arrived, so nothing is certain about how right it is."
UNJUDGED: Final = {
    "fairness": "No sensitive feature is compared yet.",
    "quality": "No batch has been looked at yet.",
}
OF_ROWS: Final = (
    *("label_coverage", "drifted_columns", "drifted_importance"),
    *(name for name, one in METRICS.items() if one.family == "estimated"),
    WHOLE,
)


def show(subject: Subject) -> None:
    """One table, as every piece of a page is a message to the browser of its own."""
    latest = data.measurements(subject.model, batch=subject.latest, metrics=OF_ROWS, attribute="")
    told = {
        "performance": _performance(subject, latest),
        "fairness": _judged(subject, "fairness", subject.labelled),
        "drift": _drift(subject, latest),
        "quality": _judged(subject, "quality", subject.latest),
        "evidence": evidence.line(latest),
    }
    rows = [
        f"| **{TITLES[name]}** | {_badge(line[0])} | {line[1]} |" for name, line in told.items()
    ]
    with st.container(border=True, key="lines"):
        st.markdown("\n".join([*HEADS, *rows]))


def _badge(verdict: object) -> str:
    return parts.badge_text(verdict if parts.known(verdict) else Verdict.NOT_ENOUGH_DATA.value)


def _performance(subject: Subject, latest: pd.DataFrame) -> Line:
    name = subject.row["metric"]
    verdict, said = _answers(subject, name) if isinstance(name, str) else (None, UNKNOWN)
    return verdict, f"{said} {estimated.sentence(latest, name)}".rstrip()


def _answers(subject: Subject, name: str) -> Line:
    found = data.measurements(
        subject.model, batch=subject.labelled, metrics=(name, "label_coverage"), attribute=""
    )
    own = found[found["metric"] == name]
    if not found[found["metric"] == "label_coverage"]["value"].any():
        return None, UNKNOWN
    if own.empty:
        return None, f"{METRICS[name].title} could not be measured in the last batch with labels."
    return own.iloc[0]["verdict"], say(own.iloc[0], found)


def _drift(subject: Subject, latest: pd.DataFrame) -> Line:
    """What the newest batch says, be it that it is too small to say anything."""
    whole = latest[latest["metric"] == "drifted_columns"]
    farthest = data.farthest(subject.model, "psi", batch=subject.latest)
    if whole.empty or farthest.empty:
        return None, "There is no reference to compare with yet."
    drifted = parts.number(whole["value"].iloc[0])
    if drifted is None:
        return whole["verdict"].iloc[0], escape(whole["reason"].iloc[0])
    top = farthest.iloc[0]
    most = f"{escape(top['feature'])}, PSI {format_value('psi', float(top['value']))}"
    said = f"{int(drifted)} of {top['features']} columns drifted{_held(latest)}; most of all {most}"
    return whole["verdict"].iloc[0], f"{said} (n = {count(top['n'])})."


def _held(latest: pd.DataFrame) -> str:
    """How much of the importance has drifted, where it is known and any has."""
    rows = latest[latest["metric"] == "drifted_importance"]["value"]
    held = parts.number(rows.iloc[0]) if len(rows) else None
    shown = format_value("drifted_importance", held)
    return f", which hold {shown} of the importance" if held else ""


def _judged(subject: Subject, family: str, batch: str) -> Line:
    """The worst that rules said of the family, or how many limits hold."""
    said = data.judged(subject.model, family, batch=batch)
    if said.empty:
        return None, UNJUDGED[family]
    worst = max(records(said), key=lambda row: Verdict(row["verdict"]).rank)
    if worst["verdict"] == Verdict.HEALTHY:
        counts = dict(zip(said["verdict"], said["count"], strict=True))
        little = counts.get(Verdict.NOT_ENOUGH_DATA, 0)
        also = f"; for {little} more there is not enough data" if little else ""
        return worst["verdict"], f"None of {sum(counts.values()) - little} limits is broken{also}."
    return worst["verdict"], _said(subject, batch, worst)


def _said(subject: Subject, batch: str, worst: Any) -> str:
    """The sentence of one number, with the groups that a gap is between."""
    among = data.measurements(
        subject.model, batch=batch, feature=worst["feature"], attribute=worst["attribute"]
    )
    own = among[(among["metric"] == worst["metric"]) & (among["group"] == worst["group"])]
    return say(own.iloc[0], among)
