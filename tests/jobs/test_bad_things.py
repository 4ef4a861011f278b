"""What bad files and bad models do: one clear sentence, the batch kept, the next one scored."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from monitor.clock import utc_now
from monitor.errors import BatchError, Busy, FairwatchError
from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store, open_store
from tests.jobs.conftest import Give
from tests.jobs.disks import a_small_disk, fill
from tests.jobs.loans import (
    SPEC,
    csv,
    jobs_of_batches,
    loans,
    measured,
    records,
    runs,
    undone,
    work_off,
    work_through,
)  # fmt: skip
from tests.models.model_files import strange

Change = Callable[[pd.DataFrame], pd.DataFrame]


def one_sentence(error: object) -> str:
    text = str(error)
    assert text
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def the_next_one_is_scored(store: Store, give: Give) -> None:
    before = len(runs(store))
    give(loans(week=30), "next.csv")
    work_off(store)
    assert len(runs(store)) == before + 1


def truncated(folder: Path) -> Path:
    path = folder / "cut.parquet"
    loans().to_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def wrong_delimiter(folder: Path) -> Path:
    path = folder / "pipes.csv"
    text = loans().to_csv(index=False).replace(",", "^")
    path.write_text(text)
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.csv"
    path.write_bytes(b"")
    return path


def header_only(folder: Path) -> Path:
    return csv(loans().head(0), folder / "header.csv")


def binary(folder: Path) -> Path:
    path = folder / "noise.csv"
    path.write_bytes(np.random.default_rng(1).bytes(5000))
    return path


def unlikely_labels(folder: Path) -> Path:
    return csv(loans().assign(repaid="yes please"), folder / "labels.csv")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (truncated, "cut.parquet"),
        (wrong_delimiter, "pipes.csv|no such column"),
        (empty, "empty.csv"),
        (header_only, "no rows"),
        (binary, "noise.csv"),
        (unlikely_labels, "'yes please'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    store: Store, give: Give, tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(BatchError, match=says) as refused:
        receive(store, "loans", path, name=path.name, source="test")
    one_sentence(refused.value)
    assert records(store).empty
    the_next_one_is_scored(store, give)


def value(store: Store, metric: str, feature: str = "", **other: str) -> float:
    table = reads.measurements(store, "loans", metric=metric, feature=feature, batch="bad", **other)
    return float(table["value"].iloc[0])


SPACED = {0: " 0 ", 1: "1 "}


@pytest.mark.parametrize(
    ("change", "metric", "feature", "expected"),
    [
        (lambda f: f.assign(income=np.nan), "missing_rate", "income", 1.0),
        (lambda f: f.drop(columns="income"), "missing_rate", "income", 1.0),
        (lambda f: f.assign(income=np.inf), "infinite_rate", "income", 1.0),
        (lambda f: f.assign(income=f["income"].where(f.index % 2 > 0, -np.inf)), "infinite_rate",
         "income", 0.5),
        (lambda f: f.assign(job="<script>alert(1)</script>"), "unseen_rate", "job", 1.0),
        (lambda f: f.assign(job="=HYPERLINK(\"http://x\")"), "unseen_rate", "job", 1.0),
        (lambda f: f.assign(job=" cook "), "unseen_rate", "job", None),
        (lambda f: f.assign(repaid=1), "accuracy", "", None),
        (lambda f: f.assign(answer=1, chance=0.9), "selection_rate", "", 1.0),
        (lambda f: f.assign(sex="male"), "row_count", "", 400),
        (lambda f: f.assign(sex=None), "row_count", "", 400),
        (lambda f: f.assign(id="same"), "duplicate_ids", "", None),
        (lambda f: f.assign(id=None), "row_count", "", 400),
        (lambda f: f.drop(columns="id"), "row_count", "", 400),
        (lambda f: f.assign(repaid=f["repaid"].map(SPACED)), "label_coverage", "", 1.0),
        (lambda f: f.assign(repaid=None), "label_coverage", "", 0.0),
        (lambda f: f.assign(chance=None), "row_count", "", 400),
        (lambda f: f.assign(age=10**15), "out_of_range_rate", "age", 1.0),
        (lambda f: f.head(1), "row_count", "", 1),
    ],
)  # fmt: skip
def test_strange_values_are_measured_and_never_stop_a_batch(
    store: Store,
    give: Give,
    change: Change,
    metric: str,
    feature: str,
    expected: float | None,
) -> None:
    give(change(loans()), "bad.csv")
    work_off(store)
    assert undone(store) == []
    found = value(store, metric, feature, attribute="", group="")
    assert expected is None or found == pytest.approx(expected)
    the_next_one_is_scored(store, give)


NAMES = ("prediction", "score", "target", "actual", "group", "weight", "id", "y_true", "label")


def test_features_with_the_names_of_our_own_columns_collide_with_nothing(
    store: Store, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    frame = loans(900).rename(columns={"id": "row"})
    frame = frame.assign(**{name: random.normal(k, 1, 900) for k, name in enumerate(NAMES)})
    csv(frame.head(500), tmp_path / "reference.csv")
    table = {
        "name": "names", "task": "binary",
        "columns": {"id": "row", "target": "repaid", "prediction": "answer", "score": "chance",
                    "features": list(NAMES)},
        "outcome": {"positive": "1", "favourable": "1"},
        "sensitive": {"sex": {"reference": "male"}},
        "reference": {"file": "reference.csv"},
    }  # fmt: skip
    register(store, parse_spec(table, folder=tmp_path), who="test")
    path = csv(frame.iloc[500:], tmp_path / "b.csv")
    receive(store, "names", path, name="b.csv", source="test")
    work_off(store)
    assert undone(store) == []
    missing = reads.measurements(store, "names", metric="missing_rate")
    assert set(missing["feature"]) >= set(NAMES)
    accuracy = reads.measurements(store, "names", metric="accuracy", attribute="")["value"].iloc[0]
    right = (frame["answer"] == frame["repaid"]).iloc[500:].mean()
    assert accuracy == pytest.approx(right)
    plain = reads.measurements(store, "names", metric="selection_rate", attribute="")
    assert plain["value"].iloc[0] == pytest.approx(frame["answer"].iloc[500:].mean())


def test_a_target_called_y_true_is_a_target(store: Store, tmp_path: Path) -> None:
    frame = loans().rename(columns={"repaid": "y_true", "answer": "y_pred", "chance": "y_score"})
    csv(frame, tmp_path / "reference.csv")
    text = SPEC.replace('"repaid"', '"y_true"').replace('"answer"', '"y_pred"')
    text = text.replace('"chance"', '"y_score"').replace('"loans"', '"trues"')
    (tmp_path / "spec.toml").write_text(text + '\n[reference]\nfile = "reference.csv"\n')
    from monitor.models.spec_file import read_spec

    register(store, read_spec(tmp_path / "spec.toml"), who="test")
    receive(store, "trues", tmp_path / "reference.csv", name="r.csv", source="test")
    work_off(store)
    assert undone(store) == []
    assert len(reads.measurements(store, "trues", metric="accuracy"))


WILD = (
    "<b>bold</b>",
    "=1+1",
    "a,b",
    'quote"d',
    "new\nline",
    "ümläut 漢字",
    "[red]x",
    "%s",
    "' OR 1",
)


def test_column_names_with_html_and_formulas_are_names(store: Store, tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    frame = loans(300).assign(**{name: random.normal(0, 1, 300) for name in WILD})
    frame.to_parquet(tmp_path / "reference.parquet")
    table = {
        "name": "wild", "task": "binary",
        "columns": {"target": "repaid", "prediction": "answer", "features": list(WILD)},
        "outcome": {"positive": "1"},
        "reference": {"file": "reference.parquet"},
    }  # fmt: skip
    register(store, parse_spec(table, folder=tmp_path), who="test")
    path = tmp_path / "reference.parquet"
    receive(store, "wild", path, name="<i>x</i>.parquet", source="test")
    work_off(store)
    assert undone(store) == []
    assert set(WILD) <= set(reads.measurements(store, "wild", metric="psi")["feature"])
    shown = subprocess.run(
        [sys.executable, "-m", "monitor", "show", "wild"],
        env={**os.environ, "FAIRWATCH_HOME": str(store.settings.home)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "<b>bold</b>" in shown.stdout
    assert "[red]x" in shown.stdout


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_thousands_of_columns_are_counted(store: Store, tmp_path: Path, count: int) -> None:
    random = np.random.default_rng(7)
    names = [f"c{k}" for k in range(count)]
    wide = pd.DataFrame(random.normal(0, 1, (40, count)), columns=names)
    frame = pd.concat([loans(40)[["id", "repaid", "answer", "sex"]], wide], axis=1)
    frame.to_parquet(tmp_path / "wide.parquet")
    table = {
        "name": "wide", "task": "binary",
        "columns": {"id": "id", "target": "repaid", "prediction": "answer"},
        "outcome": {"positive": "1"},
        "reference": {"file": "wide.parquet"},
    }  # fmt: skip
    began = time.process_time()
    register(store, parse_spec(table, folder=tmp_path), who="test")
    receive(store, "wide", tmp_path / "wide.parquet", name="w.parquet", source="test")
    work_off(store)
    print(f"{count:,} columns: {time.process_time() - began:.1f} CPU seconds")
    assert undone(store) == []
    rates = reads.measurements(store, "wide", metric="missing_rate")
    assert len(rates) >= count
    assert time.process_time() - began < 120


MODES = """
    import os, sys, time
    mood = 'fine' if len(X) != {rows} else {mood!r}
    if mood == 'raises': raise ValueError('no such thing')
    if mood == 'hangs': time.sleep(600)
    if mood == 'eats': return [0] * 10 ** 10
    if mood == 'exits': os._exit(7)
    if mood == 'leaves': sys.exit('bye')
    if mood == 'short': return ['1']
    if mood == 'odd': return ['maybe'] * len(X)
    return ['1' if income > 40000 else '0' for income in X['income']]
"""


@pytest.fixture
def moody(settings: Settings, store: Store, tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Registers a model that behaves but for batches of 77 rows; the store has little patience."""
    quick = settings.model_copy(
        update={"predict_seconds": 6.0, "predict_memory_mb": 2000, "max_attempts": 1}
    )
    opened = open_store(quick)

    def make(mood: str) -> Store:
        body = MODES.format(rows=77, mood=mood).strip()
        joblib.dump(strange(body), tmp_path / "moody.joblib")
        csv(loans(), tmp_path / "reference.csv")
        table = {
            "name": "moody", "task": "binary",
            "columns": {"id": "id", "target": "repaid", "features": ["income", "age"]},
            "outcome": {"positive": "1", "favourable": "1"},
            "reference": {"file": "reference.csv"},
            "model": {"runner": "process", "file": "moody.joblib"},
        }  # fmt: skip
        register(opened, parse_spec(table, folder=tmp_path), who="test", trust=True)
        return opened

    yield make
    opened.close()


@pytest.mark.parametrize(
    ("mood", "says"),
    [
        ("raises", "failed to predict: ValueError: no such thing"),
        ("hangs", "took longer than 6 seconds to predict and was stopped"),
        ("eats", "needed more than 2,000 MB of memory to predict"),
        ("exits", "ended its process during predict (exit code 7)"),
        ("leaves", "ended its process during predict (exit code bye)"),
        ("short", "gave 1 predictions for 77 rows"),
        ("odd", "predicts maybe, and the classes are 0, 1"),
    ],
)
def test_a_model_that_misbehaves_says_so_and_the_next_batch_is_scored(
    moody: Callable[[str], Store], tmp_path: Path, mood: str, says: str
) -> None:
    store = moody(mood)
    for rows in (77, 120):
        path = csv(loans(rows), tmp_path / f"rows-{rows}.csv")
        receive(store, "moody", path, name=path.name, source="test")
    work_through(store)
    jobs = jobs_of_batches(store)
    assert jobs.loc["rows-77", "status"] == "failed"
    assert says in one_sentence(jobs.loc["rows-77", "error"])
    assert jobs.loc["rows-120", "status"] == "done"
    assert jobs["crashes"].sum() == 0
    assert set(records(store)["name"]) == {"rows-77", "rows-120"}


def test_a_database_locked_by_another_process_refuses_the_upload_and_then_takes_it(
    store: Store, give: Give, home: Path
) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=100")
    other = sqlite3.connect(home / "fairwatch.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="Another process holds the database"):
        give(loans())
    assert reads.batches(store).empty  # reading goes on
    other.rollback()
    other.close()
    the_next_one_is_scored(store, give)


@pytest.mark.slow  # for it must be locked longer than any write waits
def test_a_database_locked_while_a_batch_is_scored_is_waited_for(
    store: Store, give: Give, home: Path
) -> None:
    """Another process holds it for longer than any write waits, in the middle of the batch."""
    give(loans())
    holder = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(20); c.rollback()"
    )
    worker = subprocess.Popen(
        [sys.executable, "-m", "monitor", "work", "--until-idle"],
        env={**os.environ, "FAIRWATCH_HOME": str(home)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    other = subprocess.Popen(
        [sys.executable, "-c", holder, str(home / "fairwatch.db")],
        stdout=subprocess.PIPE,
        text=True,
    )
    for process in (other, worker):
        said, _ = process.communicate(timeout=180)
    assert worker.returncode == 0
    assert said == "2 jobs done.\n"  # scored, and its causes looked for
    assert undone(store) == []
    assert reads.jobs(store)["crashes"].sum() == 0


@pytest.fixture
def small_disk(home: Path, tmp_path: Path) -> Iterator[Path]:
    """The home on a disk of its own with 6 MB."""
    with a_small_disk(tmp_path / "disk", megabytes=6) as place:
        yield Path(shutil.copytree(home, place / "home"))


def test_a_full_disk_refuses_uploads_keeps_batches_and_passes(
    small_disk: Path, tmp_path: Path
) -> None:
    store = open_store(Settings(home=small_disk, database_url=""))
    first = csv(loans(week=1), tmp_path / "1.csv")
    receive(store, "loans", first, name="1.csv", source="test")
    ballast = small_disk / "ballast"
    fill(ballast)
    with pytest.raises(FairwatchError, match="disk is full"):
        receive(store, "loans", csv(loans(week=2), tmp_path / "2.csv"), name="2", source="test")
    with pytest.raises(FairwatchError, match="disk is full"):
        work_off(store)  # not even the claim can be written
    assert list(records(store)["name"]) == ["1"]
    ballast.unlink()
    work_through(store)
    assert undone(store) == []
    assert len(runs(store)) == 1
    store.close()


def test_a_disk_that_fills_up_while_a_batch_is_scored(small_disk: Path, tmp_path: Path) -> None:
    """The job is put off, and done when there is room again."""
    store = open_store(Settings(home=small_disk, database_url=""))
    rows = loans(20_000, week=1)
    path = tmp_path / "1.parquet"
    rows.to_parquet(path)
    receive(store, "loans", path, name="1.parquet", source="test")
    ballast = small_disk / "ballast"
    free = shutil.disk_usage(small_disk).free
    ballast.write_bytes(b"x" * max(free - 150_000, 0))
    with contextlib.suppress(Busy):
        work_off(store)
    assert len(runs(store)) == 0
    ballast.unlink()
    work_through(store)
    assert undone(store) == []
    assert len(runs(store)) == 1
    assert not list(store.files.folder.glob("tmp-*"))
    store.close()


def test_everything_bad_at_once_leaves_the_good_ones_as_they_were(
    store: Store, give: Give, tmp_path: Path, kept: Path
) -> None:
    give(loans(week=1), "good.csv")
    work_off(store)
    before = measured(store)
    for make in (truncated, empty, binary, header_only):
        path = make(tmp_path)
        with pytest.raises(BatchError):
            receive(store, "loans", path, name=path.name, source="test", now=utc_now())
    work_off(store)
    pd.testing.assert_frame_equal(measured(store), before)
