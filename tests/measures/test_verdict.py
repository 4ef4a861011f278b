"""A verdict is never more than the rows can carry."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.measures.measurement import Measurement
from monitor.measures.verdict import enough, judge, worst
from monitor.terms import Verdict


def gap(value: float | None, **more: Any) -> Measurement:
    facts: dict[str, Any] = {"n": 2000, "denominator": 500, "low": None, "high": None} | more
    return Measurement(metric="demographic_parity_difference", value=value, **facts)


def judged(m: Measurement, low: float | None = -0.1, high: float | None = 0.1) -> Measurement:
    return judge(m, low=low, high=high, parity=0.0)


def test_a_gap_beyond_the_limit_whose_interval_excludes_parity_fails():
    found = judged(gap(-0.15, low=-0.2, high=-0.1))
    assert found.verdict is Verdict.FAILING
    assert found.reason == "Below the limit of −10.0 pt."
    assert (found.limit_low, found.limit_high) == (-0.1, 0.1)


def test_a_gap_that_may_be_chance_is_only_at_risk():
    found = judged(gap(0.15, low=-0.01, high=0.31))
    assert found.verdict is Verdict.AT_RISK
    assert found.reason == "Above the limit of 10.0 pt, but 2,000 rows leave room for chance."


def test_a_large_p_keeps_a_breach_at_risk():
    found = judged(gap(0.15, low=0.01, high=0.3, p=0.2, family=5))
    assert found.verdict is Verdict.AT_RISK
    assert "p = 0.2" in found.reason


def test_an_interval_on_the_wrong_side_establishes_nothing():
    assert judged(gap(-0.15, low=0.1, high=0.2)).verdict is Verdict.AT_RISK


def test_within_the_limits_is_healthy():
    found = judged(gap(0.05, low=0.01, high=0.12))
    assert (found.verdict, found.reason) == (Verdict.HEALTHY, "")


def test_a_small_batch_does_not_pass_by_its_point_alone():
    found = judged(gap(0.05, n=300, low=-0.06, high=0.16))
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.reason == "Within the limit, but 300 rows cannot rule out that it is not."
    assert judged(gap(0.0, n=300, low=-0.06, high=0.06)).verdict is Verdict.HEALTHY


@pytest.mark.parametrize("denominator", [0, 9, 29])
def test_small_denominators_say_nothing(denominator: int):
    found = judged(gap(0.5, low=0.3, high=0.7, denominator=denominator))
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert "30 are needed" in found.reason


def test_small_batches_say_nothing():
    assert judged(gap(0.5, low=0.3, high=0.7, n=99)).verdict is Verdict.NOT_ENOUGH_DATA
    assert enough(rows=100, denominator=30) == ""
    assert enough(rows=1, denominator=None) == "Only 1 row; 100 are needed."


def test_an_undefined_value_says_why():
    found = judged(gap(None, reason="Nobody was predicted favourable."))
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.reason == "Nobody was predicted favourable."


def test_what_its_maker_does_not_judge_is_not_judged():
    kept = gap(0.5, low=0.4, high=0.6, verdict=Verdict.NOT_ENOUGH_DATA, reason="One group.")
    assert judged(kept).reason == "One group."


def test_against_the_reference_the_interval_must_exclude_the_reference():
    m = Measurement(metric="accuracy", value=0.78, n=1000, low=0.755, high=0.805, reference=0.83)
    assert judge(m, low=0.8, high=None, parity=0.83).verdict is Verdict.FAILING
    assert judge(m, low=0.8, high=None, parity=0.8).verdict is Verdict.AT_RISK


def test_without_parity_the_interval_must_exclude_the_limit():
    m = Measurement(metric="accuracy", value=0.78, n=1000, low=0.755, high=0.805)
    assert judge(m, low=0.8, high=None, parity=None).verdict is Verdict.AT_RISK
    assert judge(m, low=0.81, high=None, parity=None).verdict is Verdict.FAILING


def test_an_estimate_without_interval_is_at_most_at_risk():
    m = Measurement(metric="f1", value=0.5, n=1000)
    assert judge(m, low=0.8, high=None, parity=0.9).verdict is Verdict.AT_RISK


def test_a_count_needs_no_interval():
    m = Measurement(metric="row_count", value=3.0, n=3)
    assert judge(m, low=100, high=None, parity=None).verdict is Verdict.FAILING
    assert judge(m, low=1, high=None, parity=None).verdict is Verdict.HEALTHY


def test_without_limits_everything_is_healthy():
    assert judge(gap(0.4), low=None, high=None, parity=0.0).verdict is Verdict.HEALTHY


def test_the_worst_of_nothing_is_not_enough_data():
    assert worst([]) is Verdict.NOT_ENOUGH_DATA
    assert worst([Verdict.NOT_ENOUGH_DATA, Verdict.HEALTHY]) is Verdict.HEALTHY
    assert worst([Verdict.AT_RISK, Verdict.FAILING, Verdict.HEALTHY]) is Verdict.FAILING
