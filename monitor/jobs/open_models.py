"""Models that stay in memory between batches."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import ExitStack
from types import TracebackType

from monitor.jobs.register import with_stored_file
from monitor.jobs.version import Version
from monitor.models.runner import Runner, open_runner
from monitor.store.engine import Store
from monitor.store.trust import is_trusted

KEPT_OPEN = 4  # models in memory at a time


class Runners:
    """The runners used last, kept open by version: loading a model costs more than a batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: OrderedDict[int, tuple[Runner, ExitStack]] = OrderedDict()

    def __call__(self, version: Version) -> Runner:
        if version.id not in self._open:
            while len(self._open) >= KEPT_OPEN:
                self._close(next(iter(self._open)))
            self._open[version.id] = self._start(version)
        self._open.move_to_end(version.id)
        return self._open[version.id][0]

    def _start(self, version: Version) -> tuple[Runner, ExitStack]:
        stack = ExitStack()
        runner = stack.enter_context(
            open_runner(
                with_stored_file(self._store, version.spec, version.facts),
                version.facts,
                settings=self._store.settings,
                trusted=lambda sha256: is_trusted(self._store, sha256),
                contract=version.contract,
            )
        )
        return runner, stack

    def _close(self, version_id: int) -> None:
        _, stack = self._open.pop(version_id)
        stack.close()

    def close(self) -> None:
        """Ends them all; the next batch starts its model afresh."""
        for version_id in list(self._open):
            self._close(version_id)

    def __enter__(self) -> Runners:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
