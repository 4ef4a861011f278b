"""What went wrong with a model's process, each in one sentence that says what to do."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.errors import ModelError, PassingFault
from monitor.models import files
from monitor.models.runners.answers import subject
from monitor.models.spec import Spec
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Faults:
    """Those of one version's model, run by ``python``; ``doing`` is load or predict."""

    spec: Spec
    settings: Settings
    python: str

    def garbled(self, doing: str, error: Exception) -> ModelError:
        """A model that writes to what is not its own, or answers without end."""
        return ModelError(
            f"{subject(self.spec)} gave no answer that can be read during {doing} "
            f"({' '.join(str(error).split())[:200]}): it may write to pipes that are not its own, "
            f"or answer far more than it was asked."
        )

    def failed(self, doing: str, told: Mapping[str, Any]) -> ModelError:
        """A fault the child could still tell."""
        name, error = subject(self.spec), told.get("error", "")
        if told["failed"] == "memory":
            return self._too_big(doing)
        if told["failed"] == "exit":
            return PassingFault(f"{name} ended its process during {doing} (exit code {error}).")
        if told["failed"] == "refused":
            return ModelError(f"{name} cannot be used: {error}.")
        if doing == "load":
            found = files.interpreter_facts(self.python)["libraries"].get("scikit-learn", "none")
            return ModelError(
                f"{name} cannot be opened by {self.python}, which has scikit-learn {found} "
                f"({error}): name the interpreter it was saved with in model.python."
            )
        return ModelError(f"{name} failed to predict: {error}")

    def ended(self, doing: str, code: int, log: bytes) -> ModelError:
        """A fault that only the exit code tells; ``log`` is the end of what the child printed."""
        lines = reversed(log.decode(errors="replace").splitlines())
        last = next((line.strip() for line in lines if line.strip()), "")
        if code == -signal.SIGXCPU:
            return self.too_slow(doing)
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return PassingFault(
            f"{subject(self.spec)} ended its process during {doing} ({how})"
            + (f": {last[:300]}" if last else ".")
        )

    def too_slow(self, doing: str) -> PassingFault:
        return PassingFault(
            f"{subject(self.spec)} took longer than {self.settings.predict_seconds:g} seconds to "
            f"{doing} and was stopped: raise FAIRWATCH_PREDICT_SECONDS if it needs them."
        )

    def _too_big(self, doing: str) -> PassingFault:
        return PassingFault(
            f"{subject(self.spec)} needed more than {self.settings.predict_memory_mb:,} MB of "
            f"memory to {doing}: raise FAIRWATCH_PREDICT_MEMORY_MB if it needs them."
        )
