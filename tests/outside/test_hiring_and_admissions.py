"""Impact ratios printed in New York's rule on hiring tools, and Berkeley's admissions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from monitor.measures import fairness
from monitor.measures.disparity import DISPARITIES, gap
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import tally_outcomes
from tests.outside.figures import (
    CHECKS,
    assert_is,
    beside_this_checkout,
    layout_of,
    named,
    rates_by_group,
    rows_of,
)

pytestmark = beside_this_checkout

FILES = {
    "selected": "nyc_ll144_selection_example.csv",
    "above_median": "nyc_ll144_scoring_example.csv",
}
IMPACT_RATIO = next(d for d in DISPARITIES if d.metric == "demographic_parity_ratio")


def counted(groups: pd.Series, chosen: pd.Series, others: pd.Series) -> tuple[Outcomes, Layout]:
    """Rows made from counts; the reference group is the one chosen most often."""
    people = np.repeat(groups.to_numpy(dtype=object), chosen + others)
    outcome = np.concatenate([[1] * yes + [0] * no for yes, no in zip(chosen, others, strict=True)])
    rows = rows_of(people, predicted=outcome)
    layout = layout_of(rows, reference=str(groups[(chosen / (chosen + others)).idxmax()]))
    return tally_outcomes(rows, layout), layout


def table_of(column: str, table: str) -> tuple[Outcomes, Layout]:
    """One of the rule's tables by itself: the three do not have the same people."""
    counts = pd.read_csv(CHECKS / FILES[column])
    counts = counts[counts["table"] == table].reset_index(drop=True)
    groups = counts["sex"].fillna("nan") + "/" + counts["race_ethnicity"].fillna("nan")
    return counted(groups, counts[column], counts["applicants"] - counts[column])


@pytest.mark.parametrize("name", named("ll144/"))
def test_new_yorks_impact_ratio(name: str):
    """Each category over the one chosen most often, however few people are in it."""
    _, column, table, group = name.removesuffix("/ir").split("/", 3)
    outcomes, layout = table_of(column, table)
    rates = rates_by_group(outcomes, layout)
    best = layout.reference_groups["group"]
    own, base = rates["selection_rate", group], rates["selection_rate", best]
    assert_is(name, gap(IMPACT_RATIO, (own,), (base,)).value)


@pytest.mark.parametrize("table", ["sex", "race", "intersectional"])
@pytest.mark.parametrize("column", FILES)
def test_the_smallest_impact_ratio_shown_is_that_over_all_groups(column: str, table: str):
    ratios = values(fairness.measure(*table_of(column, table), None), "demographic_parity_ratio")
    assert min(ratios.values()) == pytest.approx(ratios[""])


def values(found: list[Measurement], metric: str) -> dict[str, float]:
    return {m.group: m.value for m in found if m.metric == metric and m.value is not None}


@pytest.fixture(scope="module")
def berkeley() -> list[Measurement]:
    counts = pd.read_csv(CHECKS / "ucb_admissions.csv").groupby("gender").sum().reset_index()
    return fairness.measure(
        *counted(counts["gender"], counts["admitted"], counts["rejected"]), None
    )


@pytest.mark.parametrize("name", named("ucb/"))
def test_berkeleys_admissions(berkeley: list[Measurement], name: str):
    assert_is(name, values(berkeley, "selection_rate")[name.split("/")[1].capitalize()])


def test_berkeley_admitted_fewer_women(berkeley: list[Measurement]):
    women = next(m for m in berkeley if m.key[0::3] == ("demographic_parity_difference", "Female"))
    assert women.high is not None
    assert women.high < 0
