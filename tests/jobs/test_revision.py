"""Late labels that take an incident back, and who is told so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from monitor.clock import utc_now
from monitor.jobs.deliver import deliver_all
from monitor.store import reads, writes
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, labels_of, loans, without_labels, work_off


def add_box(store: Store, folder: Path, name: str) -> None:
    where = {"path": str(folder / name), "to": "a@example.org"}
    writes.save_channel(store, name=name, kind="folder", config=where, who="test", now=FIRST)


def told(store: Store, incident: int) -> list[tuple[str, str]]:
    deliver_all(store, clock=utc_now)
    sent = reads.deliveries(store, incident).query("status == 'sent'").iloc[::-1]
    return list(zip(sent["channel"], sent["event"], strict=True))


def test_whoever_was_told_hears_that_late_labels_take_it_back(
    store: Store, give: Give, give_labels: Give, tmp_path: Path
) -> None:
    """The labels of those whose scores say least are known first."""
    add_box(store, tmp_path, "first")
    frame = loans(3000)
    give(without_labels(frame))
    work_off(store)
    hard = frame.sort_values("chance", key=lambda chance: (chance - 0.5).abs()).head(930)
    give_labels(labels_of(pd.DataFrame(hard)), "31.csv")
    work_off(store)
    found = reads.incidents(store, state="open").set_index("metric")
    assert "roc_auc" in found.index
    incident = int(found.loc["roc_auc", "id"])
    assert told(store, incident) == [("first", "opened")]
    add_box(store, tmp_path, "second")  # never heard of it
    give_labels(labels_of(frame), "all.csv")
    work_off(store)
    events = reads.incident_events(store, incident)
    assert list(events["kind"]) == ["opened", "resolved"]
    said = events["sentence"].iloc[1]
    assert said.startswith("Resolved by late labels: 0.5")
    assert " with 31 % of the labels, 0.8" in said
    assert " with all labels. " in said
    assert told(store, incident) == [("first", "opened"), ("first", "resolved")]
