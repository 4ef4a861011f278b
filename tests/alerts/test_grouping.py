"""The broken limits of one batch, the likely cause first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.grouping import Rung, explained, in_order, rung
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.terms import Severity


@dataclass(frozen=True)
class Broken:
    measurement: Measurement
    severity: Severity = Severity.WARNING


MISSING = Broken(Measurement("missing_rate", 0.38, 900, feature="income", limit_high=0.05))
DRIFT = Broken(Measurement("psi", 0.4, 900, feature="income", limit_high=0.2))
SCORES = Broken(Measurement("psi", 0.3, 900, feature="score", limit_high=0.2))
ACCURACY = Broken(Measurement("accuracy", 0.71, 900, limit_low=0.8))
GAP = Broken(
    Measurement(
        "demographic_parity_difference", -0.2, 900, attribute="sex", group="f", limit_low=-0.1
    )
)
EVIDENCE = Broken(Measurement("change_evidence", 9e3, 900, limit_high=2e3), Severity.CRITICAL)
FROM_CAUSE_ON = [MISSING, DRIFT, SCORES, GAP, ACCURACY, EVIDENCE]


def test_a_broken_column_comes_before_all_that_it_explains():
    for mixed in permutations(FROM_CAUSE_ON):
        assert in_order(mixed) == FROM_CAUSE_ON


def test_every_metric_has_its_place_and_a_gap_is_no_cause():
    assert {rung(Measurement(name, 1.0, 9)) for name in METRICS} == set(Rung)
    gap = Measurement("missing_rate", 0.1, 9, feature="income", attribute="sex", group="f")
    assert rung(gap) is Rung.OUTCOME


def test_of_one_rung_the_critical_comes_first_and_then_the_furthest_beyond():
    recall = Broken(Measurement("recall", 0.79, 900, limit_low=0.8), Severity.CRITICAL)
    assert in_order([ACCURACY, GAP, recall]) == [recall, GAP, ACCURACY]


def test_the_sentence_names_the_cause_and_what_may_follow_with_their_numbers():
    assert explained([ACCURACY, MISSING, SCORES]) == (
        "3 limits broke in one batch. Likely cause: Missing values in income 38.0 % "
        "(limit 5.0 %). It may explain Population stability index in score 0.3 (limit 0.2); "
        "Accuracy 71.0 % (limit 80.0 %)."
    )


def test_no_cause_is_named_where_nothing_may_follow():
    assert explained([ACCURACY]) == ""
    assert "No one of them stands out as the cause" in explained([ACCURACY, GAP])
    assert "No one of them stands out as the cause" in explained([ACCURACY, EVIDENCE])
    assert "No one of them stands out as the cause" in explained([MISSING, MISSING])


def test_many_are_counted_and_the_first_named():
    many = [MISSING, *(Broken(Measurement(f"m{k}", 1.0, 9, limit_high=0.5)) for k in range(9))]
    assert explained(many).endswith(" and 6 more.")


@given(st.lists(st.sampled_from(FROM_CAUSE_ON), max_size=12))
def test_no_breach_is_lost_or_added_by_ordering(mixed):
    assert sorted(map(repr, in_order(mixed))) == sorted(map(repr, mixed))
