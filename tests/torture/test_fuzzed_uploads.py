"""Real files, mutated at random, handed in: a result or one sentence, and never a stuck job."""

from __future__ import annotations

import gzip
import io
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from monitor.clock import utc_now
from monitor.errors import BatchError
from monitor.jobs import explain
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.store import queue, reads, writes
from monitor.store.engine import Store
from tests.jobs.loans import labels_of, loans, work_through

ROWS = 25
WILD = (
    b"", b"\0", b"\n", b'"', b",", b";", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf", b"nan", b"inf",
    b"-1e999", b"99999999999999999999", b"1e308", b"true", b"2026-13-45", b"0001-01-01",
    b"9999-12-31T23:59:59Z", b"=cmd|' /C calc'!A0", b"<script>", b"${HOME}", b"../../etc/passwd",
    b"\xed\xa0\x80", "\u202e\u0000\ud7ff".encode(), b"{", b"[", b"}", b"null", b"%s", b"a" * 5000,
)  # fmt: skip


def written(frame: pd.DataFrame) -> dict[str, bytes]:
    """The same rows in each format that is taken in."""
    parquet, excel = io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    zoned = frame.select_dtypes("datetimetz")
    frame.assign(**zoned.astype(str)).to_excel(excel, index=False)
    csv = frame.to_csv(index=False).encode()
    lines = frame.to_json(orient="records", lines=True, date_format="iso").encode()
    return {
        "csv": csv, "parquet": parquet.getvalue(), "json": lines, "xlsx": excel.getvalue(),
        "csv.gz": gzip.compress(csv, mtime=0), "jsonl.gz": gzip.compress(lines, mtime=0),
    }  # fmt: skip


def mutated(content: bytes, kind: str, chance: random.Random) -> bytes:
    """A few changes; within a packed text as often as in its wrapping."""
    if kind.endswith(".gz") and chance.random() < 0.6:
        return gzip.compress(mutated(gzip.decompress(content), "", chance), mtime=0)
    made = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        at, size = chance.randrange(len(made) or 1), chance.choice((1, 1, 3, 20, 300))
        match chance.randrange(6):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                made[at:at] = chance.choice(WILD)
            case 2:
                del made[at : at + size]
            case 3:
                made[at:at] = made[at : at + size] * chance.randrange(1, 4)
            case 4:
                del made[at:]
            case _:
                made[at : at + size] = chance.choice(WILD)[:size]
    return bytes(made)


def columns_swapped(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    """Whole columns of another kind, or gone, or twice as many."""
    name = chance.choice(list(frame.columns))
    fill = chance.choice((None, "x", 0, -1e300, True, "2026-01-01", float("inf"), 10**18, " 1 "))
    choices: tuple[Callable[[], pd.DataFrame], ...] = (
        lambda: frame.drop(columns=name),
        lambda: frame.assign(**{name: fill}),
        lambda: frame.assign(**{name: frame[name].sample(frac=1, random_state=1).to_numpy()}),
        lambda: frame.rename(columns={name: name.upper()}),
        lambda: frame.assign(**{f"{name} ": fill}),
        lambda: frame.head(chance.randrange(3)),
    )
    return chance.choice(choices)()


def one(store: Store, path: Path, kind: str, chance: random.Random) -> str:
    """Hands in one file; what became of it."""
    frame = loans(ROWS, week=chance.randrange(1, 9), seed=chance.randrange(10**6))
    role = receive_labels if chance.random() < 0.15 else receive
    frame = labels_of(frame).assign(applied_at=frame["applied_at"]) if role != receive else frame
    if chance.random() < 0.3:
        frame = columns_swapped(frame, chance)
    content = written(frame)[kind]
    path.write_bytes(mutated(content, kind, chance) if chance.random() < 0.9 else content)
    began = time.process_time()
    try:
        with warnings.catch_warnings():  # a library's warnings are no failures of the intake
            warnings.simplefilter("ignore")
            role(store, "loans", path, name=f"x.{kind}", source="test")
    except BatchError as error:
        said = error.sentence
        assert said, path
        assert "\n" not in said
        assert "Traceback" not in said
        assert len(said) < 1000
        return "refused"
    finally:
        assert time.process_time() - began < 30
    return "taken"


@pytest.mark.parametrize("count", [24, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_mutated_file_is_scored_or_refused_in_a_sentence(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(explain, "EXPLAINERS", ())
    became: Counter[tuple[str, str]] = Counter()
    for seed in range(count):
        chance = random.Random(1_000_003 * count + seed)
        kind = chance.choice(list(KINDS))
        try:
            became[kind, one(store, tmp_path / "upload", kind, chance)] += 1
            if seed % 20 == 19:
                became["", "failed"] += settled(store)
        except Exception:
            print(f"file number {seed} of {count}, {kind}")
            raise
    print(dict(became))
    assert {what for _, what in became} == {"taken", "refused", "failed"}


KINDS = frozenset(("csv", "parquet", "json", "xlsx", "csv.gz", "jsonl.gz"))


def settled(store: Store) -> int:
    """Works off what was taken; how many jobs failed, each with one sentence of ours that is no
    fault of ours.  The batches are deleted, lest the history of the model grow for ever."""
    work_through(store)
    assert queue.waiting(store) == 0
    jobs = reads.jobs(store)
    failed = jobs[jobs["status"] == "failed"]
    for error in failed["error"]:
        assert error
        assert "\n" not in error
        assert "Fairwatch itself failed" not in error
    assert set(jobs["status"]) <= {"done", "failed"}
    assert jobs["crashes"].sum() == 0
    for batch in reads.batches(store)["id"]:
        writes.delete_batch(store, int(batch), who="test", now=utc_now())
    return len(failed)
