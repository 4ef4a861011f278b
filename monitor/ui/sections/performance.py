"""How right the model is: over time, by class, by promised probability, metric by metric."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.alerts.words import sentence
from monitor.charts import confusion, curves, foreseen, residuals, trend
from monitor.charts.evidence import WHOLE
from monitor.charts.records import records
from monitor.charts.words import period
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import ESTIMATED, REALISED
from monitor.measures.wording import format_interval, format_value
from monitor.terms import Task
from monitor.ui import current, data, kept, parts
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import measurement
from monitor.ui.view import choose


def show(subject: Subject) -> None:
    judged = data.measurements(subject.model, batch=subject.labelled, feature="")
    rows = current.known(("measured", subject.model), lambda: metrics_of(judged))
    if rows["value"].notna().any():
        _with_labels(subject, rows)
    else:
        _without_labels(subject, judged, rows)


def _with_labels(subject: Subject, rows: pd.DataFrame) -> None:
    with st.container(horizontal=True):
        metric = _pick_metric(subject, rows["metric"].tolist())
        batch = subject.pick_batch(default=subject.labelled)
    st.caption(METRICS[metric].words)
    _over_time(subject, metric)
    left, right = st.columns(2)
    with left:
        kept.drawn(("mistakes", subject.model, batch), lambda: _mistakes(subject, batch))
    frame = data.measurements(subject.model, batch=batch, feature="")
    of_class = frame[frame["attribute"] == "class"]
    with right:
        if subject.row["task"] == Task.BINARY:
            _curve(subject, batch)
        elif subject.row["task"] == Task.MULTICLASS:
            _curve_of_class(subject, batch, of_class)
    if subject.row["task"] == Task.MULTICLASS:
        kept.drawn(("classes", subject.model, batch), lambda: _classes(of_class))
    kept.drawn(("every metric", subject.model, batch), lambda: _every_metric(frame))


def _without_labels(subject: Subject, newest: pd.DataFrame, rows: pd.DataFrame) -> None:
    """The next step, and what can be estimated meanwhile."""
    expected = set(estimated.names(newest))
    names = [name for name in rows["metric"] if name in expected]
    parts.nothing_yet(
        "No labels yet" + (": what follows is estimated" if names else ""),
        f"Upload labels for {escape(subject.model)} on the Batches page, or run "
        f"`fairwatch labels add`: each is joined to its prediction by row id. "
        f"{escape(estimated.why_not(newest))}",
    )
    if not names:
        return
    with st.container(horizontal=True):
        metric = _pick_metric(subject, names)
        batch = subject.pick_batch(default=subject.latest)
    st.caption(METRICS[f"{ESTIMATED}{metric}"].words)
    _over_time(subject, metric)
    _every_metric(data.measurements(subject.model, batch=batch, feature=""))


def _every_metric(frame: pd.DataFrame) -> None:
    st.header("Every metric")
    rows = metrics_of(frame)
    table = estimated.beside(metric_table(rows), rows["metric"].tolist(), frame)
    parts.table(table, "Every metric of this batch.", key="metrics")
    reason = estimated.why_not(frame)
    if reason:
        st.caption(f"Estimates: {escape(reason)}")


def metrics_of(frame: pd.DataFrame) -> pd.DataFrame:
    """What is said about the whole model's rightness; coverage is not a quality of the model."""
    mine = [name in METRICS and METRICS[name].family == "performance" for name in frame["metric"]]
    whole = (frame["attribute"] == "") & (frame["feature"] == "")
    return frame[
        pd.Series(mine, index=frame.index, dtype=bool)
        & whole
        & (frame["metric"] != "label_coverage")
    ]


def _pick_metric(subject: Subject, names: list[str]) -> str:
    asked, default = (
        str(name).removeprefix(REALISED).removeprefix(ESTIMATED)
        for name in (subject.view.metric, subject.row["metric"])
    )
    metric = choose(asked, names, default)
    parts.picker(
        "Metric",
        names,
        field="metric",
        chosen=metric,
        words=lambda name: METRICS[name].title,
        drawn=st.selectbox,
    )
    return metric


def _over_time(subject: Subject, metric: str) -> None:
    kept.drawn(
        ("a metric over time", subject.model, subject.between, metric),
        lambda: _followed(subject, metric),
    )


def _followed(subject: Subject, metric: str) -> None:
    frame = data.measurements(
        subject.model,
        metrics=(metric, f"{ESTIMATED}{metric}", f"{REALISED}{metric}", "label_coverage", WHOLE),
        feature="",
        attribute="",
        between=subject.between,
    )
    series, expected, beyond, coverage = (
        frame[frame["metric"] == name]
        for name in (metric, f"{ESTIMATED}{metric}", f"{REALISED}{metric}", "label_coverage")
    )
    if series.empty:
        parts.nothing_yet("Nothing in this window", "Choose a longer one above.")
        return
    figure = trend.figure(series, coverage=coverage, estimated=expected, evidence=frame)
    also = f" {foreseen.describe(expected)}" if len(expected) else ""
    parts.chart(figure, f"{trend.describe(series)}{also}", key="trend")
    _beyond(beyond)


def _beyond(rows: pd.DataFrame) -> None:
    """What the newest labels say that their scores did not promise."""
    known = rows[rows["value"].notna()]
    if known.empty:
        return
    last = known.iloc[-1]
    said = sentence(measurement(last)).rstrip(".")
    st.caption(
        f"{escape(said)} in {period(last)}: the part that a shift of inputs does not explain.",
        help=METRICS[str(last["metric"])].words,
    )


def _mistakes(subject: Subject, batch: str) -> None:
    if subject.row["task"] == Task.REGRESSION:
        _residuals(subject, batch)
        return
    st.header("Right and wrong")
    cells = data.confusion(subject.model, batch=batch)
    if cells.empty:
        st.caption("No labels for this batch yet.")
        return
    parts.chart(confusion.figure(cells), confusion.describe(cells), key="confusion")


def _residuals(subject: Subject, batch: str) -> None:
    st.header("Truth minus prediction")
    frame = data.measurements(subject.model, batch=batch, feature="", attribute="")
    rows = frame[frame["metric"].isin(residuals.NAMES) & frame["value"].notna()]
    if len(rows) < len(residuals.NAMES):
        st.caption("No labels for this batch yet.")
        return
    parts.chart(residuals.figure(rows), residuals.describe(rows), key="residuals")


def _curve_of_class(subject: Subject, batch: str, rows: pd.DataFrame) -> None:
    scored = rows[(rows["metric"] == "roc_auc")]["group"]
    classes = [str(label) for label in dict.fromkeys(scored)]
    if classes:
        _curve(subject, batch, classes=classes)


def _curve(subject: Subject, batch: str, *, classes: list[str] | None = None) -> None:
    st.header("How far scores can be trusted")
    label = st.selectbox("Class", classes, key="curve_class") if classes else ""
    kind = st.segmented_control(
        "Curve", ["Calibration", "ROC"], default="Calibration", required=True, key="curve",
        label_visibility="collapsed",
    )  # fmt: skip
    kept.drawn(
        ("curve", subject.model, batch, kind, label),
        lambda: _curved(subject, batch, kind=kind, label=label),
    )


def _curved(subject: Subject, batch: str, *, kind: str, label: str) -> None:
    if kind == "ROC":
        frame = data.roc(subject.model, batch=batch, label=label)
        draw, describe = curves.roc, curves.describe_roc
    else:
        frame = data.calibration(subject.model, batch=batch, label=label)
        draw, describe = curves.calibration, curves.describe_calibration
    if frame.empty:
        st.caption("No scores with labels in this batch.")
        return
    parts.chart(draw(frame), describe(frame), key="curve_chart")


def _classes(rows: pd.DataFrame) -> None:
    st.header("Class by class")
    if rows.empty:
        st.caption("No labels for this batch yet.")
        return
    values = rows.pivot_table(index="group", columns="metric", values="value", sort=False)
    said = {
        METRICS[name].title: [format_value(str(name), parts.number(v)) for v in values[name]]
        for name in values.columns
        if name in METRICS
    }
    shown = pd.DataFrame({"Class": values.index, **said})
    parts.table(shown, "Every class of this batch, against the rest.", key="classes")


def metric_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Value, interval, rows, reference and the best constant prediction, in words."""
    said = []
    for row in records(rows):
        name = str(row["metric"])
        low, high = parts.number(row["low"]), parts.number(row["high"])
        said.append(
            {
                "Metric": METRICS[name].title if name in METRICS else name,
                "Value": format_value(name, parts.number(row["value"])),
                "95 % interval": format_interval(name, low, high),
                "n": int(row["n"]),
                "Reference": format_value(name, parts.number(row["reference"])),
                "Best constant": format_value(name, parts.number(row["baseline"])),
                "Verdict": parts.sign(row["verdict"]),
                "Why": row["reason"] or "",
            }
        )
    return pd.DataFrame(said)
