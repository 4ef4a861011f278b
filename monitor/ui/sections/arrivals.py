"""Bringing rows or labels in: choose a file, see what it is, send it, watch it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from monitor.charts.words import count
from monitor.errors import FairwatchError
from monitor.terms import JobStatus
from monitor.ui import actions, data, errors, links, parts, times
from monitor.ui.markdown import escape
from monitor.ui.sections import live
from monitor.ui.sections.register import REGISTERED

if TYPE_CHECKING:
    from monitor.jobs.examine import Examination
    from monitor.jobs.intake import Receipt

KINDS: Final = ("rows to score", "late labels")
FORMATS: Final = ("csv", "gz", "tsv", "txt", "parquet", "jsonl", "ndjson", "json", "xlsx")
RECEIVED: Final = "received"


def registered() -> None:
    """What was just registered, and what comes next."""
    if REGISTERED in st.session_state:
        sentence, notes = st.session_state.pop(REGISTERED)
        lines = "".join(f"\n- {escape(note)}" for note in notes)
        st.success(f"**{escape(sentence)}** Now upload its first batch.{lines}")


def upload(model: str) -> None:
    """Upload, contract check, and only then the button that scores."""
    kind = st.segmented_control(
        "What is in the file", KINDS, default=KINDS[0], required=True, key="upload_kind",
        format_func=str.capitalize,
    )  # fmt: skip
    late = kind == KINDS[1]
    file = st.file_uploader(
        "File with row ids and labels" if late else "File with rows",
        type=list(FORMATS),
        key=f"file_{st.session_state.get('uploads', 0)}",
        help="CSV (gzip too), Parquet, JSON lines or Excel, up to 200 MB; larger ones from the "
        "command line.",
    )
    if file is None:
        return
    try:
        with st.spinner("Reading the file and holding it against the contract …"):
            seen = _examined(model, file, late_labels=late)
    except FairwatchError as error:
        errors.show(error)
        return
    _check(seen)
    if not seen.report.fatal and not seen.repeated:
        _send(model, file, seen, late_labels=late)


def _examined(model: str, file: Any, *, late_labels: bool) -> Examination:
    """Once a file, not once a rerun."""
    key = (model, file.file_id, late_labels)
    known = st.session_state.get("examined")
    if known is None or known[0] != key:
        known = (key, actions.examine(model, file, late_labels=late_labels))
        st.session_state["examined"] = known
    seen: Examination = known[1]
    return seen


def _check(seen: Examination) -> None:
    """What was found, column by column, before anything is scored."""
    if seen.repeated:
        st.info(
            f"These rows were received before, as {escape(seen.repeated[0])}: they are never "
            "counted twice.",
            icon=":material/content_copy:",
        )
        return
    fatal, notes = len(seen.report.fatal), len(seen.report.notes)
    size = f"{count(seen.rows)} rows, {len(seen.columns)} columns"
    if fatal:
        st.error(
            f"**Refused, nothing was scored.** {escape(seen.report.sentence)}",
            icon=":material/block:",
        )
    elif notes:
        st.warning(
            f"{size}: it can be scored; {notes} things to know below become data-quality numbers.",
            icon=":material/rule:",
        )
    else:
        st.success(f"{size}: every column is as the reference promised.", icon=":material/check:")
    _findings(seen)


def _findings(seen: Examination) -> None:
    found = {f.column for f in (*seen.report.fatal, *seen.report.notes)}
    rows = [
        {
            "Column": f.column or "the whole file",
            "Check": "✗ refused" if f.level == "fatal" else "▲ noted",
            "Found": f.found,
            "Wanted": f.wanted,
            "What to do": f.todo,
        }
        for f in (*seen.report.fatal, *seen.report.notes)
    ]
    rows += [
        {"Column": name, "Check": "✓ as promised", "Found": "", "Wanted": "", "What to do": ""}
        for name in seen.columns
        if name not in found
    ]
    with st.expander("The contract check, column by column", expanded=bool(found)):
        parts.table(
            pd.DataFrame(rows),
            "The contract check, column by column.",
            key="check",
            column_config={
                "Column": st.column_config.TextColumn(width=130),
                "Check": st.column_config.TextColumn(width=110),
                "Found": st.column_config.TextColumn(width=240),
            },
        )


def _send(model: str, file: Any, seen: Examination, *, late_labels: bool) -> None:
    if late_labels:
        if st.button(f"Join {count(seen.rows)} labels", type="primary", key="send"):
            _sent(actions.receive_labels(model, file))
        return
    name, period = "", None
    if len(seen.periods) > 1:
        first, last = next(iter(seen.periods)), list(seen.periods)[-1]
        st.markdown(
            f"Its timestamps span {len(seen.periods)} periods, {times.day(first.starts_at)} to "
            f"{times.last_day(last.ends_at)}: each becomes a batch{_known(seen)}."
        )
    else:
        name = st.text_input("Name of the batch", placeholder=file.name, key="batch_name")
    if not seen.periods:
        period = _ask_period()
        if period is None:
            return
    if st.button(f"Score {count(seen.rows)} rows", type="primary", key="send"):
        _sent(actions.receive(model, file, name=name, period=period))


def _known(seen: Examination) -> str:
    n = len(seen.known)
    return f" but {n} whose rows are known already" if n else ""


def _ask_period() -> tuple[Any, Any] | None:
    """Two days; the file says nothing about time, so somebody has to."""
    today = times.now().date()
    chosen = st.date_input(
        "The file has no timestamps: from which day to which day are these rows?",
        value=(today - timedelta(days=6), today),
        key="period",
    )
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        st.caption("Choose the last day too.")
        return None
    return (chosen[0], chosen[1])


def _sent(receipt: Receipt) -> None:
    st.session_state[RECEIVED] = (receipt.sentence, receipt.batches)
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    st.session_state.pop("examined", None)
    st.rerun()


def progress(model: str, batches: pd.DataFrame) -> None:
    """What runs now, and then what came of the last upload."""
    if not live.show(model) and RECEIVED in st.session_state:
        _result(model, batches)


def _result(model: str, batches: pd.DataFrame) -> None:
    sentence, names = st.session_state[RECEIVED]
    mine = batches[batches["name"].isin(names)]
    failed = mine[mine["job_status"] == JobStatus.FAILED]
    with st.container(border=True):
        st.markdown(f"**{escape(sentence.split(';')[0])}.**")
        for _, row in failed.iterrows():
            st.error(f"{escape(row['name'])}: {parts.words(row['job_error'])}")
        for _, row in mine[mine["scored"].astype(bool)].head(6).iterrows():
            with st.container(horizontal=True, vertical_alignment="center"):
                parts.badge(row["verdict"])
                st.markdown(f"{escape(row['name'])}, {count(row['rows'])} rows", width="content")
                links.link("See it", "model", model=model, batch=row["name"], section="drift")
        if st.button("Dismiss", key="dismiss", type="tertiary"):
            del st.session_state[RECEIVED]
            st.rerun()


def other_ways(model: str) -> None:
    """The template to fill in, and the same from a terminal."""
    columns = template(data.versions(model)["spec"].iloc[0])
    st.download_button(
        "Template with the columns",
        columns,
        file_name="template.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    st.caption("The same from a terminal, for files of any size:")
    quoted = model if model.isidentifier() else f'"{model}"'
    st.code(
        f"fairwatch batch add {quoted} rows.parquet --wait\n"
        f"fairwatch labels add {quoted} labels.csv --wait",
        language=None,
    )


def template(spec: dict[str, Any]) -> str:
    """One CSV line: every column that the spec names, once.

    >>> template({"columns": {"id": "row", "features": ["age"]}, "sensitive": {"sex": {}}})
    'row,age,sex\\r\\n'
    """
    columns = spec.get("columns", {})
    single = [columns.get(k) for k in ("id", "timestamp")]
    many = [*columns.get("features", []), *spec.get("sensitive", {}), *columns.get("segments", [])]
    score = columns.get("score") or {}
    scores = (
        [score]
        if isinstance(score, str)
        else list(score.values() if isinstance(score, dict) else score)
    )
    last = [columns.get(k) for k in ("prediction", "target", "weight")]
    names = dict.fromkeys(n for n in (*single, *many, *scores, *last) if n)
    line = io.StringIO()
    csv.writer(line).writerow(names)
    return line.getvalue()
