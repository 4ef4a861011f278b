"""The batches of a model: what arrived, what became of it, what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts.words import period
from monitor.terms import JobStatus, Role
from monitor.ui import actions, current, data, deleted_rows, links, parts, times
from monitor.ui.markdown import escape

LEAF: Final = 100  # batches in the table at once
MOST_FAILED: Final = 5  # jobs that are told one by one


def show(model: str, batches: pd.DataFrame) -> None:
    """Newest first; a click on Open shows the batch on the model's page."""
    records, failed, labels = current.known(("received", model), lambda: _parted(batches))
    _failed(failed)
    records = _leafed(records)
    ids = tuple(records["id"].tolist())
    shown = current.known(
        ("received", ids, times.zone().key), lambda: parts.dry(_table(records, ids))
    )
    parts.table(
        shown, f"{len(records)} batches, newest first.", key="batches", column_config=_columns()
    )
    click = st.session_state.get("open_batch")
    if click is not None:
        links.go("model", model=model, batch=records["name"].iloc[click["row"]], section="drift")
    _labels(labels)
    _delete(model, batches)


def _parted(batches: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records, the newest that failed, and the newest label files; not to be changed."""
    records = batches[batches["role"] == Role.RECORDS].reset_index(drop=True)
    failed = batches[batches["job_status"] == JobStatus.FAILED].head(MOST_FAILED)
    return records, failed, batches[batches["role"] == Role.LABELS].head(LEAF)


def _table(records: pd.DataFrame, ids: tuple[int, ...]) -> pd.DataFrame:
    notes = data.notes(ids)
    return pd.DataFrame([_row(row, notes[row["id"]]) for row in records.to_dict("records")])


def _leafed(records: pd.DataFrame) -> pd.DataFrame:
    """Those of one leaf, which is chosen where there are several."""
    if len(records) <= LEAF:
        return records
    leaves = {
        f"{s + 1:,} to {min(s + LEAF, len(records)):,}": s for s in range(0, len(records), LEAF)
    }
    shown = st.selectbox(
        f"Of {len(records):,} batches, newest first",
        list(leaves),
        key="leaf",
        width=parts.SELECT_WIDTH,
    )
    return records.iloc[leaves[shown] :].head(LEAF).reset_index(drop=True)


def _row(row: Any, notes: Mapping[str, Any]) -> dict[str, object]:
    return {
        "Verdict": parts.sign(row["verdict"]) if row["scored"] else _waiting(row),
        "Batch": row["name"],
        "Period": period(row),
        "Rows": int(row["rows"]),
        "Labels": parts.number(row["label_coverage"]) or 0.0,
        "Took": times.took(parts.number(row["seconds"])),
        "Came by": row["source"],
        "Received": times.moment(row["received_at"]),
        "sha256": str(row["sha256"])[:12],
        "Notes": "; ".join(_notes(row, notes)),
        "open": "Open" if row["scored"] else "",
    }


def _notes(row: Any, notes: Mapping[str, Any]) -> list[str]:
    found = notes.get("findings", [])[:3]
    return [note for note in (deleted_rows.said_of(row["rows_deleted_at"], notes), *found) if note]


def _waiting(row: Any) -> str:
    words = {
        JobStatus.QUEUED: "… waiting",
        JobStatus.RUNNING: "… being scored",
        JobStatus.FAILED: "✗ not scored",
    }
    return words.get(row["job_status"], "–")


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Verdict": config.TextColumn(width=130),
        "Labels": config.ProgressColumn(width=90, format="percent", min_value=0, max_value=1),
        "Notes": config.TextColumn(width=260),
        "open": config.ButtonColumn("Look", width=70, type="tertiary", key="open_batch"),
    }


def _failed(failed: pd.DataFrame) -> None:
    """Each failed job with its one sentence and a way to try again."""
    for row in failed.to_dict("records"):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.badge("Not scored", icon=":material/error:", color="red")
            st.markdown(
                f"**{escape(row['name'])}** {parts.words(row['job_error'])}", width="stretch"
            )
            if st.button("Try again", key=f"retry_{row['id']}"):
                actions.retry(int(row["job_id"]))
                st.rerun()


def _labels(files: pd.DataFrame) -> None:
    if files.empty:
        return
    st.header("Label files")
    notes = data.notes(tuple(files["id"].tolist()))
    shown = pd.DataFrame([_label_row(row, notes[row["id"]]) for row in files.to_dict("records")])
    parts.table(shown, f"The newest {len(shown)} label files.", key="label_files")


def _label_row(row: Any, notes: Mapping[str, Any]) -> dict[str, object]:
    return {
        "File": row["file_name"],
        "Received": times.moment(row["received_at"]),
        "Labels": notes.get("labels", int(row["rows"])),
        "Joined": notes.get("matched"),
        "No such row": notes.get("unmatched"),
        "Id came again": notes.get("duplicate_ids"),
        "Batches touched": len(notes.get("batches", [])),
        "Status": row["job_status"],
        "Notes": deleted_rows.said_of(row["rows_deleted_at"], notes),
    }


def _delete(model: str, batches: pd.DataFrame) -> None:
    with st.expander("Delete a batch"):
        st.caption("Its measurements go with it; open incidents stay until the next batch.")
        ids = current.known(
            ("names", model),
            lambda: dict(zip(batches["id"].astype(int), batches["name"].astype(str), strict=True)),
        )
        batch = st.selectbox("Batch", list(ids), format_func=ids.__getitem__, key="delete_which")
        if st.button("Delete for good", key="delete", disabled=batch is None):
            actions.delete_batch(int(batch))
            st.rerun()
