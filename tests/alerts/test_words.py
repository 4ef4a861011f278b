from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.alerts.sides import sides_of
from monitor.alerts.words import (
    Side,
    about,
    headline,
    limits,
    mrkdwn,
    next_step,
    one_line,
    sentence,
)
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.terms import UNKNOWN_GROUP, Verdict

ACCURACY = Measurement(
    "accuracy",
    0.78,
    2000,
    0.76,
    0.8,
    limit_low=0.8,
    verdict=Verdict.FAILING,
    reason="Below the limit of 80.0 %.",
)
MALE_FEMALE = (
    Side("female", 0.5, 400, "selection_rate"),
    Side("male", 0.8, 400, "selection_rate"),
)


def gap(metric: str, value: float, **more) -> Measurement:
    return Measurement(
        metric, value, 800, attribute="sex", group="female", verdict=Verdict.FAILING, **more
    )


def test_a_failing_number_comes_with_limit_interval_and_rows():
    assert sentence(ACCURACY) == (
        "Accuracy: 78.0 % (95 % interval 76.0 to 80.0 %, 2,000 rows), below the limit of 80.0 %."
    )


def test_since_when_is_said_where_it_is_known():
    since = datetime(2026, 10, 5, tzinfo=UTC)
    assert sentence(ACCURACY, since=since).endswith("limit of 80.0 %, since 5 Oct 2026.")


def test_a_healthy_number_says_within_which_limits():
    m = replace(ACCURACY, value=0.85, verdict=Verdict.HEALTHY, reason="")
    assert sentence(m).endswith("within its limit (at least 80.0 %).")


def test_what_is_not_established_says_why():
    m = replace(ACCURACY, verdict=Verdict.AT_RISK, reason="Below the limit, but few rows.")
    assert sentence(m).endswith("2,000 rows). Below the limit, but few rows.")
    few = replace(ACCURACY, verdict=Verdict.NOT_ENOUGH_DATA, reason="Only 12 rows.")
    assert sentence(few).endswith("Only 12 rows.")
    assert sentence(replace(few, value=None)) == "Accuracy: no value. Only 12 rows."


def test_drift_names_its_columns():
    m = Measurement(
        "drifted_columns", 2.0, 2000, limit_high=0.0, verdict=Verdict.FAILING, reason="income, age."
    )
    assert sentence(m) == "Drifted columns: 2 (2,000 rows), above the limit of 0. income, age."


def test_a_difference_between_groups_comes_with_both_row_counts():
    m = gap("demographic_parity_difference", -0.3, limit_low=-0.1, limit_high=0.1)
    assert sentence(m, sides=MALE_FEMALE) == (
        "Selection rate difference, female against male (sex): −30.0 pt, below the limit of "
        "−10.0 pt. Selection rate: female 50.0 % (400 rows) and male 80.0 % (400 rows). "
        "The model may disadvantage female."
    )


@pytest.mark.parametrize(
    ("metric", "value", "worse"),
    [
        ("demographic_parity_ratio", 0.6, "female"),
        ("demographic_parity_ratio", 1.6, "male"),
        ("equal_opportunity_difference", -0.2, "female"),
        ("estimated_equal_opportunity_difference", -0.2, "female"),
        ("accuracy_difference", 0.2, "male"),
        ("mean_absolute_error_ratio", 1.6, "female"),
        ("mean_absolute_error_ratio", 0.6, "male"),
        ("equalized_odds_difference", 0.2, "one of these groups"),
        ("mean_residual_difference", 50.0, "one of these groups"),
    ],
)
def test_who_may_be_disadvantaged_follows_from_the_direction(metric, value, worse):
    ratio = metric.endswith("ratio")
    low, high = (0.8, 1.25) if ratio else (-0.1, 0.1)
    said = sentence(gap(metric, value, limit_low=low, limit_high=high), sides=MALE_FEMALE)
    assert said.endswith(f"The model may disadvantage {worse}.")


def test_no_word_we_do_not_use_ever_appears():
    for metric in METRICS:
        for verdict in Verdict:
            m = gap(metric, 0.3, limit_low=0.8, limit_high=1.25, reason="Because.")
            said = sentence(replace(m, verdict=verdict), sides=MALE_FEMALE) + next_step(m)
            assert not {"unfair", "biased", "unbiased", "fair", "compliant"} & set(
                said.lower().replace(".", " ").split()
            )


@pytest.mark.parametrize(
    ("m", "said"),
    [
        (Measurement("psi", 0.3, 9, feature="age"), "Population stability index in age"),
        (
            Measurement("recall", 0.3, 9, attribute="class", group="refund"),
            "Recall of class refund",
        ),
        (
            Measurement("selection_rate", 0.3, 9, attribute="sex", group="female"),
            "Selection rate of female (sex)",
        ),
        (
            Measurement("accuracy_difference", 0.3, 9, attribute="sex"),
            "Accuracy difference over the groups of sex",
        ),
        (
            Measurement("calibration_ratio", 0.3, 9, attribute="sex", group="female"),
            "Calibration, observed over expected of female (sex)",
        ),
        (Measurement("somebody_elses", 0.3, 9), "Somebody elses"),
    ],
)
def test_what_a_number_is_about(m, said):
    assert about(m) == said


def test_limits_in_words():
    assert limits(ACCURACY) == "at least 80.0 %"
    assert limits(replace(ACCURACY, limit_high=0.9)) == "80.0 to 90.0 %"
    assert limits(replace(ACCURACY, limit_low=None)) == ""


def test_a_name_cannot_break_the_line_or_turn_it_around():
    assert one_line("a\r\nBcc: x\x00\u202eb\u2028c\ud800") == "a Bcc: x b c"


def test_slack_gets_no_more_than_it_takes():
    assert len(mrkdwn("&" * 10_000)) <= 2900
    assert mrkdwn("&" * 10_000).endswith("&amp;…")


def rate(metric: str, group: str, value: float | None, n: int = 400) -> Measurement:
    return Measurement(metric, value, n, attribute="sex", group=group)


def test_the_reference_group_is_the_one_without_a_gap_of_its_own():
    m = gap("demographic_parity_difference", -0.3)
    rows = [
        rate("selection_rate", "female", 0.5),
        rate("selection_rate", "male", 0.8, 600),
        rate("selection_rate", UNKNOWN_GROUP, 0.8),
        Measurement("selection_rate", 0.8, 99, attribute="age", group="40+"),
        m,
    ]
    assert sides_of(m, rows) == (
        Side("female", 0.5, 400, "selection_rate"),
        Side("male", 0.8, 600, "selection_rate"),
    )


def test_equal_opportunity_shows_the_rate_that_gives_its_number():
    m = gap("equal_opportunity_ratio", 0.5)
    rows = [
        rate("true_positive_rate", "female", 0.9),
        rate("true_positive_rate", "male", 0.9),
        rate("true_negative_rate", "female", 0.4),
        rate("true_negative_rate", "male", 0.8),
        m,
    ]
    assert {side.metric for side in sides_of(m, rows)} == {"true_negative_rate"}


def test_where_no_rate_gives_the_number_the_row_counts_are_told_alone():
    m = gap("mean_residual_difference", 5.0)
    rows = [rate("selection_rate", "female", None, 40), rate("selection_rate", "male", 0.8, 60), m]
    sides = sides_of(m, rows)
    assert sides == (Side("female", None, 40), Side("male", None, 60))
    assert "female (40 rows) and male (60 rows)." in sentence(m, sides=sides)


def test_a_number_that_is_no_gap_has_no_sides():
    assert sides_of(ACCURACY, [ACCURACY]) == ()
    assert sides_of(gap("demographic_parity_ratio", 0.5), []) == ()


def test_evidence_of_change_says_first_what_is_worse() -> None:
    evidence = Measurement(
        "change_evidence", 20_000.0, 52_000, verdict=Verdict.FAILING, limit_high=2000.0,
        reason="Mostly from drift of fuel, drift of mileage.",
        window="since deployment, 26 batches",
    )  # fmt: skip
    assert sentence(evidence) == (
        "Worse than on the reference: drift of fuel, drift of mileage. Evidence of change: 20,000 "
        "(52,000 rows, since deployment, 26 batches), above the limit of 2,000."
    )
    assert headline(evidence) == "Evidence of change in drift of fuel, drift of mileage"
    assert headline(replace(evidence, reason="Too few rows to be compared yet.")) == (
        "Evidence of change"
    )
