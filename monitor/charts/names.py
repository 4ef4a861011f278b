"""Where the names of points go, so that none lies on another however wide the chart is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt

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

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = Floats  # of boxes, one each, the fields of Box across
_FIELDS: Final = attrgetter("x", "y", "right", "up", "wide", "high")


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
        return _meets(self, _rows([other]))

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
    full, found = _rows(taken), {}
    for name, x, y in names:
        place = next((b for b in _places(name, x, y) if _free(b, full)), None)
        if place is not None:
            found[name] = place
            full = np.vstack([full, _rows([place, *_leader(place)])])
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


def _free(box: Box, full: Rows) -> bool:
    return box.inside() and not any(_meets(one, full) for one in (box, *_leader(box)))


def _rows(boxes: Iterable[Box]) -> Rows:
    return np.array([_FIELDS(box) for box in boxes], dtype=float).reshape(-1, 6)


def _meets(one: Box, others: Rows) -> bool:
    """Whether it lies on any of these: some hundred points have a box each."""
    x, y, right, up, wide, high = others.T
    across = _near(one.x - x, one.right - right, one.wide + wide, WIDE)
    return bool((across & _near(one.y - y, one.up - up, one.high + high, HIGH)).any())


def _near(share: Floats, apart: Floats, reach: Floats, sizes: tuple[float, float]) -> Bools:
    """Whether two centres come closer than ``reach`` at any size between these."""
    ends = [share * size + apart for size in sizes]
    return (np.minimum(*ends) < reach) & (np.maximum(*ends) > -reach)


def _within(share: float, apart: float, half: float, sizes: tuple[float, float]) -> bool:
    return all(half <= share * size + apart <= size - half for size in sizes)
