"""What could be done about an incident, and which of it the numbers speak for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.decision import decide
from monitor.alerts.remedies import Context, Labels, Option, Remedy, Rival, Shift
from monitor.alerts.rule import Rule
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Verdict

NONE, OK, RISK, BAD = Verdict


@dataclass(frozen=True)
class Broken:
    measurement: Measurement
    severity: Severity = Severity.WARNING


ACCURACY = Measurement("accuracy", 0.74, 2000, limit_low=0.8, verdict=BAD)
FAILED = Broken(ACCURACY)
MISSING = Broken(Measurement("missing_rate", 0.38, 2000, feature="income", limit_high=0.05))
DRIFT = Broken(Measurement("psi", 0.4, 2000, feature="income", limit_high=0.2))
LATE = Broken(Measurement("batch_overdue", 2.0, 0, limit_high=0.0))
ALONE = Context(Rule("accuracy", low=0.8), 3, [FAILED])
WHOLE = Labels(2000, 2000, 14, 3)


def option(remedy: Remedy, context: Context, breach: Broken = FAILED) -> Option:
    (found,) = [one for one in decide(breach, context).options if one.remedy is remedy]
    return found


def recommended(context: Context, breach: Broken = FAILED) -> Remedy:
    (found,) = [one.remedy for one in decide(breach, context).options if one.recommended]
    return found


def test_a_broken_column_is_mended_before_anything_else_is_thought_of():
    context = replace(
        ALONE,
        together=[FAILED, DRIFT, MISSING],
        labels=Labels(600, 2000, 14, 3),
        course=[BAD] * 9,
        rivals=[Rival(2, replace(ACCURACY, value=0.9, verdict=OK))],
    )
    assert recommended(context) is Remedy.PIPELINE
    assert option(Remedy.PIPELINE, context).reason == (
        "Missing values in income 38.0 % (limit 5.0 %): ask whoever delivers it, and have the "
        "rows sent again."
    )
    assert not option(Remedy.RETRAIN, context).available
    assert decide(FAILED, context).cause.startswith("3 limits broke in one batch. Likely cause: M")


def test_a_column_that_moved_a_gap_is_asked_about_before_anything_is_learnt_from_it():
    gap = replace(
        ACCURACY, metric="demographic_parity_difference", attribute="sex", group="female",
        value=-0.19, limit_low=-0.1,
    )  # fmt: skip
    failed = replace(FAILED, measurement=gap)
    context = replace(
        ALONE, together=[failed], course=[BAD] * 9, suspects="income (−18.7 pt of the gap)."
    )
    assert recommended(context, failed) is Remedy.PIPELINE
    assert option(Remedy.PIPELINE, context, failed).reason.startswith("income (−18.7 pt")
    nobody = replace(context, suspects="No column stands out.")
    assert recommended(nobody, failed) is Remedy.RETRAIN


def test_a_column_that_has_recovered_is_still_the_cause_and_asks_for_nothing():
    context = replace(ALONE, together=[FAILED], broke=[FAILED, MISSING])
    assert "Likely cause: Missing values in income 38.0 %" in decide(FAILED, context).cause
    assert not option(Remedy.PIPELINE, context).available


def test_a_missing_batch_is_asked_for():
    context = replace(ALONE, rule=Rule("batch_overdue", high=0.0), together=[LATE])
    assert recommended(context, LATE) is Remedy.PIPELINE
    for remedy in (Remedy.WAIT, Remedy.ROLL_BACK, Remedy.RETRAIN):
        assert not option(remedy, context, LATE).available


@pytest.mark.parametrize(
    ("labels", "available", "first", "reason"),
    [
        (Labels(620, 2000, 14, 3), True, True, "620 of 2,000 labels are there; they usually take"),
        (Labels(1900, 2000, 14, 3), True, False, "14 days, of which 3 have gone."),
        (Labels(620, 2000, 14, 14), True, False, "have gone: more may never come."),
        (WHOLE, False, False, "All 2,000 labels are there."),
        (None, False, False, "not there any more"),
    ],
)
def test_labels_are_waited_for_while_many_are_still_to_come(labels, available, first, reason):
    context = replace(ALONE, labels=labels)
    found = option(Remedy.WAIT, context)
    assert (found.available, found.recommended) == (available, first)
    assert reason in found.reason


def test_no_labels_are_waited_for_where_the_number_has_none():
    rate = Broken(Measurement("demographic_parity_ratio", 0.6, 900, attribute="sex", group="f"))
    assert option(Remedy.WAIT, ALONE, rate).reason == "The number is not made of labels."


def rival(number: int, value: float | None, verdict: Verdict = OK) -> Rival:
    measured = None if value is None else replace(ACCURACY, value=value, verdict=verdict)
    return Rival(number, measured)


def test_a_version_that_holds_on_the_same_batch_is_rolled_back_to():
    context = replace(ALONE, labels=WHOLE, rivals=[rival(1, 0.81), rival(2, 0.84), rival(4, None)])
    found = option(Remedy.ROLL_BACK, context)
    assert (found.title, found.recommended) == ("Roll back to version 2", True)
    assert found.reason == (
        "On the same batch version 2 has 84.0 % (2,000 rows), version 3 74.0 %."
    )


@pytest.mark.parametrize(
    ("rivals", "available", "reason"),
    [
        ([], False, "There is no other version."),
        ([rival(2, None)], True, "Version 2 has not scored this batch"),
        ([rival(2, 0.7, BAD)], False, "No other version is better: On the same batch"),
        ([rival(2, 0.78, BAD)], True, "version 2 has 78.0 %"),
    ],
)
def test_no_version_is_recommended_that_is_not_known_to_hold(rivals, available, reason):
    found = option(Remedy.ROLL_BACK, replace(ALONE, labels=WHOLE, rivals=rivals))
    assert (found.available, found.recommended) == (available, False)
    assert reason in found.reason


def test_of_errors_and_gaps_the_smaller_is_better():
    error = Broken(Measurement("mean_absolute_error", 9.0, 900, limit_high=8.0, verdict=BAD))
    gap = Broken(
        Measurement("demographic_parity_ratio", 0.6, 900, attribute="sex", group="f", verdict=BAD)
    )
    for breach, better, worse in ((error, 7.0, 9.5), (gap, 0.9, 1.9)):
        for value, number in ((better, 2), (worse, 3)):
            other = Rival(number, replace(breach.measurement, value=value, verdict=OK))
            context = replace(ALONE, together=[breach], rivals=[other])
            assert option(Remedy.ROLL_BACK, context, breach).recommended is (number == 2)


def test_what_lasts_or_contradicts_the_scores_is_trained_again():
    once = replace(ALONE, labels=WHOLE, course=[OK, OK, OK, BAD])
    assert recommended(once) is Remedy.NOTHING
    lasting = replace(once, course=[OK, OK, OK, OK, BAD, BAD, BAD])
    assert recommended(lasting) is Remedy.RETRAIN
    assert option(Remedy.RETRAIN, lasting).reason.startswith("Broken in 3 batches in a row.")
    surprise = Measurement("realised_minus_estimated_accuracy", -0.06, 2000, -0.08, -0.04)
    said = replace(once, surprise=replace(surprise, verdict=BAD))
    assert recommended(said) is Remedy.RETRAIN
    assert "−6.0 pt" in option(Remedy.RETRAIN, said).reason
    assert recommended(replace(once, surprise=replace(surprise, verdict=OK))) is Remedy.NOTHING


def test_a_limit_that_is_broken_again_and_again_for_one_batch_is_changed():
    noisy = replace(ALONE, labels=WHOLE, course=[OK, BAD, OK, BAD], endings=[1, 1, 1, 2])
    assert recommended(noisy) is Remedy.LIMIT
    assert option(Remedy.LIMIT, noisy).reason == (
        "Broken in 2 of the newest 4 batches; 3 of 4 earlier incidents lasted one batch."
    )
    bare = replace(noisy, rule=Rule("psi", feature="income"))
    assert not option(Remedy.LIMIT, bare).available


def shift(threshold: float, value: float) -> Shift:
    return Shift(threshold, replace(ACCURACY, value=value), 0.4, 0.4 + 0.5 - threshold)


def test_the_nearest_threshold_that_keeps_the_limit_is_told_with_who_it_selects():
    shifts = [shift(0.3, 0.9), shift(0.4, 0.82), shift(0.45, 0.79), shift(0.7, 0.85)]
    context = replace(ALONE, labels=WHOLE, shifts=shifts)
    found = option(Remedy.THRESHOLD, context)
    assert (found.title, found.available, found.recommended) == (
        "Change the decision threshold to 0.4", True, False,
    )  # fmt: skip
    assert found.reason == (
        "At 0.4 instead of 0.5 it would have been 82.0 % on the same batch (2,000 rows); "
        "predicted positive 50.0 % instead of 40.0 %."
    )


def test_no_threshold_is_offered_that_would_not_hold():
    none = option(Remedy.THRESHOLD, replace(ALONE, shifts=[shift(0.4, 0.7), shift(0.6, 0.75)]))
    assert (none.available, none.reason) == (
        False, "None of 0.4, 0.6 would have kept it within its limit on this batch.",
    )  # fmt: skip
    assert not option(Remedy.THRESHOLD, ALONE).available
    late = replace(ALONE, together=[LATE], shifts=[shift(0.4, 0.9)])
    assert option(Remedy.THRESHOLD, late, LATE).reason == "It is not the model that broke."


steps = st.lists(st.sampled_from(Verdict), max_size=12)


@given(
    steps,
    st.lists(st.integers(1, 5), max_size=5),
    st.none() | st.builds(Labels, *[st.integers(0, 50)] * 4),
    st.lists(st.sampled_from([MISSING, DRIFT, LATE]), max_size=3),
    st.lists(st.sampled_from([rival(1, 0.9), rival(2, None), rival(4, 0.1)]), max_size=2),
)
def test_whatever_is_known_one_available_remedy_is_recommended_and_each_has_a_reason(
    course, endings, labels, beside, rivals
):
    context = replace(
        ALONE, course=course, endings=endings, labels=labels, rivals=rivals,
        together=[FAILED, *beside],
    )  # fmt: skip
    options = decide(FAILED, context).options
    assert [one.remedy for one in options] == list(Remedy)
    assert [one.available for one in options if one.recommended] == [True]
    assert all(one.reason.endswith(".") and one.title for one in options)
