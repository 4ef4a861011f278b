"""Late labels are joined to stored predictions; nothing is scored again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from monitor.errors import BatchError
from monitor.jobs.conclude import settle
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.open_models import Runners
from monitor.jobs.register import register
from monitor.jobs.step import step
from monitor.jobs.version import Version
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Connection, Store, open_store
from monitor.store.results import decided_after
from tests.jobs.conftest import Give
from tests.jobs.loans import (
    GAP_WEEK,
    ROWS,
    csv,
    history,
    labels_of,
    loans,
    measured,
    records,
    runs,
    undone,
    without_labels,
    work_off,
)  # fmt: skip


def coverage(store: Store) -> list[float]:
    return [round(share, 4) for share in records(store)["label_coverage"]]


def joined(store: Store, name: str) -> dict[str, int]:
    table = reads.batches(store)
    notes = table[table["name"] == name].iloc[0]["notes"]
    return {key: notes[key] for key in ("labels", "matched", "unmatched", "duplicate_ids")}


def accuracy(store: Store) -> list[float]:
    table = reads.measurements(store, "loans", metric="accuracy", attribute="", batch="all")
    return list(table["value"])


def test_labels_are_joined_by_id_and_counted(store: Store, give: Give, give_labels: Give) -> None:
    frame = history(2)
    give(without_labels(frame))
    work_off(store)
    assert coverage(store) == [0, 0]
    late = labels_of(frame).iloc[: ROWS + ROWS // 2]
    strangers = pd.DataFrame({"id": ["x1", "x2", "x3"], "repaid": [1, 0, 1]})
    give_labels(pd.concat([late, late.head(5), strangers]))
    work_off(store)
    assert joined(store, "labels") == {
        "labels": 603, "matched": 600, "unmatched": 3, "duplicate_ids": 5,
    }  # fmt: skip
    assert coverage(store) == [1, 0.5]


def test_labels_that_have_not_come_have_no_shape(store: Store, give: Give) -> None:
    give(without_labels(loans()))
    work_off(store)
    (batch,) = records(store)["name"]
    shapes = [reads.distribution(store, "loans", batch=batch, feature=f) for f in ("job", "target")]
    assert [shape.empty for shape in shapes] == [False, True]


def test_nothing_is_scored_again(store: Store, give: Give, give_labels: Give) -> None:
    frame = history(3)
    give(without_labels(frame))
    work_off(store)
    before = runs(store)
    give_labels(labels_of(frame))
    work_off(store)
    pd.testing.assert_frame_equal(runs(store), before)


def test_late_labels_give_what_labels_in_the_batch_give(
    store: Store, give: Give, give_labels: Give, kept, tmp_path
) -> None:
    frame = history()
    give(without_labels(frame))
    work_off(store)
    give_labels(labels_of(frame).sample(frac=1, random_state=4))
    work_off(store)
    other = sibling(kept, tmp_path / "other")
    receive(other, "loans", csv(frame, tmp_path / "f.csv"), name="f.csv", source="test")
    work_off(other)
    assert undone(store) == []
    pd.testing.assert_frame_equal(measured(store), measured(other))
    assert told(store) == told(other)


def sibling(kept, home) -> Store:
    import shutil

    shutil.copytree(kept / "home", home)
    return open_store(Settings(home=home, database_url=""))


def told(store: Store) -> set[tuple[str, str, str, str]]:
    table = reads.incidents(store)
    return {
        (row.metric, row.attribute, row.state, f"{row.value:.9f}") for row in table.itertuples()
    }


def test_labels_file_after_file_add_up(store: Store, give: Give, give_labels: Give) -> None:
    frame = loans()
    give(without_labels(frame))
    work_off(store)
    give_labels(labels_of(frame).iloc[:100], "monday.csv")
    give_labels(labels_of(frame).iloc[100:250], "tuesday.csv")
    work_off(store)
    assert coverage(store) == [0.625]
    assert reads.measurements(store, "loans", metric="accuracy")["n"].iloc[0] == 250


def test_a_corrected_label_wins(store: Store, give: Give, give_labels: Give) -> None:
    frame = loans()
    give(without_labels(frame))
    give_labels(labels_of(frame.assign(repaid=1 - frame["answer"])), "wrong.csv")
    work_off(store)
    assert accuracy(store) == [0]
    give_labels(labels_of(frame.assign(repaid=frame["answer"])), "right.csv")
    work_off(store)
    assert accuracy(store) == [1]
    assert coverage(store) == [1]


def test_a_late_label_corrects_one_that_came_with_the_batch(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans()
    give(frame.assign(repaid=1 - frame["answer"]))
    give_labels(labels_of(frame.assign(repaid=frame["answer"])).head(100))
    work_off(store)
    assert accuracy(store) == [0.25]


def test_labels_before_their_batch_are_joined_when_it_comes(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = history(3)
    give(without_labels(loans(week=1)), "first.csv")
    give_labels(labels_of(frame))
    work_off(store)
    assert joined(store, "labels")["unmatched"] == 2 * ROWS
    give(without_labels(frame.iloc[ROWS:]), "rest.csv")
    work_off(store)
    assert undone(store) == []
    assert coverage(store) == [1, 1, 1]
    assert joined(store, "labels")["unmatched"] == 0


def test_an_old_file_joined_again_does_not_undo_a_correction(
    store: Store, give: Give, give_labels: Give
) -> None:
    first, second = loans(week=1), loans(week=2)
    give(without_labels(first), "first.csv")
    wrong = pd.concat([first, second])
    give_labels(labels_of(wrong.assign(repaid=1 - wrong["answer"])), "old.csv")
    work_off(store)
    give_labels(labels_of(first.assign(repaid=first["answer"])), "new.csv")
    work_off(store)
    assert accuracy(store) == [1]
    give(without_labels(second), "second.csv")  # the old file has labels for it as well
    work_off(store)
    assert accuracy(store) == [1, 0]


def test_labels_that_match_nothing_are_kept_and_counted(
    store: Store, give: Give, give_labels: Give
) -> None:
    give(without_labels(loans()))
    give_labels(pd.DataFrame({"id": ["nobody"], "repaid": [1]}))
    work_off(store)
    assert undone(store) == []
    assert joined(store, "labels")["unmatched"] == 1
    assert coverage(store) == [0]


def test_a_few_strangers_do_not_make_every_batch_join_every_file_again(
    store: Store, give: Give, give_labels: Give
) -> None:
    give(without_labels(loans(week=1)), "1.csv")
    give_labels(pd.DataFrame({"id": ["nobody"], "repaid": [1]}))
    work_off(store)
    give(without_labels(history(6).iloc[ROWS:]), "rest.csv")
    work_off(store)
    jobs = reads.jobs(store)
    assert len(jobs[jobs["kind"] == "labels"]) <= 2


def test_numeric_ids_match_however_they_were_written(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans().assign(id=range(ROWS))
    give(without_labels(frame))
    give_labels(labels_of(frame).astype({"id": float}))
    work_off(store)
    assert coverage(store) == [1]


def test_incidents_are_revised_when_labels_come(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans(3000, week=GAP_WEEK)
    half = frame["repaid"].mask(frame.index % 2 == 0)
    give(frame.assign(repaid=half))
    work_off(store)
    before = reads.incidents(store)
    about = before[before["metric"].str.startswith("equal")]
    assert len(about)
    give_labels(labels_of(frame))
    work_off(store)
    after = reads.incidents(store)
    assert set(after["id"]) >= set(before["id"])
    for row in about.itertuples():
        events = reads.incident_events(store, row.id)
        assert list(events["kind"])[:2] == ["opened", "revised"]
        assert "Revised by late labels" in events["sentence"].iloc[1]
        assert after.set_index("id").loc[row.id, "n"] > row.n


def test_what_later_batches_decided_is_asked_once_and_true_of_every_batch(
    store: Store, give: Give, give_labels: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked of each batch again, it took time that grew with the square of their number."""
    asked, told = [], []

    def ask(connection: Connection, version_id: int, starts_at: datetime) -> object:
        asked.append(starts_at)
        return decided_after(connection, version_id, starts_at)

    def look(connection: Connection, version: Version, batch: Any, *rest: Any, **more: Any) -> None:
        told.append({key for key, at in more["decided"].items() if at > batch.starts_at})
        assert told[-1] == set(decided_after(connection, version.id, batch.starts_at))
        settle(connection, version, batch, *rest, **more)

    frame = history(GAP_WEEK + 1)
    give(without_labels(frame))
    work_off(store)
    give_labels(labels_of(frame[frame.index % 3 > 0]), "some.csv")
    work_off(store)
    give_labels(labels_of(frame), "all.csv")
    monkeypatch.setattr("monitor.store.results.decided_after", ask)
    monkeypatch.setattr("monitor.jobs.conclude.settle", look)
    monkeypatch.setattr("monitor.jobs.sequence.settle", look)
    with Runners(store) as runners:
        step(store, "test", runners)
    assert len(asked) == 2  # of batches alone, and of what they say together
    assert len(told) == 2 * (GAP_WEEK + 1)
    assert all(told[:GAP_WEEK])


def test_labels_of_a_regression_are_numbers(store: Store, tmp_path) -> None:
    table = {
        "name": "costs", "task": "regression",
        "columns": {"id": "id", "target": "cost", "prediction": "guess", "features": ["age"]},
        "reference": {"file": "reference.csv"},
    }  # fmt: skip
    frame = loans(300)[["id", "age"]].assign(guess=range(300), cost=[k + 2.5 for k in range(300)])
    csv(frame, tmp_path / "reference.csv")
    register(store, parse_spec(table, folder=tmp_path), who="test")
    bare = csv(frame.drop(columns="cost").assign(), tmp_path / "b.csv")
    receive(store, "costs", bare, name="b.csv", source="test")
    late = csv(frame[["id", "cost"]], tmp_path / "l.csv")
    receive_labels(store, "costs", late, name="l.csv", source="test")
    work_off(store)
    assert undone(store) == []
    found = reads.measurements(store, "costs", metric="mean_absolute_error", attribute="")
    assert found["value"].iloc[0] == pytest.approx(2.5)


def test_a_model_without_ids_says_what_labels_need(store: Store, tmp_path) -> None:
    table = {
        "name": "noid", "task": "binary",
        "columns": {"target": "repaid", "prediction": "answer", "features": ["age"]},
        "outcome": {"positive": "1"},
        "reference": {"file": "reference.csv"},
    }  # fmt: skip
    csv(loans(), tmp_path / "reference.csv")
    register(store, parse_spec(table, folder=tmp_path), who="test")
    late = csv(labels_of(loans()), tmp_path / "l.csv")
    with pytest.raises(BatchError, match=r"add id to \[columns\]"):
        receive_labels(store, "noid", late, name="l.csv", source="test")
