"""Impact ratios printed in New York's rule on hiring tools, and Berkeley's admissions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.measures import fairness
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task

CHECKS = Path(__file__).parents[3] / "shared" / "checks"
EXPECTED = CHECKS / "expected.json"

pytestmark = pytest.mark.skipif(
    not EXPECTED.exists(), reason="the published tables are not beside this checkout"
)


def measured(groups: pd.Series, chosen: pd.Series, others: pd.Series) -> list[Measurement]:
    """Of rows made from counts; the reference group is the one chosen most often."""
    people = np.repeat(groups.to_numpy(dtype=object), chosen + others)
    outcome = np.concatenate(
        [["yes"] * yes + ["no"] * no for yes, no in zip(chosen, others, strict=True)]
    )
    rows = Rows(
        columns={},
        groups={"group": people},
        predicted=outcome.astype(object),
        actual=None,
        scores=None,
        weight=None,
        n=len(people),
    )
    best = str(groups[(chosen / (chosen + others)).idxmax()])
    layout = build_layout(
        rows,
        task=Task.BINARY,
        classes=("no", "yes"),
        positive="yes",
        favourable=("yes",),
        attributes=("group",),
        reference_groups={"group": best},
    )
    return fairness.measure(tally_outcomes(rows, layout), layout, None)


def values(found: list[Measurement], metric: str) -> dict[str, float]:
    return {m.group: m.value for m in found if m.metric == metric and m.value is not None}


@pytest.mark.parametrize("table", ["sex", "race", "intersectional"])
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("nyc_ll144_selection_example.csv", "selected"),
        ("nyc_ll144_scoring_example.csv", "above_median"),
    ],
)
def test_impact_ratios_are_those_the_rule_prints(file: str, column: str, table: str):
    counts = pd.read_csv(CHECKS / file)
    counts = counts[counts["table"] == table].reset_index(drop=True)
    groups = counts["sex"].fillna("") + "/" + counts["race_ethnicity"].fillna("")
    found = measured(groups, counts[column], counts["applicants"] - counts[column])
    ratios = values(found, "demographic_parity_ratio")
    shown = values(found, "selection_rate")
    for group, printed in zip(groups, counts["printed_impact_ratio"], strict=True):
        if group in ratios:
            assert ratios[group] == pytest.approx(printed, abs=0.0051)
        else:  # the best group itself, and groups of under ten people
            assert printed == 1.0 or group not in shown
    assert min(ratios.values()) == pytest.approx(ratios_over_groups(found))


def ratios_over_groups(found: list[Measurement]) -> float:
    """The smallest over the largest rate."""
    return values(found, "demographic_parity_ratio")[""]


def test_berkeley_admitted_fewer_women():
    counts = pd.read_csv(CHECKS / "ucb_admissions.csv").groupby("gender").sum().reset_index()
    found = measured(counts["gender"], counts["admitted"], counts["rejected"])
    figures = json.loads(EXPECTED.read_text())
    for group in ("Male", "Female"):
        assert values(found, "selection_rate")[group] == pytest.approx(
            figures[f"ucb/{group.lower()}"]["published"], abs=5e-6
        )
    women = next(m for m in found if m.key[0::3] == ("demographic_parity_difference", "Female"))
    assert women.high is not None
    assert women.high < 0
