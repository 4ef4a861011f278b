"""What a person looks at, kept in the address: frozen, and every field has an allowed value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

SECTIONS: Final = (
    "performance", "fairness", "drift", "quality", "evidence", "causes", "versions",
)  # fmt: skip
WINDOWS: Final[dict[str, int | None]] = {"7d": 7, "30d": 30, "90d": 90, "1y": 365, "all": None}
DEFAULT_WINDOW: Final = "1y"
LONGEST: Final = 400  # characters of one value; longer is nonsense


@dataclass(frozen=True, slots=True)
class Window:
    """Some days back from the last data, or between two days; both ends None means everything."""

    slug: str
    back: int | None = None
    between: tuple[datetime, datetime] | None = None

    def bounds(self, last: datetime | None) -> tuple[datetime | None, datetime | None]:
        """From and until; ``last`` is where the data end, so old histories show as well."""
        if self.between is not None:
            return self.between
        if self.back is None or last is None:
            return (None, None)
        return (last - timedelta(days=self.back), None)


@dataclass(frozen=True, slots=True)
class View:
    """The address, read; ``unknown`` is the model that was asked for and is not there,
    ``asked`` the one that was and is.

    ``attribute``, ``metric``, ``feature``, ``group``, ``batch``, ``part``, ``rule`` and ``do`` are
    as written: what they may be depends on the model, so the page passes them through ``choose``.
    """

    model: str
    unknown: str
    section: str
    window: Window
    attribute: str = ""
    metric: str = ""
    feature: str = ""
    group: str = ""
    batch: str = ""
    part: str = ""
    rule: str = ""
    do: str = ""
    incident: int | None = None
    asked: str = ""

    @classmethod
    def of(cls, address: Mapping[str, str], models: Iterable[str]) -> View:
        """Reads the address; anything it does not say, or says wrongly, falls back."""
        known = list(models)
        asked = address.get("model", "")
        free = ("attribute", "metric", "feature", "group", "batch", "part", "rule", "do")
        return cls(
            model=choose(asked, known),
            unknown=asked if asked and asked not in known else "",
            asked=asked if asked in known else "",
            section=choose(address.get("section", ""), SECTIONS),
            window=window(address.get("window", "")),
            incident=_whole(address.get("incident", "")),
            **{name: address.get(name, "")[:LONGEST] for name in free},
        )


def choose(wanted: str, allowed: Iterable[str], default: str | None = None) -> str:
    """``wanted`` where it is allowed, else the default, else the first; "" where nothing is.

    >>> choose("age", ["sex", "age"]), choose("shoe size", ["sex", "age"])
    ('age', 'sex')
    """
    options = list(allowed)
    if wanted in options:
        return wanted
    if default in options:
        return str(default)
    return options[0] if options else ""


def window(slug: str) -> Window:
    """``30d`` or ``2026-01-01/2026-03-01``; anything else is the default.

    >>> window("30d").back
    30
    """
    if slug in WINDOWS:
        return Window(slug, back=WINDOWS[slug])
    between = _between(slug)
    if between is not None:
        return Window(slug, between=between)
    return Window(DEFAULT_WINDOW, back=WINDOWS[DEFAULT_WINDOW])


def _between(slug: str) -> tuple[datetime, datetime] | None:
    start, slash, end = slug.partition("/")
    try:
        first, last = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end))
        return (first, last + timedelta(days=1)) if slash and first <= last else None
    except (ValueError, OverflowError):
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
