"""Counting a batch's partitions wherever the settings say: here, in processes, on a cluster."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import joblib
import pyarrow as pa
import pyarrow.parquet

from monitor.errors import FairwatchError, ModelError, PassingFault
from monitor.jobs import errands
from monitor.jobs.errands import Answer, Errand, Opening, described
from monitor.jobs.evaluate import Evaluation, Ids, evaluated
from monitor.jobs.partitions import CHUNK_ROWS, Counted, Partition
from monitor.jobs.predictions import PredictionsFile
from monitor.measures.layout import Layout
from monitor.measures.tally import Tally
from monitor.models.contract import Contract
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_to_json
from monitor.settings import Settings
from monitor.store import places

pq: Any = pyarrow.parquet

Asked = TypeVar("Asked")
Told = TypeVar("Told")

IN_ORDER = ("loky", "dask")  # the others answer when all is done
CONNECT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Ground:
    """What this process and an engine's workers both reach: the store's own disk, or with
    ``FAIRWATCH_ENGINE_SHARED`` a folder or ``s3://`` prefix that all of them have."""

    scratch: Path
    shared: str

    def place(self, name: str) -> str:
        return places.below(self.shared or str(self.scratch), name)

    def reachable(self, path: Path, *, name: str) -> str:
        """The address that workers read a file of the store by; copied where they lack the disk."""
        if not self.shared:
            return str(path.resolve())
        if not places.is_remote(self.shared):
            Path(self.shared).mkdir(parents=True, exist_ok=True)
        uri = self.place(name)
        places.put(path, uri)
        return uri

    @contextmanager
    def lent(self, path: Path, parts: Sequence[Partition]) -> Iterator[Sequence[Partition]]:
        """The partitions where workers reach them; a copy of the store's file is gone afterwards,
        and those that lie elsewhere stay where they are."""
        own = str(path)
        if not self.shared or any(part.uri != own for part in parts):
            yield parts
            return
        uri = self.reachable(path, name=f"{self.scratch.name}-rows.parquet")
        try:
            yield [replace(part, uri=uri) for part in parts]
        finally:
            places.remove(uri)


def evaluate_apart(
    parts: Sequence[Partition],
    *,
    spec: Spec,
    contract: Contract,
    layout: Layout,
    facts: Mapping[str, Any],
    trusted: bool,
    keep: Path,
    ground: Ground,
    settings: Settings,
    progress: Callable[[float], None] = lambda share: None,
) -> Evaluation:
    """The same numbers as ``evaluate``, counted by the engine of the settings.

    Answers are added up in the order of the partitions, whichever comes first; ``progress`` is told
    the share done after each, and may raise to stop the work.  PassingFault where the engine cannot
    be reached or loses its workers; ModelError where the model fails.
    """
    started, ids = time.perf_counter(), Ids()
    opening = _opening(spec, contract, layout, facts, trusted, ground, settings)
    size = sum(part.rows or 0 for part in parts)
    asked = [
        Errand(opening, part, ground.place(f"{keep.parent.name}-{number:06}.parquet"))
        for number, part in enumerate(parts)
    ]
    total, peak = Counted(Tally.zero(layout), 0, 0, 0.0), 0.0
    try:
        with PredictionsFile(keep) as predictions, spread(errands.run, asked, settings) as answers:
            for errand, answer in zip(asked, answers, strict=True):
                total = total + _checked(answer).counted(layout)
                peak = max(peak, answer.peak_mb)
                _append(predictions, ids, errand.keep, ground.scratch)
                progress(min(total.rows / (size or total.rows or 1), 1.0))
    finally:
        for errand in asked:
            places.remove(errand.keep)
    return evaluated(total, ids.repeated, started=started, peak_bytes=int(peak * 1e6))


def _opening(
    spec: Spec,
    contract: Contract,
    layout: Layout,
    facts: Mapping[str, Any],
    trusted: bool,
    ground: Ground,
    settings: Settings,
) -> Opening:
    file = spec.runner.file
    if file is not None:
        file = ground.reachable(Path(file), name=Path(file).name)
    version = described(spec_to_json(spec), contract, layout, facts)
    return Opening(version, file, trusted, settings.predict_seconds, settings.predict_memory_mb)


def _checked(answer: Answer) -> Answer:
    if answer.error:
        raise PassingFault(answer.error) if answer.passing else ModelError(answer.error)
    return answer


def _append(predictions: PredictionsFile, ids: Ids, uri: str, scratch: Path) -> None:
    """Moves a partition's predictions to the end of the batch's."""
    copy = places.fetch(uri, scratch / "part.parquet")
    with pq.ParquetFile(copy) as file:
        for batch in file.iter_batches(CHUNK_ROWS):
            predictions.append(pa.Table.from_batches([batch]))
            ids.add(batch["id"])
    copy.unlink()
    places.remove(uri)


@contextmanager
def spread(
    act: Callable[[Asked], Told], asked: Sequence[Asked], settings: Settings
) -> Iterator[Iterator[Told]]:
    """What ``act`` says of each, in their order; what was not done at the end is called off.

    ``act`` is found by its name where it runs.  PassingFault where the engine fails.
    """
    if settings.engine == "inprocess":
        yield map(act, asked)
        return
    with ExitStack() as stack:
        try:
            parallel = _parallel(settings, stack)
            answers = parallel(joblib.delayed(act)(one) for one in asked)
            stack.callback(_call_off, answers)
            yield iter(answers)
        except (FairwatchError, KeyboardInterrupt):
            raise
        except ImportError as error:
            raise ModelError(
                f"The engine {settings.engine} is not installed ({error}): install "
                f"fairwatch[{settings.engine}] on this machine and on its workers."
            ) from error
        except _faults() as error:
            first = next(iter(str(error).splitlines()), "")[:200]
            raise PassingFault(
                f"The engine {settings.engine} could not finish "
                f"({type(error).__name__}: {first}); the batch is kept and tried again."
            ) from error


def _call_off(answers: Any) -> None:
    """Without joblib's warning that some were not waited for: that is meant."""
    if not isinstance(answers, list):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers.close()


def _faults() -> tuple[type[BaseException], ...]:
    """What engines raise when workers die or cannot be reached; the others are our own faults."""
    found: list[type[BaseException]] = [OSError, RuntimeError, TimeoutError, BrokenProcessPool]
    if "distributed" in sys.modules:
        from distributed import KilledWorker

        found.append(KilledWorker)
    return tuple(found)


def _parallel(settings: Settings, stack: ExitStack) -> Any:
    """joblib on the engine, connected until the stack closes."""
    engine = settings.engine
    options: dict[str, Any] = {}
    if engine == "dask":
        from distributed import Client

        address = settings.engine_address or None
        client: Any = Client
        stack.enter_context(client(address, timeout=CONNECT_SECONDS, set_as_default=True))
        options = {"wait_for_workers_timeout": CONNECT_SECONDS}
    elif engine == "ray":
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it tells nobody that it is used
        import ray
        from ray.util.joblib import register_ray

        if not ray.is_initialized():
            try:
                ray.init(address=settings.engine_address or None, logging_level=logging.ERROR)
            except Exception as error:  # Ray raises nothing narrower
                raise ConnectionError(str(error)) from error
            stack.callback(ray.shutdown)
        register: Any = register_ray
        register()
    elif engine == "spark":
        from joblibspark import register_spark

        register_spark()  # on the session of SPARK_MASTER, or a local one
    stack.enter_context(joblib.parallel_config(engine, **options))
    jobs = settings.engine_jobs or -1
    order = "generator" if engine in IN_ORDER else "list"
    return joblib.Parallel(n_jobs=jobs, batch_size=1, return_as=order, pre_dispatch="2*n_jobs")
