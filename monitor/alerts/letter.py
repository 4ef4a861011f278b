"""The parts of a message before they have a form; all unescaped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How loud it is."""

    CRITICAL = "critical"
    WARNING = "warning"
    OVER = "over"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a press leads."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Badge:
    """One word, its colour and its mark."""

    tone: Tone
    word: str

    @property
    def text(self) -> str:
        return f"{_ICONS[self.tone]} {self.word}"

    @property
    def colour(self) -> str:
        return _COLOURS[self.tone]


@dataclass(frozen=True, slots=True)
class Part:
    """What is told in full of one incident."""

    badge: Badge
    heading: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    next_step: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one incident in a line."""

    badge: Badge
    words: str
    link: Link


@dataclass(frozen=True, slots=True)
class Letter:
    """A heading over one part or several, and a line for each of the rest.

    ``opening`` says how the parts hang together; ``more`` counts those that have no line.
    A picture belongs to the first part.
    """

    badge: Badge
    heading: str
    parts: tuple[Part, ...]
    opening: str = ""
    rest: tuple[Line, ...] = ()
    more: int = 0
    pictured: bool = False

    @property
    def alone(self) -> bool:
        """Whether the heading is that of its only part."""
        return len(self.parts) == 1 and not self.rest

    @property
    def rest_title(self) -> str:
        return f"And {len(self.rest) + self.more} more"

    @property
    def unsaid(self) -> str:
        return f"{self.more} more are on the page." if self.more else ""


_ICONS = {Tone.CRITICAL: "✖", Tone.WARNING: "▲", Tone.OVER: "✔", Tone.PLAIN: "●"}
# White writing on each has a contrast of at least 4.5.
_COLOURS = {
    Tone.CRITICAL: "#B42318",
    Tone.WARNING: "#9A5B00",
    Tone.OVER: "#1A7F37",
    Tone.PLAIN: "#0A3A9E",
}
