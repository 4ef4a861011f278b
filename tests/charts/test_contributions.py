"""Contributions are dots about none; what chance may do is hollow."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import contributions
from tests.charts.conftest import checked


@pytest.fixture
def two(series: Any) -> pd.DataFrame:
    return series(
        {"feature": "income", "value": -0.19, "low": -0.23, "high": -0.15, "p": 0.001},
        {"feature": "<b>x</b>" + "y" * 40, "value": 0.01, "low": -0.01, "high": 0.03, "p": 0.9},
        metric="demographic_parity_contribution",
    )


def test_the_alt_text_names_what_is_established(two: pd.DataFrame) -> None:
    assert contributions.describe(two) == (
        "Established contributions, largest first: income −19.0 pt."
    )
    assert contributions.describe(two.iloc[1:]) == (
        "No column of the 1 largest stands out from chance."
    )


def test_what_may_be_chance_is_hollow_and_the_largest_is_on_top(two: pd.DataFrame) -> None:
    figure = checked(contributions.figure(two))
    assert [t.marker.symbol for t in figure.data] == ["circle", "circle-open"]
    assert figure.layout.yaxis.ticktext[-1] == "income"
    assert figure.data[0].x == (-19.0,)


def test_names_are_short_and_escaped(two: pd.DataFrame) -> None:
    name = checked(contributions.figure(two)).layout.yaxis.ticktext[0]
    assert name.startswith("&lt;b&gt;x&lt;/b&gt;")
    assert name.endswith("…")
