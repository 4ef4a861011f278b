"""Groups are dots with intervals; too small ones are hollow and not judged."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import gaps, groups
from tests.charts.conftest import checked

RATES = {"metric": "selection_rate", "attribute": "sex"}


@pytest.fixture
def three(series: Any) -> pd.DataFrame:
    return series(
        {"group": "male", "value": 0.8, "n": 400},
        {"group": "female", "value": 0.5, "n": 400},
        {"group": "<b>x</b>", "value": 0.6, "n": 17},
        **RATES,
    )


def test_the_alt_text_names_both_ends_with_their_rows(three: pd.DataFrame) -> None:
    assert groups.describe(three, reference="male") == (
        "Selection rate 50.0 % (female, 400) and 80.0 % (male, 400): a difference of 30.0 pt. "
        "Others are compared with male. Not judged: <b>x</b>."
    )


def test_one_group_alone_is_not_compared(series: Any) -> None:
    alone = series({"group": "male"}, **RATES)
    assert "not enough data to compare" in groups.describe(alone)


def test_a_small_group_is_hollow_and_says_so(three: pd.DataFrame) -> None:
    figure = checked(groups.figure(three, reference="male"))
    assert [t.marker.symbol for t in figure.data] == ["circle", "circle-open"]
    assert "n = 17, not judged" in figure.layout.yaxis.ticktext[0]


def test_the_reference_is_marked_and_names_are_escaped(three: pd.DataFrame) -> None:
    ticks = checked(groups.figure(three, reference="male")).layout.yaxis.ticktext
    assert ticks[-1].startswith("male (reference)")
    assert ticks[0].startswith("&lt;b&gt;x&lt;/b&gt;")


def test_everybody_is_a_dotted_line(three: pd.DataFrame) -> None:
    figure = checked(groups.figure(three, overall=0.65))
    assert figure.layout.annotations[0].text == "everybody 65.0 %"


@pytest.mark.parametrize(
    "change",
    [{"n": 99}, {"denominator": 29}, {"value": None}, {"verdict": "not enough data"},
     {"group": "(unknown)"}],
)  # fmt: skip
def test_what_is_too_little_is_not_judged(series: Any, change: dict[str, Any]) -> None:
    row = series({"group": "a", **change}, **RATES).iloc[0]
    assert not groups.is_judged(row)


def test_a_new_group_never_recolours_an_old_one(series: Any) -> None:
    frame = series({"group": "a"}, {"group": "b"}, **RATES)
    before = {t.name: t.line.color for t in checked(gaps.figure(frame, order=["a", "b"])).data}
    after = {t.name: t.line.color for t in checked(gaps.figure(frame, order=["a", "b", "c"])).data}
    assert before == {name: after[name] for name in before}


def test_groups_over_time_say_from_where_to_where(series: Any) -> None:
    frame = series({"group": "a", "value": 0.5}, {"group": "a", "value": 0.25}, **RATES)
    assert gaps.describe(frame) == "Selection rate over time: a from 50.0 % to 25.0 %."
