"""Rows are kept for a time, and what was counted of them for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select

from monitor.errors import FairwatchError, PassingFault, RowsDeleted
from monitor.jobs.doctor import _files
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.labels import attach
from monitor.jobs.open_models import Runners
from monitor.jobs.report import report
from monitor.jobs.retention import files_behind, is_passing, look_out
from monitor.jobs.sample import sample_of
from monitor.jobs.score import score
from monitor.jobs.step import step
from monitor.jobs.sweeping import sweep
from monitor.jobs.version import champion_of
from monitor.reports.evidently import Made
from monitor.store import queue, reads, reports, retention, rows, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.row_files import used_files
from monitor.terms import JobKind, Stage
from tests.jobs.loans import (
    FEW,
    csv,
    history,
    labels_of,
    loans,
    measured,
    records,
    together,
    undone,
    without_labels,
    work_off,
)

DAYS = 90
BATCHES = 4  # two weeks of rows, two files of labels


def later(store: Store, days: float = DAYS + 1) -> datetime:
    return store.now() + timedelta(days=days)


def expire(store: Store, now: datetime) -> int:
    """Looks out and does the jobs that are due then; how many."""
    look_out(store, now=now)
    with Runners(store) as runners:
        done = 0
        while step(store, "test", runners, clock=lambda: now):
            done += 1
    return done


def used(store: Store) -> set[str]:
    with store.read() as connection:
        return used_files(connection)


def test_rows_go_when_their_time_is_over_and_numbers_stay(full: Store):
    before, said = measured(full), together(full)
    assert expire(full, later(full, DAYS - 1)) == 0
    sweep(full, now=later(full))  # labels that were joined before others came
    assert set(full.files.names()) == used(full)

    assert expire(full, later(full)) == BATCHES

    with full.read() as connection:
        facts = rows.versions(connection, 1)[0].facts
    reference = {facts["reference_sha256"], facts["reference_predictions_sha256"]}
    assert set(full.files.names()) == used(full) == reference
    pd.testing.assert_frame_equal(measured(full), before)
    pd.testing.assert_frame_equal(together(full), said)
    assert undone(full) == []
    assert expire(full, later(full, 2 * DAYS)) == 0


def test_every_reader_of_rows_says_when_and_why_they_were_deleted(full: Store):
    now = later(full)
    expire(full, now)
    with full.read() as connection:
        version = champion_of(connection, "loans")
    said = (
        rf"The rows of batch .* were deleted on {now:%d %b %Y}, because rows are kept for 90 days"
    )
    with pytest.raises(RowsDeleted, match=said):
        sample_of(full, version, 1)
    reports.request(full, "loans", batch=records(full)["name"][0], now=now)
    with Runners(full) as runners:
        step(full, "test", runners, clock=lambda: now)
    assert "were deleted on" in undone(full)[0]
    assert [finding.ok for finding in _files(full)] == [True]


def test_rows_that_went_are_known_again_and_labels_find_none(full: Store, tmp_path: Path):
    expire(full, later(full))
    before, frame = measured(full), history(2, rows=FEW)
    path = csv(without_labels(frame), tmp_path / "again.csv")
    assert receive(full, "loans", path, name="again.csv", source="test").repeated
    path = csv(labels_of(frame).assign(repaid=1), tmp_path / "labels.csv")
    receive_labels(full, "loans", path, name="others.csv", source="test")
    assert work_off(full) == 1
    notes = reads.batches(full).set_index("file_name").loc["others.csv"]["notes"]
    assert (notes["matched"], notes["unmatched"]) == (0, 2 * FEW)
    pd.testing.assert_frame_equal(measured(full), before)


def test_a_model_may_keep_its_rows_for_another_time_or_for_ever(full: Store):
    keep = partial(retention.keep_rows, full, "loans", who="test", now=full.now())
    assert keep(0) == "Rows of loans are kept for ever."
    assert expire(full, later(full)) == 0
    assert keep(1) == "Rows of loans are kept for 1 day."
    assert look_out(full, now=later(full, 2)) == BATCHES
    assert keep(None) == "Rows of loans are kept for 90 days, as the settings say."
    assert expire(full, later(full, 2)) == BATCHES  # asked for, and not due any more
    assert reads.batches(full)["rows_deleted_at"].isna().all()
    assert expire(full, later(full)) == BATCHES
    assert reads.batches(full)["rows_deleted_at"].notna().all()


def test_the_batch_that_a_version_in_use_is_compared_with_stays(full: Store):
    with full.write() as connection:  # as if it had been registered without a file
        facts = rows.versions(connection, 1)[0].facts
        writes.describe_version(connection, 1, {"facts": {**facts, "reference_batch": 1}})
    assert expire(full, later(full)) == BATCHES - 1
    assert list(records(full)["rows_deleted_at"].isna()) == [True, False]
    with full.write() as connection:
        writes.add_version(
            connection, 1, {"spec": {}, "facts": {}}, stage=Stage.CHAMPION, now=full.now()
        )
    assert expire(full, later(full)) == 1


def test_a_file_that_two_batches_share_goes_with_the_last_of_them(full: Store):
    with full.write() as connection:  # as if the other held the very same rows
        shared = rows.batch(connection, 1).file_sha256
        rows.set_batch(connection, 2, {"file_sha256": shared, "received_at": later(full, 1)})
    expire(full, later(full, DAYS + 0.5))
    full.files.path(shared)
    expire(full, later(full, DAYS + 2))
    assert shared not in full.files.names()


def test_a_worker_killed_once_the_database_let_go_leaves_only_what_is_swept(
    full: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("monitor.jobs.retention.discard", lambda *_: None)
    expire(full, later(full))
    assert set(full.files.names()) > used(full)
    sweep(full, now=later(full))
    assert set(full.files.names()) == used(full)


@pytest.mark.parametrize("kind", [JobKind.SCORE, JobKind.LABELS, JobKind.REPORT])
def test_who_reads_rows_while_they_are_deleted_keeps_nothing_of_them(
    full: Store, kind: JobKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The job goes on with what it has read, and notices at its end."""
    _ask(full, kind, tmp_path, monkeypatch)
    job = queue.claim(full, worker="slow", now=full.now())
    assert job is not None
    assert job.kind is kind
    with full.read() as connection:
        given = files_behind(connection, job)
    deleted: list[int] = []

    def beat(_share: float) -> None:
        if not deleted:
            deleted.append(expire(full, later(full)))

    with Runners(full) as runners:
        work = {
            JobKind.SCORE: partial(score, full, job, runners),
            JobKind.LABELS: partial(attach, full, job),
            JobKind.REPORT: partial(report, full, job),
        }[kind]
        with pytest.raises(FairwatchError) as stopped:
            work(beat=beat, clock=full.now)
    known = isinstance(stopped.value, RowsDeleted | PassingFault)
    assert known or is_passing(full, stopped.value, job, given)
    assert deleted[0] >= BATCHES
    with full.read() as connection:
        named = connection.scalars(select(t.runs.c.predictions_sha256)).all()
        assert named == [None, None]
    sweep(full, now=later(full))
    assert len(full.files.names()) == 2  # the reference and what was predicted of it


def _ask(store: Store, kind: JobKind, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind is JobKind.SCORE:
        path = csv(loans(FEW, week=3), folder / "third.csv")
        receive(store, "loans", path, name="third.csv", source="test")
    elif kind is JobKind.LABELS:
        others = labels_of(history(2, rows=FEW)).assign(repaid=1)
        path = csv(others, folder / "others.csv")
        receive_labels(store, "loans", path, name="others.csv", source="test")
    else:
        monkeypatch.setattr("monitor.jobs.report.make", _page)
        reports.request(store, "loans", batch=records(store)["name"][0], now=store.now())


def _page(*_rows: object, folder: Path, beat: object) -> Made:
    path = folder / "page.html"
    path.write_text("of rows")
    return Made(path, "0", FEW, ())
