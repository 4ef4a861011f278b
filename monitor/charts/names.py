"""Where the names of points go, so that none lies on another however wide the chart is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import east_asian_width

from monitor.charts import theme
from monitor.charts.words import short

WIDE: Final = (270.0, 1400.0)  # pixels between the axes, on a telephone and on a large screen
HIGH: Final = (180.0, 220.0)  # with a legend above and without one, of a figure of 300
LETTER: Final = 6.2  # pixels across at size 11; of capitals, and of scripts that are twice as wide
CAPITAL: Final = 8.0
SQUARE: Final = 11.0
LINE: Final = 14.0
CLEAR: Final = 8.0  # between a point and its name
STEPS: Final = tuple(LINE * i for i in range(2, 11))  # how far up a leader line may go


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the plot: its centre is shares of width and height, plus pixels right and up.

    ``wide`` and ``high`` are half of its sides, in pixels.
    """

    x: float
    y: float
    right: float = 0.0
    up: float = 0.0
    wide: float = 6.0
    high: float = 6.0

    def meets(self, other: Box) -> bool:
        """Whether the two lie on each other at any size the plot may have."""
        across = _near(self.x - other.x, self.right - other.right, self.wide + other.wide, WIDE)
        return across and _near(self.y - other.y, self.up - other.up, self.high + other.high, HIGH)

    def inside(self) -> bool:
        """Whether all of it is on the plot at any size."""
        return _within(self.x, self.right, self.wide, WIDE) and _within(
            self.y, self.up, self.high, HIGH
        )


def beside(names: Sequence[tuple[str, float, float]], taken: Iterable[Box]) -> dict[str, Box]:
    """The place of each name, told with its point's shares of width and height; first come first.

    A name goes beside its point, else above at the end of a leader line; one that finds no room is
    left out.  ``taken`` is what else is drawn there, the points themselves among it.
    """
    full, found = list(taken), {}
    for name, x, y in names:
        place = next((b for b in _places(name, x, y) if _free(b, full)), None)
        if place is not None:
            found[name] = place
            full += [place, *_leader(place)]
    return found


def across(y: float, *, said: str) -> list[Box]:
    """A line from left to right at this share of the height, with its word above its right end."""
    half = _half(said)
    return [
        Box(0.5, y, wide=WIDE[1], high=1.0),
        Box(1.0, y, -half, LINE / 2, half, LINE / 2),
    ]


def drawn(places: dict[str, Box], at: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Each name at its place; ``at`` are the points, in the units of the axes."""
    return [_annotation(name, box, *at[name]) for name, box in places.items()]


def _annotation(name: str, box: Box, x: float, y: float) -> dict[str, Any]:
    shared = {
        "x": x,
        "y": y,
        "text": theme.plain(short(name)),
        "font": {"size": 11},
        "borderpad": 0,
    }
    if not _leader(box):
        return shared | {"showarrow": False, "xshift": box.right, "yshift": box.up}
    line = {"arrowhead": 0, "arrowwidth": 1, "arrowcolor": theme.MUTED, "standoff": CLEAR}
    anchor = {0: "center", 1: "left", -1: "right"}[(box.right > 0) - (box.right < 0)]
    return (
        shared | line | {"ax": 0, "ay": LINE / 2 - box.up, "xanchor": anchor, "yanchor": "bottom"}
    )


def _places(name: str, x: float, y: float) -> Iterator[Box]:
    """Above, below, to the right, to the left; then higher and higher up."""
    half = _half(short(name))
    aside, near = half + CLEAR, LINE / 2 + CLEAR
    for right, up in ((0.0, near), (0.0, -near), (aside, 0.0), (-aside, 0.0)):
        yield Box(x, y, right, up, half, LINE / 2)
    for up in STEPS:
        for right in (0.0, half, -half):
            yield Box(x, y, right, up + LINE / 2, half, LINE / 2)


def _half(text: str) -> float:
    return sum(map(_letter, text)) / 2


def _letter(one: str) -> float:
    if east_asian_width(one) in "WF":
        return SQUARE
    return CAPITAL if one.isupper() else LETTER


def _leader(box: Box) -> list[Box]:
    """The line from a point up to a name that is not beside it; none where it is."""
    half = (box.up - LINE / 2 - CLEAR) / 2
    return [Box(box.x, box.y, 0.0, CLEAR + half, 1.0, half)] if half > 0 else []


def _free(box: Box, full: list[Box]) -> bool:
    own = (box, *_leader(box))
    return box.inside() and not any(one.meets(other) for one in own for other in full)


def _near(share: float, apart: float, reach: float, sizes: tuple[float, float]) -> bool:
    """Whether two centres come closer than ``reach`` at any size between these."""
    least, most = sorted(share * size + apart for size in sizes)
    return least < reach and most > -reach


def _within(share: float, apart: float, half: float, sizes: tuple[float, float]) -> bool:
    return all(half <= share * size + apart <= size - half for size in sizes)
