"""A person's rows are deleted wherever they are kept, and nothing else is."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, update

from monitor import cli
from monitor.errors import BatchError, PassingFault, RowsDeleted, StoreError
from monitor.jobs import forget as forgetting
from monitor.jobs.dataset_intake import receive_dataset
from monitor.jobs.forget import forget, look_for
from monitor.jobs.intake import receive
from monitor.jobs.open_models import Runners
from monitor.jobs.register import register
from monitor.jobs.row_ids import RowIds, found_in
from monitor.jobs.sample import reference_sample, sample_of
from monitor.jobs.score import score
from monitor.jobs.sweeping import sweep
from monitor.jobs.version import champion_of
from monitor.models.labels import label
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import files, queue, reads, reports, row_files, rows
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from monitor.store.row_files import used_files
from tests.databases import ONLY_SQLITE
from tests.jobs.dying import forget_and_die
from tests.jobs.loans import FEW, csv, loans, measured, records, undone, work_off
from tests.jobs.workers import CONTEXT, worker

PERSON = "w1-7"  # of the first week; its label came, and came again with those that wait
OF_REFERENCE = "r1-17"


def told(path: Path) -> str:
    """Everything that a file says, Parquet unpacked."""
    if path.read_bytes()[:4] == b"PAR1":
        with pq.ParquetFile(path) as file:
            return str(file.read().to_pydict())
    return path.read_bytes().decode("latin-1")


def everywhere(store: Store, person: str = PERSON) -> list[str]:
    """Files of the home, and tables, in which the person's id stands."""
    home = store.settings.home
    texts = [(path.name, told(path)) for path in home.rglob("*") if path.is_file()]
    with store.read() as connection:
        for table in t.metadata.sorted_tables:
            texts += [(table.name, str(tuple(row))) for row in connection.execute(select(table))]
    return [name for name, text in texts if _stands_in(text, person)]


def _stands_in(text: str, person: str) -> bool:
    return any(f"{a}{person}{b}" in text for a, b in ("''", '""', "  ", "\n,", ",,"))


@pytest.fixture
def planted(full: Store) -> Store:
    """The person stands in a job's error and in a page of Evidently's, too."""
    kept = full.settings.home / "page"
    kept.write_text(f"<td>'{PERSON}'</td>")
    page = full.files.keep(kept, suffix=reports.SUFFIX)
    kept.unlink()
    with full.write() as connection:
        said = update(t.jobs).where(t.jobs.c.id == 1)
        connection.execute(said.values(error=f"Could not read {PERSON} here."))
        reports.save(connection, 1, 1, {"sha256": page, "rows": FEW})
    return full


def test_afterwards_the_id_stands_in_no_file_and_no_table(planted: Store):
    assert len(everywhere(planted)) >= 8
    before = measured(planted)

    found = look_for(planted, "loans", [PERSON])
    assert len(everywhere(planted)) >= 8
    done = forget(planted, "loans", [PERSON], who="test")

    assert done == found
    assert [(hit.rows, hit.files) for hit in done.hits] == [(1, 2), (1, 1), (1, 1), (1, 1)]
    assert done.leftovers == 1  # labels as they were joined before others came
    assert everywhere(planted) == []
    assert look_for(planted, "loans", [PERSON]).files == 0
    pd.testing.assert_frame_equal(measured(planted), before)
    audited, batch = audit_of(planted), records(planted)["name"][0]
    assert PERSON not in str(audited)
    assert f"deleted 1 row by id from 2 files: batch {batch} of loans" in audited


def audit_of(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(t.audit.c.what)))


def test_every_other_row_stays_in_its_place(full: Store):
    with full.read() as connection:
        version = champion_of(connection, "loans")
    before = sample_of(full, version, 1)
    forget(full, "loans", [f" {PERSON} ", "nobody"], who="test")
    after = sample_of(full, version, 1)

    others = before.ids != PERSON
    assert before.total == after.total + 1 == FEW
    pd.testing.assert_frame_equal(
        after.frame, before.frame[others].reset_index(drop=True), check_dtype=True
    )
    for one in ("scores", "predicted", "actual"):
        was, is_ = getattr(before.rows, one), getattr(after.rows, one)
        assert was[others].tolist() == is_.tolist(), one


def test_the_reference_loses_its_rows_and_is_known_again(full: Store, kept: Path):
    with full.read() as connection:
        before = reference_sample(full, champion_of(connection, "loans"))
    done = forget(full, "loans", [OF_REFERENCE], who="test")
    assert [hit.title for hit in done.hits] == ["the reference of version 1"]
    with full.read() as connection:
        version = champion_of(connection, "loans")
    after = reference_sample(full, version)
    assert before is not None
    assert after is not None
    pd.testing.assert_frame_equal(
        after.frame, before.frame[before.ids != OF_REFERENCE].reset_index(drop=True)
    )
    again = register(full, read_spec(kept / "spec.toml"), who="test")
    assert again.sentence == "loans is registered like this already, as version 1."
    assert everywhere(full, OF_REFERENCE) == []


def test_a_batch_of_nobody_else_has_no_rows_any_more(full: Store):
    first = loans(FEW, week=1)["id"]
    forget(full, "loans", first, who="test")
    with full.read() as connection:
        version = champion_of(connection, "loans")
    with pytest.raises(RowsDeleted, match="because all of them were deleted by their ids"):
        sample_of(full, version, 1)
    assert everywhere(full) == []
    assert sample_of(full, version, 2).total == FEW


def test_a_batch_that_is_being_scored_is_scored_again_without_them(full: Store, tmp_path: Path):
    path = csv(loans(FEW, week=3), tmp_path / "third.csv")
    receive(full, "loans", path, name="third.csv", source="test")
    path.unlink()
    job = queue.claim(full, worker="slow", now=full.now())
    assert job is not None

    def beat(_share: float) -> None:
        forget(full, "loans", ["w3-5"], who="test")

    with Runners(full) as runners, pytest.raises(PassingFault):
        score(full, job, runners, beat=beat, clock=full.now)
    queue.give_back(full, worker="slow", now=full.now())
    work_off(full)
    assert undone(full) == []
    forget(full, "loans", ["w3-5"], who="test")  # what the first of them had kept already
    assert everywhere(full, "w3-5") == []
    with full.read() as connection:
        facts = rows.run(connection, 1, job.batch_id).facts
    assert facts["rows"] == FEW - 1


def test_of_rows_that_lie_elsewhere_only_predictions_are_ours(full: Store, tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    loans(FEW, week=3).to_parquet(folder / "part.parquet")
    receive_dataset(full, "loans", str(folder), source="test")
    work_off(full)
    done = forget(full, "loans", ["w3-5"], who="test")
    assert done.elsewhere == (f"batch theirs: {folder}",)
    assert everywhere(full, "w3-5") == []
    assert (folder / "part.parquet").exists()
    with full.read() as connection:
        version = champion_of(connection, "loans")
    with pytest.raises(BatchError, match="delete them there too"):
        sample_of(full, version, int(records(full)["id"].iloc[-1]))


class Killed(BaseException):
    """Nobody catches it."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Kills after so many steps that are ``left``; -1 is never."""
    counted = {"left": -1}

    def count() -> None:
        counted["left"] -= 1
        if counted["left"] == 0:
            raise Killed

    def hook(owner: Any, name: str) -> None:
        known = getattr(owner, name)

        def step(*what: Any, **named: Any) -> Any:
            count()
            found = known(*what, **named)
            count()
            return found

        monkeypatch.setattr(owner, name, step)

    for owner, name in STEPS:
        hook(owner, name)
    return counted


STEPS = (
    (forgetting, "write_without"),
    (files.Files, "keep"),
    (files.Files, "discard"),
    (row_files, "rename"),
    (row_files, "drop_reports"),
    (forgetting.writes, "audit"),
    (forgetting, "discard"),
    (forgetting, "sweep"),
    (row_files, "replace_errors"),
)


def test_killed_at_any_step_every_batch_can_be_read_and_the_rest_is_done_the_next_time(
    planted: Store, steps: dict[str, int]
):
    with planted.read() as connection:
        version = champion_of(connection, "loans")
    kills = 0
    while _killed(planted, steps, kills + 1):
        kills += 1
        assert {sample_of(planted, version, k).total for k in (1, 2)} <= {FEW - 1, FEW}
    assert kills > 10
    assert everywhere(planted) == []
    sweep(planted, now=planted.now() + pd.Timedelta(days=2))
    assert {name[:64] for name in planted.files.names()} == used(planted)


def _killed(store: Store, steps: dict[str, int], last: int) -> bool:
    steps["left"] = last
    try:
        forget(store, "loans", [PERSON], who="test")
    except Killed:
        return True
    finally:
        steps["left"] = -1
    return False


def used(store: Store) -> set[str]:
    with store.read() as connection:
        return used_files(connection)


@pytest.mark.slow
@ONLY_SQLITE
def test_processes_that_are_killed_leave_it_untouched_or_done(planted: Store, database: str):
    with planted.read() as connection:
        version = champion_of(connection, "loans")
    last, step, ended = 1, 2, None
    while ended != 0:
        process = CONTEXT.Process(target=forget_and_die, args=(planted.settings, PERSON, last))
        process.start()
        process.join(120)
        ended, last = process.exitcode, last + step
        assert ended in (0, -signal.SIGKILL)
        assert {sample_of(planted, version, k).total for k in (1, 2)} <= {FEW - 1, FEW}
    assert last > 60
    assert everywhere(planted) == []


@pytest.mark.parametrize(
    "values",
    [["a", " b ", None, "c\0"], [1, 2, 3], [1.0, 2.5, None], [True, False, None], [1, None, 3]],
)
def test_ids_are_compared_as_they_are_when_labels_are_joined(values: list[Any], tmp_path: Path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": pa.array(values)}), path)
    for wanted in ("a", "b", "c", "1", "2", "2.5", "3", "true"):
        found = found_in(path, ["id", "other"], RowIds.of([wanted]))
        assert found is not None
        assert found.tolist() == [label(value) == wanted for value in values]
    assert found_in(path, ["other"], RowIds.of(["a"])) is None


@pytest.fixture
def command(
    full: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command in this process; what it said."""
    monkeypatch.setenv("FAIRWATCH_HOME", str(full.settings.home))
    monkeypatch.setenv("FAIRWATCH_DATABASE_URL", full.settings.database_url)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["fairwatch", *arguments])
        capsys.readouterr()
        with suppress(SystemExit):
            cli.main()
        return "".join(capsys.readouterr())

    return run


def test_the_command_takes_ids_from_a_file_and_says_first_what_there_is(
    full: Store, command: Callable[..., str], tmp_path: Path
):
    ids = tmp_path / "ids.txt"
    ids.write_text(f"{PERSON}\n\nw2-3\n")
    found = command("forget", "loans", "--from", str(ids), "--dry-run")
    assert found.startswith("Found 7 rows in ")
    assert everywhere(full)
    done = command("forget", "loans", "--from", str(ids))
    assert done.startswith("Deleted 7 rows in ")
    assert "Backups made before hold them still" in done
    assert PERSON not in found + done
    assert everywhere(full) == []
    assert command("forget", "loans", PERSON).startswith("Deleted 0 rows in 0 files of loans.")


def test_the_command_sets_how_long_rows_are_kept(full: Store, command: Callable[..., str]):
    assert command("model", "keep", "loans", "30") == "Rows of loans are kept for 30 days.\n"
    assert "are kept for ever" in command("model", "keep", "loans", "forever")


def test_without_an_id_column_the_refusal_says_what_to_do(tmp_path: Path, kept: Path):
    store = open_store(Settings(home=tmp_path / "bare", database_url=""))
    spec = tmp_path / "spec.toml"
    spec.write_text((kept / "bare.toml").read_text().replace('id = "id"\n', ""))
    register(store, read_spec(spec), who="test")
    with pytest.raises(StoreError, match="names no id column"):
        forget(store, "loans", [PERSON], who="test")
    store.close()


@pytest.mark.slow
def test_beside_a_worker_every_batch_is_scored_and_the_person_is_gone(full: Store, tmp_path: Path):
    everybody = [f"w{week}-{number}" for week in range(3, 9) for number in (3, 4)]
    with worker(full.settings, "beside"):
        for week in range(3, 9):
            path = csv(loans(FEW, week=week), tmp_path / f"{week}.csv")
            receive(full, "loans", path, name=path.name, source="test")
            forget(full, "loans", everybody, who="test")
        deadline = time.monotonic() + 400
        while queue.waiting(full) and time.monotonic() < deadline:
            forget(full, "loans", everybody, who="test")
    assert undone(full) == []
    forget(full, "loans", everybody, who="test")
    assert [person for person in everybody if everywhere(full, person)] == []
    assert len(records(full)) == 8
    assert not any("Tried" in str(error) for error in reads.jobs(full)["error"])
