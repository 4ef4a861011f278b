"""Many comparisons are corrected together, and each question counts once."""

from __future__ import annotations

import pytest

from monitor.alerts.defaults import default_rules
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import WATCHED, Correction, Question, corrected
from monitor.measures.significance import benjamini_hochberg, holm
from monitor.terms import Task, Verdict
from tests.measures.people import layout_of, measured, people, rows_of


def asked(p: float | None, family: str, hypothesis: str, **more: object) -> Question:
    return Question(Measurement("x", 1.0, 500, p=p, **more), family, hypothesis)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by", "rule"), [(Correction.HOLM, holm), (Correction.EXPLORING, benjamini_hochberg)]
)
def test_each_family_is_corrected_alone_and_each_hypothesis_counts_once(by, rule):
    questions = [
        asked(0.01, "a", "one"),
        asked(0.01, "a", "one"),
        asked(0.04, "a", "two"),
        asked(0.04, "b", "one"),
    ]
    found = corrected(questions, by)
    first, second = rule([0.01, 0.04]).tolist()
    assert [m.p for m in found] == [first, first, second, 0.04]
    assert [m.family for m in found] == [2, 2, 2, 1]


def test_what_may_not_be_judged_makes_nothing_harder():
    thin = asked(0.5, "a", "thin", verdict=Verdict.NOT_ENOUGH_DATA)
    found = corrected([asked(0.04, "a", "one"), thin])
    assert [m.p for m in found] == [0.04, None]
    assert [m.family for m in found] == [1, 1]


@pytest.mark.parametrize("task", list(Task))
def test_the_watched_metrics_are_those_of_the_default_rules(task: Task):
    """Estimates and what is said of many batches have rules, and a budget, of their own."""
    layout = layout_of(rows_of(people(task=task)), task)
    rules = default_rules(layout, has_labels=True, has_reference=True)
    of_sex = {rule.metric for rule in rules if rule.attribute == "sex"}
    assert {name for name in of_sex if METRICS[name].family == "fairness"} == set(WATCHED[task])


def test_a_difference_and_a_ratio_have_one_p_and_metrics_share_a_family():
    found = measured(people())
    race = {
        metric: found[metric, "race", "black", ""]
        for metric in (*WATCHED[Task.BINARY], "predictive_parity_difference")
    }
    parity = [m for metric, m in race.items() if metric.startswith("demographic")]
    assert len({m.p for m in parity}) == 1
    assert {race[metric].family for metric in WATCHED[Task.BINARY]} == {2 * 3}
    assert race["predictive_parity_difference"].family == 2
