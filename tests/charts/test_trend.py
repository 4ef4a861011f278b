"""A metric over time says its limit, its breaches and how sure it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import trend
from monitor.charts.thin import MOST, thin
from tests.charts.conftest import checked


@pytest.fixture
def broken(series: Any) -> pd.DataFrame:
    low = {"value": 0.7, "low": 0.66, "high": 0.74, "verdict": "failing", "reason": "Below <b>."}
    return series({}, {}, low, low)


def test_the_alt_text_is_the_takeaway(broken: pd.DataFrame) -> None:
    assert trend.describe(broken) == (
        "Accuracy is 70.0 % (66.0 % to 74.0 %, n = 500) in 22 Jun to 28 Jun 2026; 2 of 4 batches "
        "beyond the limit (at least 80.0 %), first in 15 Jun to 21 Jun 2026."
    )


def test_a_series_without_values_says_so(series: Any) -> None:
    empty = series({"value": None}, {"value": None})
    assert trend.describe(empty) == "Accuracy: no value yet in 2 batches."


def test_breached_points_differ_in_shape_and_colour(broken: pd.DataFrame) -> None:
    points = [
        t for t in checked(trend.figure(broken)).data if t.type == "scatter" and t.mode == "markers"
    ]
    assert len({t.marker.symbol for t in points}) == len({t.marker.color for t in points}) == 2


def test_limit_and_reference_are_drawn_and_labelled(broken: pd.DataFrame) -> None:
    figure = checked(trend.figure(broken))
    assert [a.text for a in figure.layout.annotations] == ["limit 80.0 %"]
    assert "reference 91.0 %" in {t.name for t in figure.data}


def test_n_is_in_every_hover_and_reasons_are_escaped(broken: pd.DataFrame) -> None:
    points = [
        t for t in checked(trend.figure(broken)).data if t.type == "scatter" and t.mode == "markers"
    ]
    texts = [text for t in points for text in t.text]
    assert all("n = 500" in text for text in texts)
    assert texts[0].endswith("Below &lt;b&gt;.")


def test_a_new_version_is_a_vertical_line(series: Any) -> None:
    figure = checked(trend.figure(series({}, {"version": 2})))
    assert [s.label.text for s in figure.layout.shapes if s.label.text] == ["version 2"]


def test_one_point_is_enough_to_draw(series: Any) -> None:
    figure = checked(trend.figure(series({})))
    assert len(figure.data) > 0
    assert figure.layout.xaxis.range == ("2026-05-26T18:00:00", "2026-06-06T06:00:00")
    assert figure.layout.xaxis.ticktext == ("1 Jun 2026",)
    point = next(t for t in figure.data if t.mode == "markers")
    assert point.error_y.array == pytest.approx((0.02,))
    assert point.error_y.arrayminus == pytest.approx((0.02,))
    assert trend.describe(series({}, limit_low=None)).endswith("; no limit is set.")


def test_rows_without_a_label_show_behind_those_with_one(series: Any) -> None:
    coverage = series({"metric": "label_coverage", "n": 900})
    bars = [t for t in checked(trend.figure(series({}), coverage=coverage)).data if t.type == "bar"]
    assert [list(bar.y) for bar in bars] == [[900], [500]]


def test_thinning_keeps_extremes_breaches_and_the_end(series: Any) -> None:
    long = pd.concat([series({})] * 5000, ignore_index=True)
    long.loc[1234, ["value", "verdict"]] = [0.1, "failing"]
    long.loc[77, "value"] = 0.99
    kept = thin(long)
    assert len(kept) <= MOST + 1
    assert {0.1, 0.99} <= set(kept["value"])
    assert "failing" in set(kept["verdict"])


def test_short_series_are_left_alone(series: Any) -> None:
    frame = series({}, {})
    assert thin(frame) is frame


def test_an_estimates_band_breaks_off_where_it_is_not_reliable(series: Any) -> None:
    doubtful = {"verdict": "not enough data", "reason": "Not reliable: too unlike."}
    rows = series({}, {}, doubtful, {}, {})
    figure = checked(trend.figure(rows, estimated=rows))
    bands = [t for t in figure.data if t.type == "scatter" and t.fill == "toself"]
    assert [len(set(band.x)) for band in bands] == [2, 2]
    assert rows["starts_at"].iloc[2].strftime("%Y-%m-%d") not in str([band.x for band in bands])
