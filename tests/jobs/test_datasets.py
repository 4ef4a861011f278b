"""Rows that stay where they lie: folders of files, and a local S3 server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from monitor.errors import BatchError
from monitor.jobs.dataset_intake import receive_dataset
from monitor.jobs.datasets import Listed, files_of, save
from monitor.jobs.intake import Receipt, receive
from monitor.jobs.reading import open_table, to_parquet
from monitor.jobs.sample import sample_of
from monitor.jobs.version import champion_of
from monitor.settings import Settings
from monitor.store import places, rows
from monitor.store.engine import Store, open_store
from tests.jobs.loans import jobs_of_batches, loans, measured, records, runs, undone, work_off

# The server's own sockets are left to the collector.
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::DeprecationWarning")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an empty bucket, with the options that lead to the local server."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**keys, "AWS_EC2_METADATA_DISABLED": "true"}.items():
            patch.setenv(name, value)
        endpoint = f"{host}:{port}"
        system = pyarrow.fs.S3FileSystem(
            endpoint_override=endpoint, scheme="http", region="us-east-1",
            allow_bucket_creation=True,
        )  # fmt: skip
        system.create_dir("rows")
        yield f"s3://rows?scheme=http&region=us-east-1&endpoint_override={quote(endpoint)}"
    server.stop()


def two_weeks() -> list[pd.DataFrame]:
    """Three files: two of the first week and one of the second."""
    first, second = loans(week=1), loans(week=2)
    return [first.iloc[:150], first.iloc[150:], second]


def put_parquet(frames: list[pd.DataFrame], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / f"part-{number}.parquet", index=False, row_group_size=60)
    (folder / "_SUCCESS").write_text("")
    return folder


def numbers(store: Store) -> pd.DataFrame:
    kept = ["starts_at", "metric", "feature", "attribute", "group", "value", "low", "high", "n"]
    found = measured(store)
    return found[[name for name in kept if name in found]].reset_index(drop=True)


def add(store: Store, uri: str, **options: object) -> Receipt:
    return receive_dataset(store, "loans", uri, source="test", **options)  # type: ignore[arg-type]


def test_a_folder_counts_as_the_same_rows_in_one_file(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    folder = put_parquet(two_weeks(), tmp_path / "rows")
    receipt = add(store, str(folder))
    assert receipt.rows == 800
    assert len(receipt.batches) == 2
    assert work_off(store) == 2
    assert undone(store) == []
    shutil.copytree(kept / "home", tmp_path / "other")
    other = open_store(Settings(home=tmp_path / "other", database_url=""))
    whole = tmp_path / "whole.parquet"
    pd.concat(two_weeks()).to_parquet(whole, index=False)
    receive(other, "loans", whole, name="whole", source="test")
    work_off(other)
    pd.testing.assert_frame_equal(numbers(store), numbers(other), rtol=1e-9)
    other.close()


def test_a_prefix_on_s3_counts_as_the_same_folder(
    store: Store, bucket: str, tmp_path: Path
) -> None:
    folder = put_parquet(two_weeks()[:2], tmp_path / "rows")
    two_weeks()[1].to_csv(folder / "part-1.csv.gz", index=False)
    (folder / "part-1.parquet").unlink()
    for path in sorted(folder.iterdir()):
        places.put(path, places.below(bucket, f"week/{path.name}"))
    receipt = add(store, places.below(bucket, "week"))
    assert (receipt.rows, len(receipt.batches)) == (400, 1)
    assert work_off(store) == 1
    assert undone(store) == []
    assert runs(store)["facts"].iloc[0]["rows"] == 400
    batch_id = int(records(store)["id"].iloc[0])
    with store.read() as connection:
        version = champion_of(connection, "loans")
        stored = files_of(store.files.path(rows.batch(connection, batch_id).file_sha256))
    assert stored is not None
    assert [places.shown(file.uri) for file in stored] == [
        "s3://rows/week/part-0.parquet", "s3://rows/week/part-1.csv.gz",
    ]  # fmt: skip
    sample = sample_of(store, version, batch_id, most=100)
    assert len(sample.frame) == 100
    again = add(store, places.below(bucket, "week"))
    assert again.repeated


def test_files_that_have_changed_are_not_scored(store: Store, tmp_path: Path) -> None:
    folder = put_parquet(two_weeks()[:2], tmp_path / "rows")
    add(store, str(folder))
    os.utime(folder / "part-1.parquet", (1, 1))
    work_off(store)
    assert "has changed since it was received" in str(jobs_of_batches(store)["error"].iloc[0])


def test_a_file_of_several_periods_is_refused_unless_they_are_named_as_one(
    store: Store, tmp_path: Path
) -> None:
    folder = put_parquet([pd.concat(two_weeks())], tmp_path / "rows")
    with pytest.raises(BatchError, match=r"rows of 2 periods.*--period"):
        add(store, str(folder))


def test_keys_in_an_address_are_refused_and_not_told() -> None:
    with pytest.raises(BatchError) as told:
        places.listed("s3://key:planted-secret@rows/week")
    assert "planted-secret" not in str(told.value)


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="There is nothing at"):
        places.listed(str(tmp_path / "nowhere"))


def test_an_uploaded_file_cannot_pose_as_a_list_of_files(tmp_path: Path) -> None:
    posing, stored = tmp_path / "posing.parquet", tmp_path / "stored.parquet"
    save([Listed("/etc/passwd", 1, 1, 1)], posing)
    to_parquet(open_table(posing, name="posing"), stored)
    assert files_of(posing) is not None
    assert files_of(stored) is None
    assert pq.read_table(stored)["uri"].to_pylist() == ["/etc/passwd"]
