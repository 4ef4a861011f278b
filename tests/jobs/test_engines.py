"""Every engine counts the same: in this process, in others, on a cluster that loses a worker."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from monitor.errors import ModelError, PassingFault
from monitor.jobs import partitions
from monitor.jobs.engine import Ground, evaluate_apart
from monitor.jobs.evaluate import Evaluation, evaluate, place_bins
from monitor.jobs.partitions import partitions_of
from monitor.jobs.reading import open_table
from monitor.models.contract import build_contract
from monitor.models.derive import complete
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from tests.jobs.loans import loans

ROWS, GROUP = 3000, 250
# Dask's own doing: it opens sockets and loops that it leaves to the collector.
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::DeprecationWarning")


class Case:
    """A model in a process of its own, and a file of twelve partitions."""

    def __init__(self, folder: Path) -> None:
        frame = loans(ROWS).drop(columns=["answer", "chance"])
        frame.loc[7, "id"] = frame.loc[2900, "id"]
        self.folder, self.path = folder, folder / "rows.parquet"
        pq.write_table(pa.Table.from_pandas(frame), self.path, row_group_size=GROUP)
        model = LogisticRegression().fit(frame[["income", "age"]], frame["repaid"].astype(str))
        joblib.dump(model, folder / "model.joblib")
        table = {
            "name": "loans", "task": "binary",
            "columns": {"id": "id", "target": "repaid", "features": ["income", "age"]},
            "outcome": {"positive": "1", "favourable": "1"}, "sensitive": {"sex": {}},
            "model": {"file": "model.joblib"},
        }  # fmt: skip
        self.spec = complete(parse_spec(table, folder=folder), frame)
        self.contract = build_contract(self.spec, frame)
        self.facts = artefact_facts(self.spec)
        self.parts = partitions_of(str(self.path))
        with open_runner(
            self.spec, self.facts, settings=Settings(), trusted=lambda _: True,
            contract=self.contract,
        ) as runner:  # fmt: skip
            self.layout = place_bins(
                open_table(self.path, name="rows"), runner, spec=self.spec, contract=self.contract
            )
            self.here = evaluate(
                self.path, runner, spec=self.spec, contract=self.contract, layout=self.layout,
                keep=folder / "here.parquet",
            )  # fmt: skip

    def apart(
        self, folder: Path, *, progress: Any = lambda share: None, **given: Any
    ) -> Evaluation:
        trusted = given.pop("trusted", True)
        settings = Settings(engine_jobs=2, **given)
        return evaluate_apart(
            self.parts, spec=self.spec, contract=self.contract, layout=self.layout,
            facts=self.facts, trusted=trusted, keep=folder / "there.parquet",
            ground=Ground(folder, settings.engine_shared), settings=settings, progress=progress,
        )  # fmt: skip

    def assert_same(self, there: Evaluation, folder: Path) -> None:
        here = self.here
        assert there.tally.profiles.to_bytes() == here.tally.profiles.to_bytes()
        assert there.tally.outcomes.to_bytes() == here.tally.outcomes.to_bytes()
        assert (there.labelled, there.duplicate_ids) == (here.labelled, here.duplicate_ids)
        assert there.service.rows == here.service.rows == ROWS
        assert pq.read_table(folder / "there.parquet").equals(
            pq.read_table(self.folder / "here.parquet")
        )
        assert sorted(path.name for path in folder.iterdir()) == ["there.parquet"]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "PARTITION_ROWS", GROUP)
        yield Case(tmp_path_factory.mktemp("engines"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def test_a_file_is_cut_by_its_row_groups_alone(case: Case) -> None:
    assert [part.groups for part in case.parts] == [(k,) for k in range(ROWS // GROUP)]
    assert [part.offset for part in case.parts] == list(range(0, ROWS, GROUP))
    assert case.here.duplicate_ids == 1


def test_processes_count_the_same(case: Case, tmp_path: Path) -> None:
    shares: list[float] = []
    case.assert_same(case.apart(tmp_path, engine="loky", progress=shares.append), tmp_path)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_model_that_nobody_trusts_is_opened_nowhere(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nobody has trusted it"):
        case.apart(tmp_path, engine="loky", trusted=False)
    assert not list(tmp_path.glob("there-*"))


@pytest.mark.slow
def test_work_that_is_asked_to_stop_leaves_nothing(case: Case, tmp_path: Path) -> None:
    def stop(share: float) -> None:
        raise PassingFault("enough")

    with pytest.raises(PassingFault, match="enough"):
        case.apart(tmp_path, engine="loky", progress=stop)


def test_a_dask_cluster_that_loses_a_worker_counts_the_same(
    case: Case, cluster: Any, tmp_path: Path
) -> None:
    workers = [nanny.process.pid for nanny in cluster.workers.values()]
    killed: list[float] = []

    def kill_one(share: float) -> None:
        if not killed:
            os.kill(workers[0], signal.SIGKILL)
            killed.append(share)

    there = case.apart(
        tmp_path, engine="dask", engine_address=cluster.scheduler_address, progress=kill_one
    )
    assert killed[0] < 0.5
    case.assert_same(there, tmp_path)


@pytest.mark.slow
def test_workers_that_lack_the_disk_are_given_what_they_need(
    case: Case, cluster: Any, tmp_path: Path
) -> None:
    shared, folder = tmp_path / "shared", tmp_path / "folder"
    shared.mkdir()
    folder.mkdir()
    there = case.apart(
        folder, engine="dask", engine_address=cluster.scheduler_address, engine_shared=str(shared)
    )
    case.assert_same(there, folder)
    assert [path.name for path in shared.iterdir()] == ["model.joblib"]


def test_a_scheduler_that_is_away_is_a_fault_that_may_pass(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("monitor.jobs.engine.CONNECT_SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(PassingFault, match="tried again"):
        case.apart(tmp_path, engine="dask", engine_address="tcp://127.0.0.1:9")
    assert time.monotonic() - begun < 10


@pytest.mark.filterwarnings("default")  # theirs
@pytest.mark.parametrize(("engine", "package"), [("ray", "ray"), ("spark", "joblibspark")])
def test_other_engines_count_the_same(
    engine: str, package: str, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    pytest.importorskip(package)
    case.assert_same(case.apart(tmp_path, engine=engine), tmp_path)
