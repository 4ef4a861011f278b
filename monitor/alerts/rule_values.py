"""What makes a value of a rules file that of a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from monitor.alerts.rule import Against, Evidence
from monitor.terms import Severity

NUMBERS: Final = ("low", "high", "critical_low", "critical_high", "minimum_coverage",
                  "remind_hours", "escalate_hours", "relapse_days")  # fmt: skip
WHOLE: Final = ("minimum_rows", "wait_days", "trailing")
CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "against": Against, "severity": Severity, "evidence": Evidence
}  # fmt: skip
OF: Final = "batches"  # "2 of 3"


def reader(key: str) -> Callable[[Any], Any]:
    """What makes a value of the file that of a rule; ValueError says what was wanted."""
    if key in CHOICES:
        return lambda value: _choice(CHOICES[key], value)
    if key in NUMBERS or key in WHOLE:
        return _whole if key in WHOLE else _number
    return {"channels": _texts, "enabled": _yes_or_no, OF: _of}.get(key, _text)


def _choice(choices: type[StrEnum], value: Any) -> StrEnum:
    near = get_close_matches(str(value), [str(one) for one in choices], n=1)
    if value not in list(choices):
        raise ValueError(near[0] if near else "one of " + ", ".join(choices))
    return choices(value)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError("a number") from None


def _whole(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text; put it in quotes")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _of(value: Any) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d+)\s+of\s+(\d+)\s*", str(value))
    if not found:
        raise ValueError('so many of how many, such as "2 of 3"')
    return int(found[1]), int(found[2])
