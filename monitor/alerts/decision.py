"""What failed, what probably lies behind it, and what we would do about it now.

Nothing is done here: a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.alerts.grouping import Breach, explained, listed
from monitor.alerts.remedies import OPTIONS, Context, Option, Remedy


@dataclass(frozen=True, slots=True)
class Decision:
    """What failed, what probably lies behind it, and every remedy; exactly one is recommended."""

    failed: str
    cause: str
    options: tuple[Option, ...]


def decide(breach: Breach, context: Context) -> Decision:
    """The recommended remedy is the first that its numbers speak for; where none is, nothing."""
    m = breach.measurement
    found = [OPTIONS[remedy](m, context) for remedy in Remedy]
    chosen = next(i for i, (_, convincing) in enumerate(found) if convincing)
    options = [replace(option, recommended=i == chosen) for i, (option, _) in enumerate(found)]
    return Decision(listed([breach]), _cause(context), tuple(options))


def _cause(context: Context) -> str:
    told = explained(context.broke or context.together) or "Nothing else broke in the same batch."
    suspects = f"Suspected columns: {context.suspects}" if context.suspects else ""
    return " ".join(filter(None, (told, suspects)))
