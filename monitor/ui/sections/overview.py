"""The overview: which model needs somebody now, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts.words import count
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_interval, format_value
from monitor.terms import Verdict
from monitor.ui import current, data, incident_words, links, parts, times
from monitor.ui.markdown import escape

TROUBLED = (Verdict.FAILING, Verdict.AT_RISK)
SPARK_POINTS = 30
SPARK_MODELS = 12  # each sparkline is a query of its own until it is cached


def headline(models: pd.DataFrame) -> None:
    """One sentence: the worst model, its cause, since when, and the way there."""
    troubled = models[models["verdict"].isin(TROUBLED)]
    if troubled.empty:
        judged = int((models["verdict"] == Verdict.HEALTHY).sum())
        st.title("Nothing needs you now")
        st.markdown(f"{judged} of {_models(len(models))} judged healthy; the rest wait for data.")
        return
    worst = troubled.iloc[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(f"{escape(worst['model'])} needs you first", width="content")
        parts.badge(worst["verdict"])
    st.markdown(parts.words(worst["why"]))
    links.link(
        f"Look at {worst['model']}", "model", icon=":material/arrow_forward:", model=worst["model"]
    )


def cards(models: pd.DataFrame) -> None:
    """Four numbers: attention, incidents, the worst gap beside its limit, rows and labels."""
    attention, incidents, gap, rows = st.columns(4)
    needing = int(models["verdict"].isin(TROUBLED).sum())
    with attention:
        _card("Models needing attention", f"{needing} of {len(models)}", "")
    with incidents:
        _card("Open incidents", f"{models['open_incidents'].sum():.0f}", "")
    with gap:
        _gap_card(models)
    total, labelled = int(models["rows"].sum()), int(models["labelled"].sum())
    share = f"labels for {labelled / total:.0%}" if total else "no rows yet"
    with rows:
        _card("Rows received", count(total), share)


def _gap_card(models: pd.DataFrame) -> None:
    title = "Worst gap between groups"
    known = models[models["gap_value"].notna()]
    if known.empty:
        _card(title, "–", "no groups compared yet")
        return
    ranks = [Verdict(v).rank if parts.known(v) else 0 for v in known["gap_verdict"]]
    worst = known.assign(rank=ranks).sort_values("rank", kind="stable").iloc[-1]
    name = str(worst["gap_metric"])
    limit = f"limit {format_value(name, parts.number(worst['gap_limit']))}"
    _card(
        title,
        format_value(name, float(worst["gap_value"])),
        f"{limit} · {escape(worst['model'])}, {escape(worst['gap_group'])}",
        help=f"{METRICS[name].title}: {METRICS[name].words}",
    )


def _card(title: str, value: str, beside: str, *, help: str | None = None) -> None:
    st.metric(
        title,
        value,
        beside or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=help,
    )


def table(models: pd.DataFrame) -> None:
    """One row a model, worst first; a click on Open leads to it."""
    shown = current.known(("overview",), lambda: parts.dry(_rows(models)))
    parts.table(
        shown,
        f"{_models(len(models))}, worst first.",
        key="models",
        row_height=44,
        column_config=_columns(),
    )
    click = st.session_state.get("open_model")
    if click is not None:
        links.go("model", model=models["model"].iloc[click["row"]])


def _rows(models: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([_row(row, place) for place, (_, row) in enumerate(models.iterrows())])


def _row(row: Any, place: int) -> dict[str, object]:
    name = row["metric"]
    has_metric = isinstance(name, str)
    return {
        "Status": parts.sign(row["verdict"]),
        "Model": row["model"],
        "open": "Open",
        "Why": row["why"] or "Within every limit.",
        "Headline": _headline_value(row) if has_metric else "–",
        "Trend": _trend(row) if has_metric and place < SPARK_MODELS else [],
        "Drifted": "–" if pd.isna(row["drifted_columns"]) else f"{row['drifted_columns']:.0f}",
        "Worst gap": _gap(row),
        "Labels": parts.number(row["label_coverage"]),
        "Data to": times.last_day(row["last_ends_at"]),
        "Owner": row["owner"] or "–",
    }


def _headline_value(row: Any) -> str:
    name = str(row["metric"])
    said = f"{METRICS[name].title} {format_value(name, parts.number(row['value']))}"
    if METRICS[name].family != "estimated":
        return said
    interval = format_interval(name, parts.number(row["low"]), parts.number(row["high"]))
    return f"{said} ({interval}), no labels yet"


def _trend(row: Any) -> list[float]:
    """Value over reference, so that all sparklines share one scale."""
    series = data.measurements(row["model"], metric=row["metric"], feature="", attribute="")
    values = series[series["value"].notna()].tail(SPARK_POINTS)
    base = parts.number(row["reference"]) or parts.number(values["value"].mean()) or 1.0
    return [round(float(v) / base, 4) for v in values["value"]]


def _gap(row: Any) -> str:
    if pd.isna(row["gap_value"]):
        return "–"
    value = format_value(str(row["gap_metric"]), float(row["gap_value"]))
    return f"{row['gap_group']}: {value}, {METRICS[row['gap_metric']].title.lower()}"


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Status": config.TextColumn(width=125),
        "Model": config.TextColumn(width=110),
        "Why": config.TextColumn(width=280),
        "Headline": config.TextColumn(width=140, help="The metric its owner named first."),
        "Trend": config.LineChartColumn(
            width=100,
            y_min=0.8,
            y_max=1.2,
            help="The headline metric over its reference value; all on one scale, 0.8 to 1.2.",
        ),
        "Drifted": config.TextColumn(width=70, help=METRICS["drifted_columns"].words),
        "Worst gap": config.TextColumn(width=230),
        "Labels": config.ProgressColumn(
            width=95,
            format="percent",
            min_value=0,
            max_value=1,
            help=METRICS["label_coverage"].words,
        ),
        "Data to": config.TextColumn(width=95),
        "Owner": config.TextColumn(width=80),
        "open": config.ButtonColumn("Look", width=65, type="tertiary", key="open_model"),
    }


def latest_incidents(incidents: pd.DataFrame) -> None:
    """What opened or was resolved last."""
    st.header("Latest incidents")
    if incidents.empty:
        st.caption("None so far.")
        return
    newest = incidents.sort_values("opened_at", ascending=False, kind="stable").head(5)
    for row in newest.to_dict("records"):
        state, what, way = st.columns([2, 9, 1], vertical_alignment="center")
        state.markdown(incident_words.state_text(row))
        what.markdown(f"**{escape(row['model'])}** {incident_words.brief(row)}")
        with way:
            links.link("See it", "alerts", incident=int(row["id"]))


def _models(n: int) -> str:
    return "1 model" if n == 1 else f"{n} models"
