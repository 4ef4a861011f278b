"""Evidence over time, drawn beside its limit, and the sentence that replaces the picture."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import evidence, trend
from tests.charts.conftest import checked


@pytest.fixture
def frame(series: Any) -> pd.DataFrame:
    whole = series(
        {"value": 0.001}, {"value": 40.0}, {"value": 2500.0, "verdict": "failing"},
        metric="change_evidence", limit_high=2000.0,
    )  # fmt: skip
    parts = [
        series({"value": v}, {"value": w}, {"value": x}, metric="fairness_change_evidence",
               attribute="sex", group=group)
        for group, v, w, x in (("<b>", 0.001, 1.0, 2500.0), ("other", 0.0001, 39.0, 0.2))
    ]  # fmt: skip
    return pd.concat([whole, *parts], ignore_index=True)


def test_the_strongest_group_of_each_batch_is_drawn_and_named(frame: pd.DataFrame) -> None:
    drawn = {trace.name: trace for trace in checked(evidence.figure(frame)).data}
    group = drawn["strongest group"]
    assert list(group.y) == [0.01, 39.0, 2500.0]
    assert [text.partition("(")[2] for text in group.text] == ["&lt;b&gt;)", "other)", "&lt;b&gt;)"]


def test_little_evidence_is_drawn_at_the_foot_and_alarms_are_marked(frame: pd.DataFrame) -> None:
    drawn = {trace.name: trace for trace in checked(evidence.figure(frame)).data}
    assert list(drawn["all together"].y) == [0.01, 40.0, 2500.0]
    assert list(drawn["beyond the limit"].y) == [2500.0]


def test_the_limit_is_drawn_and_labelled_where_it_is(frame: pd.DataFrame) -> None:
    layout = checked(evidence.figure(frame)).layout
    assert layout.shapes[0].y0 == 2000
    assert layout.annotations[0].text == "limit 2,000"
    assert layout.annotations[0].y == pytest.approx(3.301, abs=0.001)


def test_the_sentence_says_where_it_stands_and_since_when(frame: pd.DataFrame) -> None:
    assert evidence.describe(frame) == (
        "Evidence of change is 2,500 in 15 Jun to 21 Jun 2026, beside a limit of 2,000; "
        "first beyond it in 15 Jun to 21 Jun 2026."
    )
    calm = evidence.describe(frame[frame["batch"] != "week-2"])
    assert calm.endswith("beside a limit of 2,000; no batch was beyond it.")


def test_an_alarm_is_marked_where_it_begins_on_the_chart_of_what_it_is_about(series: Any) -> None:
    about = [{"value": 0.9}] * 5
    verdicts = ["healthy", "failing", "failing", "healthy", "failing"]
    whole = series(*({"verdict": v} for v in verdicts), metric="change_evidence")
    figure = checked(trend.figure(series(*about), evidence=whole))
    words = [shape.label.text for shape in figure.layout.shapes if shape.label.text]
    assert words == ["alarm", "alarm"]
    starts = [shape.x0[:10] for shape in figure.layout.shapes if shape.label.text]
    assert starts == ["2026-06-08", "2026-06-29"]
