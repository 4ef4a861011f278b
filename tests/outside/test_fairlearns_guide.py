"""The eighteen rows of fairlearn's user guide, and what it prints about them."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.measures.disparity import Disparity
from monitor.measures.disparity_range import spread
from monitor.measures.tally import tally_outcomes
from tests.outside.figures import (
    Rates,
    assert_is,
    beside_this_checkout,
    layout_of,
    named,
    rates_by_group,
    rows_of,
)

pytestmark = beside_this_checkout

ACTUAL = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
PREDICTED = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0]
GROUPS = list("bbabbcccaacabccbcc")
RATES = {
    "tpr": "true_positive_rate",
    "fpr": "false_positive_rate",
    "selection_rate": "selection_rate",
}


@pytest.fixture(scope="module")
def rates() -> Rates:
    rows = rows_of(GROUPS, predicted=PREDICTED, actual=ACTUAL)
    layout = layout_of(rows)
    return rates_by_group(tally_outcomes(rows, layout), layout)


@pytest.mark.parametrize("name", named("fairlearn-guide/"))
def test_fairlearns_guide(rates: Rates, name: str):
    """Over the groups, or over each group and everybody, of which the widest counts."""
    _, how, what = name.split("/")
    of = {group: rates[RATES[what], group].value for group in ("a", "b", "c", "")}
    disparity = Disparity(what, (RATES[what],), is_ratio=how.startswith("ratio"))
    if how.endswith("_to_overall"):
        ranges = spread(disparity, [np.array([[of[g] for g in "abc"], [of[""]] * 3])])
    else:
        ranges = spread(disparity, [np.array([[of[g]] for g in "abc"])])
    assert_is(name, float(ranges.min() if disparity.is_ratio else ranges.max()))
