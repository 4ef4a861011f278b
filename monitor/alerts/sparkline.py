"""A metric's recent course as a small picture that e-mail can carry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 280, 64  # as shown; drawn with twice the pixels
_DENSITY = 2
_MARGIN = 8
_LINE, _LIMIT, _GROUND = "#0A3A9E", "#B45309", "#FFFFFF"
_BEYOND, _WITHIN = "#B42318", "#0A3A9E"

Point = tuple[float, float]


def sparkline(
    values: Sequence[float | None], *, low: float | None = None, high: float | None = None
) -> bytes:
    """A PNG of the values, oldest first, with dashed limits and the last point marked.

    An undefined value (None, NaN, infinite) is a gap.  Fewer than two values that can be drawn
    give no picture: empty bytes.
    """
    known = [value for value in values if _drawable(value)]
    if len(known) < 2:
        return b""
    limits = [limit for limit in (low, high) if limit is not None and math.isfinite(limit)]
    place = _Scale(len(values), [*known, *limits])
    image = Image.new("RGB", (WIDTH * _DENSITY, HEIGHT * _DENSITY), _GROUND)
    draw = ImageDraw.Draw(image)
    for limit in limits:
        _dashed(draw, place.height(limit))
    for stretch in _stretches(values, place):
        _stroke(draw, stretch)
    _mark_last(draw, values, place, limits=(low, high))
    return _png(image)


def _drawable(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


class _Scale:
    """From position and value to pixels."""

    __slots__ = ("_bottom", "_count", "_span")

    def __init__(self, count: int, values: Sequence[float | None]) -> None:
        known = [value for value in values if value is not None]
        self._count = count
        self._bottom = min(known)
        self._span = (max(known) - self._bottom) or 1.0

    def point(self, index: int, value: float) -> Point:
        across = (WIDTH - 2 * _MARGIN) * index / max(self._count - 1, 1)
        return ((_MARGIN + across) * _DENSITY, self.height(value))

    def height(self, value: float) -> float:
        share = (value - self._bottom) / self._span
        return (HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN)) * _DENSITY


def _stretches(values: Sequence[float | None], place: _Scale) -> list[list[Point]]:
    """Runs of neighbouring points without a gap."""
    stretches: list[list[Point]] = [[]]
    for index, value in enumerate(values):
        if value is None or not _drawable(value):
            stretches.append([])
        else:
            stretches[-1].append(place.point(index, value))
    return [stretch for stretch in stretches if stretch]


def _stroke(draw: ImageDraw.ImageDraw, stretch: list[Point]) -> None:
    if len(stretch) == 1:
        _dot(draw, stretch[0], radius=2, colour=_LINE)
    else:
        draw.line(stretch, fill=_LINE, width=2 * _DENSITY, joint="curve")


def _dashed(draw: ImageDraw.ImageDraw, height: float) -> None:
    dash, gap = 5 * _DENSITY, 4 * _DENSITY
    for start in range(0, WIDTH * _DENSITY, dash + gap):
        draw.line([(start, height), (start + dash, height)], fill=_LIMIT, width=_DENSITY)


def _mark_last(
    draw: ImageDraw.ImageDraw,
    values: Sequence[float | None],
    place: _Scale,
    *,
    limits: tuple[float | None, float | None],
) -> None:
    low, high = limits
    index, value = [(i, v) for i, v in enumerate(values) if v is not None and _drawable(v)][-1]
    beyond = (low is not None and value < low) or (high is not None and value > high)
    _dot(draw, place.point(index, value), radius=6, colour=_GROUND)
    _dot(draw, place.point(index, value), radius=4, colour=_BEYOND if beyond else _WITHIN)


def _dot(draw: ImageDraw.ImageDraw, at: Point, *, radius: float, colour: str) -> None:
    (x, y), r = at, radius * _DENSITY
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _png(image: Image.Image) -> bytes:
    data = BytesIO()
    image.save(data, "PNG", optimize=True, dpi=(72 * _DENSITY, 72 * _DENSITY))
    return data.getvalue()
