"""Dots with intervals: the bar is the interval, and what has no value is not drawn."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.charts import dots, theme
from tests.charts.conftest import checked


def test_bars_end_where_the_interval_does(series: Any) -> None:
    rows = series({"value": 0.5, "low": 0.4, "high": 0.7}, {"value": None}, metric="accuracy")
    chart = theme.blank()
    dots.draw(chart, rows.assign(at=[0, 1], told=["<b>", "none"]), dots.FULL)
    (trace,) = checked(chart).data
    assert (trace.x, trace.y, trace.text) == ((0.5,), (0,), ("<b>",))
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(0.7)
    assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(0.4)


def test_without_a_known_interval_there_is_no_bar(series: Any) -> None:
    rows = series({"value": 0.5, "low": None, "high": None}, metric="accuracy")
    chart = theme.blank()
    dots.draw(chart, rows.assign(at=0, told=""), dots.HOLLOW)
    assert (checked(chart).data[0].error_x.array, checked(chart).data[0].error_x.arrayminus) == (
        (0,),
        (0,),
    )


def test_where_nothing_is_known_nothing_is_drawn(series: Any) -> None:
    chart = theme.blank()
    rows = series({"value": None}, metric="accuracy")
    dots.draw(chart, rows.assign(at=0, told=""), dots.FULL)
    dots.draw(chart, rows.head(0).assign(at=0, told=""), dots.FULL)
    assert checked(chart).data == ()


def test_a_name_leaves_room_for_what_is_drawn():
    assert dots.label("<" + "x" * 10_000, "n = 7").startswith("&lt;xxx")
    assert len(dots.label("x" * 10_000, "")) < 100
    assert dots.label("x" * dots.NAME, "").startswith("x" * dots.NAME + "<br>")
