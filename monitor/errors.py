"""Every error Fairwatch raises on purpose, in one tree.

FairwatchError
├── SpecError              a model's spec cannot be used
├── BatchError             a file is refused; nothing of it was scored
│   └── ContractError      its columns break the model's contract
├── ModelError             a model file cannot be run
│   ├── UntrustedModel     a pickle whose sha256 nobody trusted
│   └── PassingFault       it may work next time: time-out, killed, out of memory
├── RuleError              rules cannot be as somebody wants them
├── StoreError             the database or the files cannot be used
│   ├── NotFound           no such model, batch, channel …
│   ├── RowsDeleted        a batch's rows are kept no longer; its numbers are
│   └── Busy               locked or full; try again
├── AccessRefused          the server would be open to strangers, or its login is incomplete
├── ReportError            another library could not make what was asked of it
└── DeliveryError          a message could not be handed over; the outbox tries again

Each carries one sentence: what was found, what was wanted, what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class FairwatchError(Exception):
    """The root; its text is one sentence fit for a page."""

    @property
    def sentence(self) -> str:
        return str(self)


class SpecError(FairwatchError):
    """A model's spec is incomplete or contradicts its reference."""


class BatchError(FairwatchError):
    """A file cannot become a batch."""


class ContractError(BatchError):
    """A file was read, but its columns break the model's contract."""


class ModelError(FairwatchError):
    """A model file cannot be run, and trying again will not help."""


class UntrustedModel(ModelError):
    """A pickle runs code when it is opened, and nobody trusted this one."""

    def __init__(self, path: str, sha256: str) -> None:
        super().__init__(
            f"{path} (sha256 {sha256[:12]}…) is a pickle, which can run any code, and nobody has "
            f"trusted it: check where it comes from, then add it again with --trust."
        )
        self.path, self.sha256 = path, sha256


class PassingFault(ModelError):
    """A fault that may pass: the job is tried again with a delay."""


class RuleError(FairwatchError):
    """Rules cannot be as somebody wants them; ``sentences`` say why, one for each thing wrong."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


class StoreError(FairwatchError):
    """The database or the files folder cannot be used."""


class NotFound(StoreError):
    """Something was asked for by a name that is not there."""

    def __init__(self, kind: str, name: str, present: tuple[str, ...] = ()) -> None:
        known = f" There is {', '.join(present)}." if present else ""
        super().__init__(f"No {kind} called {name!r}.{known}")
        self.kind, self.name, self.present = kind, name, present


class RowsDeleted(StoreError):
    """The rows of a batch were deleted, with their predictions and labels; its numbers stay."""

    def __init__(self, batch: str, deleted_at: datetime, why: str) -> None:
        super().__init__(
            f"The rows of batch {batch} were deleted on {deleted_at:%d %b %Y}, because {why}; what "
            f"was counted of them stays."
        )
        self.batch, self.deleted_at, self.why = batch, deleted_at, why


class Busy(StoreError):
    """Locked by another process, or the disk is full: the work is kept and tried again."""


class AccessRefused(FairwatchError):
    """The server would be open to strangers, or its login is configured by half."""


class ReportError(FairwatchError):
    """A report or a number of another library could not be made; nothing else depends on it."""


class DeliveryError(FairwatchError):
    """A message was not accepted; ``retry_after`` is in seconds where the receiver named it.

    ``away`` says that no other message would have been accepted either: nobody answers, the login
    is refused, or the receiver asks for a pause.
    """

    def __init__(
        self, sentence: str, *, retry_after: float | None = None, away: bool = False
    ) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.away = away or retry_after is not None
