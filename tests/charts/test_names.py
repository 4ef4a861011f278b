"""Names of points: each is drawn apart from all others, at the width of any screen."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.charts import names
from monitor.charts.names import Box

LETTER = 5.9  # the widest mean of a name of small letters, measured in Chromium
shares = st.floats(0.02, 0.95)
crowds = st.lists(st.tuples(st.text("abcm_", min_size=1, max_size=20), shares, shares), max_size=12)


def rectangle(note: dict[str, Any], width: float, height: float) -> tuple[float, ...]:
    """Left, right, bottom and top in pixels of an annotation whose point is told in shares."""
    half = len(note["text"]) * LETTER / 2
    centre, middle = note["x"] * width, note["y"] * height
    if note["showarrow"]:
        centre += {"left": half, "center": 0, "right": -half}[note["xanchor"]]
        middle += 6 - note["ay"]
    else:
        centre, middle = centre + note["xshift"], middle + note["yshift"]
    return centre - half, centre + half, middle - 6, middle + 6


def apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]


@given(crowds, st.floats(270, 1400), st.floats(180, 220))
def test_no_name_lies_on_another_or_beyond_the_plot(
    crowd: list[tuple[str, float, float]], width: float, height: float
) -> None:
    crowd = list({one[0]: one for one in crowd}.values())
    at = {name: (x, y) for name, x, y in crowd}
    taken = [Box(x, y) for x, y in at.values()]
    notes = names.drawn(names.beside(crowd, taken), at)
    drawn = [rectangle({"showarrow": True} | note, width, height) for note in notes]
    assert all(apart(a, b) for a, b in combinations(drawn, 2))
    assert all(left >= 0 and right <= width for left, right, _, _ in drawn)
    assert all(bottom >= 0 and top <= height for _, _, bottom, top in drawn)


@given(crowds.filter(len))
def test_no_name_hides_a_point(crowd: list[tuple[str, float, float]]) -> None:
    at = {name: (x, y) for name, x, y in crowd}
    taken = [Box(x, y) for x, y in at.values()]
    places = names.beside(crowd, taken)
    assert not any(place.meets(point) for place in places.values() for point in taken)


@pytest.mark.parametrize("said", ["limit 0.2", "limit 0.123456"])
def test_a_line_and_its_word_keep_their_place(said: str) -> None:
    line, word = names.across(0.5, said=said)
    place = names.beside([("income", 0.87, 0.5)], [line, word])["income"]
    assert not place.meets(line)
    assert not place.meets(word)


def test_two_points_in_one_place_have_both_their_names() -> None:
    at = {"age": (0.3, 0.2), "income": (0.3, 0.2)}
    crowd = [(name, *place) for name, place in at.items()]
    assert set(names.beside(crowd, [Box(0.3, 0.2)])) == {"age", "income"}


def test_wide_scripts_and_capitals_take_more_room() -> None:
    small, capitals, square = (
        next(iter(names.beside([(name, 0.5, 0.5)], []).values())).wide
        for name in ("income", "INCOME", "年収年収年収")
    )
    assert small < capitals < square
