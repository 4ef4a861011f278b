"""The top of a model's page: who it is, how it stands, and what is open."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts.evidence import WHOLE
from monitor.charts.words import count, largest
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_value
from monitor.terms import Verdict
from monitor.ui import data, links, parts, times
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated, evidence
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import say
from monitor.ui.view import SECTIONS, WINDOWS, View

TITLES = {
    "performance": "Performance",
    "fairness": "Fairness",
    "drift": "Drift",
    "quality": "Data quality",
    "evidence": "Over time",
    "causes": "Causes",
    "versions": "Versions",
}
OF_ANSWERS = tuple(n for n, it in METRICS.items() if it.family in ("performance", "fairness"))
OF_ROWS = (
    *("label_coverage", "drifted_columns", "drifted_importance", "psi", "importance"),
    *(n for n, it in METRICS.items() if it.family in ("quality", "estimated")),
    *(WHOLE,),
)
WINDOW_WORDS = {"7d": "7 d", "30d": "30 d", "90d": "90 d", "1y": "1 year", "all": "All"}


def unknown(name: str, models: list[str]) -> None:
    """A full page: never another model in place of the one that was asked for."""
    st.title(f"No model called {escape(name)}")
    st.markdown("It may have been renamed or never registered here. These are watched:")
    for model in models:
        links.link(model, "model", icon=":material/monitoring:", model=model)
    links.link("Register a model", "settings", icon=":material/add:", part="models")


def choices(view: View, models: list[str]) -> None:
    """Model and window, side by side above everything else."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        parts.picker("Model", models, field="model", chosen=view.model, drawn=st.selectbox)
        windows = list(WINDOWS)
        if view.window.between is not None:
            windows.append(view.window.slug)
        parts.picker(
            "Window", windows, field="window", chosen=view.window.slug, words=_window_words
        )


def _window_words(slug: str) -> str:
    return WINDOW_WORDS.get(slug, slug.replace("/", " to "))


def header(row: Any) -> None:
    """Name, verdict, and the facts that put every number below into place."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(escape(row["model"]), width="content")
        parts.badge(row["verdict"])
        if pd.notna(row["since"]):
            st.caption(f"since {times.day(row['since'])}")
    coverage = parts.number(row["label_coverage"])
    facts = [
        escape(f"{row['task']} model"),
        f"version {row['version']}",
        f"owner {escape(row['owner'])}" if row["owner"] else "no owner named",
        f"one batch a {escape(row['cadence'])}",
    ]
    if row["rows"]:
        labels = f"labels for {coverage:.0%} of" if coverage else "no labels yet for"
        facts += [
            f"data to {times.last_day(row['last_ends_at'])}",
            f"scored {times.age(row['last_scored_at'])}",
            f"{labels} {count(row['rows'])} rows",
        ]
    st.caption(" · ".join(facts))
    if row["open_incidents"]:
        st.markdown(parts.words(row["why"]))


def lines(subject: Subject) -> None:
    """One verdict line each for performance, fairness, drift, data quality, and all batches."""
    judged = data.measurements(subject.model, batch=subject.labelled, metrics=OF_ANSWERS)
    latest = data.measurements(subject.model, batch=subject.latest, metrics=OF_ROWS)
    with st.container(border=True, gap="xsmall"):
        verdict, said = _performance(subject.row, judged)
        foreseen = estimated.sentence(latest, subject.row["metric"])
        _line("performance", verdict, f"{said} {foreseen}".rstrip())
        _line("fairness", *_fairness(judged))
        _line("drift", *_drift(latest))
        _line("quality", *_quality(latest))
        _line("evidence", *evidence.line(latest))


def _line(section: str, verdict: object, said: str) -> None:
    first, second = st.columns([2.4, 9], vertical_alignment="center")
    with first.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{TITLES[section]}**", width=105)
        parts.badge(verdict if parts.known(verdict) else Verdict.NOT_ENOUGH_DATA.value)
    second.markdown(said)


def _performance(row: Any, judged: pd.DataFrame) -> tuple[object, str]:
    name = row["metric"]
    found = judged[(judged["metric"] == name) & (judged["attribute"] == "")]
    if not isinstance(name, str) or not judged[judged["metric"] == "label_coverage"]["value"].any():
        return None, "No labels have arrived, so nothing is certain about how right it is."
    if found.empty:
        return None, f"{METRICS[name].title} could not be measured in the last batch with labels."
    return found.iloc[0]["verdict"], say(found.iloc[0], judged)


def _fairness(judged: pd.DataFrame) -> tuple[object, str]:
    rows = _of_family(judged, "fairness")
    return _worst(rows[rows["group"] != ""], judged, "No sensitive feature is compared yet.")


def _drift(latest: pd.DataFrame) -> tuple[object, str]:
    """What the newest batch says, be it that it is too small to say anything."""
    whole = latest[latest["metric"] == "drifted_columns"]
    psi = latest[(latest["metric"] == "psi") & latest["value"].notna()]
    weighed = set(latest[latest["metric"] == "importance"]["feature"])
    psi = psi[psi["feature"].isin(weighed)] if weighed else psi
    if whole.empty or psi.empty:
        return None, "There is no reference to compare with yet."
    drifted = parts.number(whole["value"].iloc[0])
    if drifted is None:
        return whole["verdict"].iloc[0], escape(whole["reason"].iloc[0])
    top = largest(psi, psi["value"])
    most = f"{escape(top['feature'])}, PSI {format_value('psi', float(top['value']))}"
    said = f"{int(drifted)} of {len(psi)} columns drifted{_held(latest)}; most of all {most}"
    return whole["verdict"].iloc[0], f"{said} (n = {count(top['n'])})."


def _held(latest: pd.DataFrame) -> str:
    """How much of the importance has drifted, where it is known and any has."""
    rows = latest[latest["metric"] == "drifted_importance"]["value"]
    held = parts.number(rows.iloc[0]) if len(rows) else None
    shown = format_value("drifted_importance", held)
    return f", which hold {shown} of the importance" if held else ""


def _quality(latest: pd.DataFrame) -> tuple[object, str]:
    rows = _of_family(latest, "quality")
    return _worst(rows, latest, "No batch has been looked at yet.")


def _of_family(frame: pd.DataFrame, family: str) -> pd.DataFrame:
    mine = [name in METRICS and METRICS[name].family == family for name in frame["metric"]]
    return frame[pd.Series(mine, index=frame.index, dtype=bool)]


def _worst(rows: pd.DataFrame, among: pd.DataFrame, nothing: str) -> tuple[object, str]:
    worst = worst_of(rows)
    if worst is None:
        return None, nothing
    if worst["verdict"] == Verdict.HEALTHY:
        verdicts = rows["verdict"].value_counts()
        little = int(verdicts.get(Verdict.NOT_ENOUGH_DATA, 0))
        also = f"; for {little} more there is not enough data" if little else ""
        return worst["verdict"], f"None of {verdicts.sum() - little} limits is broken{also}."
    return worst["verdict"], say(worst, among)


def worst_of(rows: pd.DataFrame) -> Any:
    """The judged row with the worst verdict; None where nothing was judged."""
    ranks = [Verdict(v).rank if parts.known(v) else -1 for v in rows["verdict"]]
    return rows.iloc[ranks.index(max(ranks))] if max(ranks, default=-1) >= 0 else None


def section_picker(view: View) -> None:
    parts.picker(
        "Section",
        SECTIONS,
        field="section",
        chosen=view.section,
        words=TITLES.__getitem__,
        label_visibility="collapsed",
    )
