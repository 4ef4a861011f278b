"""What a worker of an engine does: opens the model, counts one partition, sends back its tally.

Rows never travel: an errand names where they lie, and where the predictions are to be put.
"""

from __future__ import annotations

import atexit
import json
import resource
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from threadpoolctl import threadpool_limits

from monitor.errors import FairwatchError, PassingFault
from monitor.jobs.partitions import Counted, Partition, count, opened
from monitor.jobs.predictions import PredictionsFile
from monitor.measures.layout import Layout
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import Profiles, Tally
from monitor.models.contract import Contract
from monitor.models.runner import Runner, open_runner
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_from_json
from monitor.settings import Settings
from monitor.store import places


@dataclass(frozen=True, slots=True)
class Opening:
    """All it takes to open a version elsewhere, as JSON; ``file`` is the address of its model file
    and ``trusted`` what the administrator said of it."""

    version: str
    file: str | None
    trusted: bool
    predict_seconds: float
    predict_memory_mb: int


@dataclass(frozen=True, slots=True)
class Errand:
    """One partition to count; its predictions are put at the address ``keep``."""

    opening: Opening
    partition: Partition
    keep: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The counts of one errand, or in ``error`` why there are none; ``passing`` errors may not come
    again."""

    profiles: bytes = b""
    outcomes: bytes = b""
    rows: int = 0
    labelled: int = 0
    predict_seconds: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    passing: bool = False

    def counted(self, layout: Layout) -> Counted:
        profiles = Profiles.from_bytes(self.profiles, layout)
        outcomes = Outcomes.from_bytes(self.outcomes, layout)
        return Counted(Tally(profiles, outcomes), self.rows, self.labelled, self.predict_seconds)


@dataclass(frozen=True, slots=True)
class _Open:
    runner: Runner
    spec: Spec
    contract: Contract
    layout: Layout
    stack: ExitStack


_threads = threading.local()
_opened: dict[int, ExitStack] = {}


def described(
    spec: Mapping[str, Any], contract: Contract, layout: Layout, facts: Mapping[str, Any]
) -> str:
    """A version in one text, the same for all of its errands."""
    told = {"spec": spec, "contract": contract.to_json(), "layout": layout.to_json()}
    return json.dumps({**told, "facts": dict(facts)})


def run(errand: Errand) -> Answer:
    """Counts the partition; the model stays open for this thread's next errand."""
    try:
        with threadpool_limits(1), TemporaryDirectory(prefix="fairwatch-part-") as folder:
            return _run(errand, Path(folder) / "predictions.parquet")
    except FairwatchError as error:
        _close()
        return Answer(error=str(error), passing=isinstance(error, PassingFault))


def _run(errand: Errand, predictions: Path) -> Answer:
    version = _version(errand.opening)
    with PredictionsFile(predictions) as file, opened(errand.partition) as table:
        found = count(
            table,
            version.runner,
            spec=version.spec,
            contract=version.contract,
            layout=version.layout,
            offset=errand.partition.offset,
            write=file.write,
        )
    places.put(predictions, errand.keep)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Answer(
        found.tally.profiles.to_bytes(),
        found.tally.outcomes.to_bytes(),
        found.rows,
        found.labelled,
        found.predict_seconds,
        peak + version.runner.peak_bytes / 1e6,
    )


def _version(opening: Opening) -> _Open:
    """As this thread has it open, or opened now; one version at a time."""
    before: tuple[Opening, _Open] | None = getattr(_threads, "open", None)
    if before is not None and before[0] == opening:
        return before[1]
    _close()
    version = _started(opening)
    _threads.open = (opening, version)
    _opened[threading.get_ident()] = version.stack
    return version


def _started(opening: Opening) -> _Open:
    told, stack = json.loads(opening.version), ExitStack()
    contract, layout = Contract.from_json(told["contract"]), Layout.from_json(told["layout"])
    with ExitStack() as failing:
        failing.callback(stack.close)
        spec = _with_file(spec_from_json(told["spec"]), opening, stack)
        settings = Settings(
            predict_seconds=opening.predict_seconds, predict_memory_mb=opening.predict_memory_mb
        )
        trusted: Callable[[str], bool] = lambda sha256: opening.trusted  # noqa: E731
        runner = stack.enter_context(
            open_runner(spec, told["facts"], settings=settings, trusted=trusted, contract=contract)
        )
        failing.pop_all()
    return _Open(runner, spec, contract, layout, stack)


def _with_file(spec: Spec, opening: Opening, stack: ExitStack) -> Spec:
    """With the model file here; its hash is checked where it is opened."""
    if opening.file is None:
        return spec
    file = opening.file
    if places.is_remote(file):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fairwatch-model-")))
        name = Path(places.shown(file)).name
        file = str(places.fetch(file, folder / name))
    return replace(spec, runner=replace(spec.runner, file=file))


def _close() -> None:
    _threads.open = None
    stack = _opened.pop(threading.get_ident(), None)
    if stack is not None:
        stack.close()


@atexit.register
def _close_all() -> None:
    while _opened:
        _opened.popitem()[1].close()
