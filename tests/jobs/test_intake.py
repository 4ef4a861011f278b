"""A file becomes batches once, or is refused in one sentence and leaves nothing behind."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.errors import BatchError, Busy, ContractError, NotFound
from monitor.jobs.intake import Receipt, receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.periods import Period
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.store import reads
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import (
    FIRST,
    ROWS,
    WEEKS,
    csv,
    history,
    labels_of,
    loans,
    measured,
    records,
    undone,
    work_off,
)  # fmt: skip

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def stored(store: Store) -> set[Path]:
    return {path for path in store.files.folder.rglob("*") if path.is_file()}


def test_a_history_becomes_one_batch_a_week(store: Store, give: Give) -> None:
    receipt = give(history())
    table = records(store)
    assert list(table["rows"]) == [ROWS] * WEEKS
    assert list(table["name"]) == list(receipt.batches)
    assert receipt.batches[0] == "2026-08-03"
    assert table["starts_at"].iloc[0] == FIRST
    assert (table["ends_at"] - table["starts_at"] == pd.Timedelta(weeks=1)).all()
    assert receipt.sentence.startswith(f"Received {ROWS * WEEKS:,} rows as {WEEKS} batches")
    assert len(receipt.jobs) == WEEKS


def test_rows_in_any_order_fall_into_the_same_weeks(store: Store, give: Give) -> None:
    give(history().sample(frac=1, random_state=3))
    assert list(records(store)["rows"]) == [ROWS] * WEEKS


def test_the_same_file_twice_is_one_batch_and_says_so(store: Store, give: Give) -> None:
    first, again = give(loans()), give(loans(), "renamed.csv")
    assert again.repeated
    assert again.jobs == ()
    assert again.batches == first.batches
    assert again.sentence == "These rows were received before, as history; nothing was added."
    assert len(records(store)) == 1


def write(frame: pd.DataFrame, path: Path) -> Path:
    """In the format that the name says."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    elif path.suffix == ".xlsx":
        frame.assign(applied_at=frame["applied_at"].dt.tz_localize(None)).to_excel(
            path, index=False
        )
    else:
        csv(frame, path)
    return path


def with_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.astype({"chance": "float32", "age": "Int64", "job": "category"})
    frame["applied_at"] = frame["applied_at"].dt.round("ms")
    return frame.mask(np.random.default_rng(1).uniform(size=frame.shape) < 0.05).assign(
        id=frame["id"], applied_at=frame["applied_at"], answer=frame["answer"]
    )


@pytest.mark.parametrize(
    ("first", "again"),
    [("a.csv", "b.parquet"), ("a.parquet", "b.csv"), ("a.csv", "b.jsonl"), ("a.parquet", "b.xlsx")],
)
def test_the_same_rows_in_another_format_and_order_are_one_batch(
    store: Store, tmp_path: Path, first: str, again: str
) -> None:
    frame = with_gaps(history(2))
    mixed = frame.sample(frac=1, random_state=1)[frame.columns[::-1]].assign(unused="x")
    for name, rows in ((first, frame), (again, mixed)):
        receipt = receive(store, "loans", write(rows, tmp_path / name), name=name, source="test")
    assert receipt.repeated
    assert receipt.sentence == (
        "These rows were received before, as 2026-08-03 and 1 more; nothing was added."
    )
    assert len(records(store)) == 2
    assert len(reads.jobs(store)) == 2


@pytest.mark.parametrize("column", ["id", "job", "chance", "repaid"])
def test_one_other_value_makes_other_rows(store: Store, give: Give, column: str) -> None:
    frame = loans()
    give(frame)
    old = frame.loc[7]
    others = {"id": "new", "chance": 0.123, "repaid": 1 - old["repaid"]}
    others["job"] = "cook" if old["job"] != "cook" else "clerk"
    frame.loc[7, column] = others[column]
    assert not give(frame, "other.csv").repeated


def test_of_a_history_that_grew_only_the_new_weeks_are_added(store: Store, give: Give) -> None:
    give(history(3))
    receipt = give(history(4), "longer.csv")
    assert receipt.batches == ("2026-08-24",)
    assert receipt.sentence == (
        "Received 400 rows as batch 2026-08-24; scoring is queued. "
        "Left out: 1,200 rows that came before, as 2026-08-03 and 2 more."
    )
    assert list(records(store)["rows"]) == [ROWS] * 4


def test_the_same_labels_in_another_format_are_one_file(
    store: Store, give: Give, tmp_path: Path
) -> None:
    give(loans())
    for name in ("a.csv", "b.parquet"):
        path = write(labels_of(loans()).assign(note=name), tmp_path / name)
        receipt = receive_labels(store, "loans", path, name=name, source="test")
    assert receipt.repeated
    assert len(reads.batches(store)) == 2


def test_two_formats_from_two_hands_at_once_are_one_batch(store: Store, tmp_path: Path) -> None:
    paths = iter(
        [write(loans(), tmp_path / f"{k}.{end}") for k in "ab" for end in ("csv", "parquet")]
    )

    def hand_in() -> Receipt:
        path = next(paths)
        return receive(store, "loans", path, name=path.name, source="test")

    assert sorted(receipt.repeated for receipt in at_once(hand_in)) == [False, True, True, True]
    assert len(records(store)) == 1


def test_the_same_file_from_two_hands_at_once_is_one_batch(store: Store, tmp_path: Path) -> None:
    path = csv(history(3), tmp_path / "history.csv")
    receipts = at_once(lambda: receive(store, "loans", path, name="h.csv", source="test"))
    assert sorted(receipt.repeated for receipt in receipts) == [False, True, True, True]
    assert len(records(store)) == 3
    assert len(reads.jobs(store)) == 3


def test_the_same_labels_from_two_hands_at_once_are_one_file(
    store: Store, give: Give, tmp_path: Path
) -> None:
    give(loans())
    path = csv(labels_of(loans()), tmp_path / "labels.csv")
    receipts = at_once(lambda: receive_labels(store, "loans", path, name="l.csv", source="test"))
    assert sorted(receipt.repeated for receipt in receipts) == [False, True, True, True]
    assert len(reads.batches(store)) == 2


def at_once(act: object) -> list[Receipt]:
    receipts: list[Receipt] = []
    barrier = threading.Barrier(4)

    def hand_in() -> None:
        barrier.wait()
        receipts.append(act())  # type: ignore[operator]

    threads = [threading.Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts


def test_a_refused_file_leaves_nothing_behind(store: Store, give: Give) -> None:
    before, revision = stored(store), reads.revision(store)
    with pytest.raises(ContractError) as refused:
        give(loans().drop(columns=["answer", "chance"]))
    assert "'chance': found no such column, wanted the model's score" in str(refused.value)
    assert stored(store) == before
    assert reads.revision(store) == revision
    assert not list(store.files.folder.glob("tmp-*"))


def test_a_timestamp_that_cannot_be_read_refuses_the_whole_file(store: Store, give: Give) -> None:
    frame = history(2).astype({"applied_at": str})
    frame.loc[ROWS + 3, "applied_at"] = "the other day"
    with pytest.raises(BatchError, match=r"'the other day'.*write them as"):
        give(frame)
    assert records(store).empty


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda f: f.rename(columns={"answer": "said", "chance": "Chance"}),
            ("only 'Chance'", "1 more"),
        ),
        (lambda f: f.assign(income="plenty"), ("'income'", "'plenty'", "wanted numbers")),
        (lambda f: f.head(0), ("no rows",)),
        (lambda f: f.assign(repaid="perhaps"), ("'repaid'", "'perhaps'", "classes '0', '1'")),
        (lambda f: f.assign(chance=99), ("'chance'", "99", "probabilities from 0 to 1")),
    ],
)
def test_a_refusal_names_what_was_found(give: Give, change: object, says: tuple[str, ...]) -> None:
    with pytest.raises(BatchError) as refused:
        give(change(loans()))  # type: ignore[operator]
    sentence = str(refused.value)
    assert all(word in sentence for word in says), sentence
    assert sentence.rstrip(")").endswith(".")
    assert "\n" not in sentence


def test_a_name_and_a_period_are_taken_as_given(store: Store, give: Give) -> None:
    period = Period(FIRST, datetime(2026, 9, 1, tzinfo=UTC))
    receipt = give(loans(), batch_name="august", period=period)
    assert receipt.batches == ("august",)
    row = records(store).iloc[0]
    assert (row["starts_at"], row["ends_at"]) == (period.starts_at, period.ends_at)


def test_a_name_stands_before_each_of_several_periods(give: Give) -> None:
    receipt = give(history(2), batch_name="pilot")
    assert receipt.batches == ("pilot 2026-08-03", "pilot 2026-08-10")


def test_a_taken_name_gets_a_number(give: Give) -> None:
    give(loans(), batch_name="pilot")
    assert give(loans(week=2), batch_name="pilot").batches == ("pilot (2)",)


def test_without_timestamps_the_period_is_the_present_one(store: Store, give: Give) -> None:
    give(loans().drop(columns="applied_at"), "today.csv", now=NOW)
    row = records(store).iloc[0]
    assert row["starts_at"] == datetime(2026, 11, 23, tzinfo=UTC)
    assert row["name"] == "today"


def test_a_path_in_a_file_name_stays_a_name(store: Store, tmp_path: Path) -> None:
    path = csv(loans(), tmp_path / "x.csv")
    receipt = receive(store, "loans", path, name="../../etc/passwd.csv", source="test")
    assert receipt.batches == ("passwd",)
    assert records(store)["file_name"].iloc[0] == "passwd.csv"


def test_what_the_check_noted_is_kept_with_the_batch(store: Store, give: Give) -> None:
    frame = loans()
    frame.loc[:9, "income"] = 10_000_000
    frame.loc[:4, "job"] = "pilot"
    receipt = give(frame.drop(columns="age"))
    noted = " ".join(records(store)["notes"].iloc[0]["findings"])
    assert "income" in noted
    assert "pilot" in noted
    assert "'age': found no such column" in noted
    assert receipt.report.notes


def test_without_a_reference_the_first_batch_becomes_it(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    spec = tmp_path / "first.toml"
    spec.write_text((kept / "bare.toml").read_text().replace('"loans"', '"first"'))
    said = register(store, read_spec(spec), who="test")
    assert "the first batch becomes the reference" in said.notes[0]
    path = csv(history(3), tmp_path / "history.csv")
    receive(store, "first", path, name="history.csv", source="test")
    work_off(store)
    assert undone(store) == []
    table = measured(store, "first")
    drift = table[(table["metric"] == "psi") & (table["feature"] == "income")]
    assert drift["value"].iloc[0] == pytest.approx(0, abs=1e-9)
    assert (drift["value"].iloc[1:] > 0).all()
    assert len(reads.rules(store, "first")) == len(reads.rules(store, "loans"))


def test_an_unknown_model_is_named_beside_those_there_are(store: Store, tmp_path: Path) -> None:
    path = csv(loans(), tmp_path / "x.csv")
    with pytest.raises(NotFound, match=r"No model called 'lones'\. There is loans\."):
        receive(store, "lones", path, name="x.csv", source="test")


def test_a_full_disk_while_storing_leaves_no_batch(
    store: Store, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(Busy, match="disk is full"):
            give(loans())
    assert records(store).empty
    give(loans())
    assert work_off(store) == 1
