"""What a rule would have done, drawn, and the sentence that replaces the picture."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import backtest, theme
from monitor.terms import Verdict
from tests.charts.conftest import checked


def replayed(series: Any, *values: float, fired: int | None = None, **common: Any) -> pd.DataFrame:
    frame: pd.DataFrame = series(*({"value": v} for v in values), **common)
    return frame.assign(fired=[place == fired for place in range(len(values))])


def test_a_firing_is_marked_on_the_line_and_the_limit_drawn_once(series: Any) -> None:
    figure = checked(backtest.figure(replayed(series, 0.9, 0.7, 0.7, fired=1)))
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["would have fired"].y) == [0.7]
    assert drawn["would have fired"].marker.symbol == theme.SYMBOL[Verdict.FAILING]
    assert [trace.name for trace in figure.data].count("limit") == 1
    assert list(drawn["limit"].y) == [0.8] * 3


def test_of_several_groups_those_that_fired_are_coloured_and_named(series: Any) -> None:
    calm = replayed(series, 0.9, 0.9, attribute="sex", group="<b>")
    loud = replayed(series, 0.9, 0.7, fired=1, attribute="sex", group="other")
    figure = checked(backtest.figure(pd.concat([calm, loud], ignore_index=True)))
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == ["limit", "other"]
    assert {t.line.color for t in figure.data if t.name == "&lt;b&gt;"} == {theme.FAINT}


def test_limits_that_move_are_drawn_as_they_moved(series: Any) -> None:
    frame = replayed(series, 0.9, 0.9).assign(limit_low=[0.8, 0.85])
    limit = next(trace for trace in checked(backtest.figure(frame)).data if trace.name == "limit")
    assert list(limit.y) == [0.8, 0.85]


def test_the_sentence_says_how_often_and_where(series: Any) -> None:
    assert backtest.describe(replayed(series, 0.9, 0.7, fired=1)) == (
        "Accuracy: the rule would have fired once in 2 batches: 8 Jun to 14 Jun 2026, "
        "at 70.0 % (88.0 % to 92.0 %, n = 500)."
    )
    assert backtest.describe(replayed(series, 0.9, 0.9)) == (
        "Accuracy: the rule would not have fired in any of 2 batches."
    )
    assert backtest.describe(replayed(series, 0.9).iloc[:0]) == "No batch has such a number yet."
