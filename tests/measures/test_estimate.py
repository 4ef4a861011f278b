"""Estimates without labels: the formula's law, the right groups, and silence where it is due."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from monitor.measures import fairness, performance
from monitor.measures.catalogue import METRICS
from monitor.measures.losses import GroupKey
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally, tally_outcomes
from monitor.measures.unlabelled import estimate
from monitor.measures.unlabelled.calibrations import calibrations
from monitor.terms import Verdict
from tests.measures.scored import World, layout_of

Found = dict[tuple[str, str], Measurement]


def estimates(reference: Rows, batch: Rows, *, favourable: tuple[str, ...] = ("yes",)) -> Found:
    layout = layout_of(reference, favourable=favourable)
    known = calibrations(tally_outcomes(reference, layout), layout)
    found = estimate.measure(tally_outcomes(batch, layout), known, layout)
    assert len({m.key for m in found}) == len(found)
    return {(m.metric.removeprefix("estimated_"), m.group): m for m in found}


@pytest.fixture(scope="module")
def pair() -> tuple[Rows, Rows]:
    rng = np.random.default_rng(0)
    world = World(misled=0.6)
    return world.rows(20_000, rng), world.rows(4_000, rng)


@pytest.fixture(scope="module")
def found(pair: tuple[Rows, Rows]) -> Found:
    return estimates(pair[0], replace(pair[1], actual=None))


def test_expected_cells_are_sums_of_calibrated_scores(pair, found):
    """Isotonic regression on the rows themselves, with ties where the fine bins have them."""
    reference, batch = pair
    fit = IsotonicRegression(out_of_bounds="clip").fit(
        reference.scores[:, 0], reference.actual == "yes"
    )
    chance, said = fit.predict(batch.scores[:, 0]), batch.predicted == "yes"
    wanted = {
        "accuracy": np.where(said, chance, 1 - chance).mean(),
        "precision": chance[said].mean(),
        "recall": chance[said].sum() / chance.sum(),
        "specificity": (1 - chance)[~said].sum() / (1 - chance).sum(),
        "base_rate": chance.mean(),
    }
    for metric, value in wanted.items():
        assert found[metric, ""].value == pytest.approx(value, abs=1e-3)


def test_a_group_has_its_own_calibration(pair, found):
    """Scores are too low for women, and the reference knows it."""
    reference, batch = pair
    women = reference.groups["sex"] == "f"
    fit = IsotonicRegression(out_of_bounds="clip").fit(
        reference.scores[women, 0], (reference.actual == "yes")[women]
    )
    of = batch.groups["sex"] == "f"
    chance, said = fit.predict(batch.scores[of, 0]), (batch.predicted == "yes")[of]
    assert found["true_positive_rate", "f"].value == pytest.approx(
        chance[said].sum() / chance.sum(), abs=2e-3
    )
    assert "own calibration" in found["true_positive_rate", "f"].method


def test_what_came_true_is_inside_its_interval(pair, found):
    layout = layout_of(pair[0])
    outcomes = tally_outcomes(pair[1], layout)
    real = [*performance.measure(outcomes, layout, None), *fairness.measure(outcomes, layout, None)]
    looked = 0
    for m in real:
        one = found.get((m.metric, m.group))
        if one is not None and m.value is not None and (m.group or not m.attribute):
            looked += 1
            width = one.high - one.low
            # With so many numbers of the same rows a few may lie a little outside.
            assert one.low - width / 4 < m.value < one.high + width / 4, m.metric
    assert looked > 30


def test_losses_are_those_of_the_raw_scores(pair, found):
    labels, score = (pair[1].actual == "yes").astype(int), pair[1].scores[:, 0]
    assert found["log_loss", ""].value == pytest.approx(log_loss(labels, score), rel=0.05)
    assert found["brier_score", ""].value == pytest.approx(
        brier_score_loss(labels, score), rel=0.05
    )
    assert found["roc_auc", ""].value == pytest.approx(roc_auc_score(labels, score), abs=0.02)


def test_certain_scores_cost_what_sklearn_says():
    rng = np.random.default_rng(1)
    rows = World().rows(6_000, rng)
    sure = replace(rows, scores=np.round(rows.scores, 1))
    found = estimates(sure, replace(sure, actual=None))
    cost = log_loss((rows.actual == "yes").astype(int), sure.scores[:, 0])
    assert found["log_loss", ""].value == pytest.approx(cost, rel=0.01)


def test_labels_that_are_there_change_no_estimate(pair, found):
    with_labels = estimates(*pair)
    assert {k: (m.value, m.low) for k, m in with_labels.items()} == {
        k: (m.value, m.low) for k, m in found.items()
    }


def test_a_gap_is_the_groups_rate_minus_that_of_the_reference_group(found):
    gap = found["equal_opportunity_difference", "f"]
    rate = "true_positive_rate"
    assert gap.value == pytest.approx(found[rate, "f"].value - found[rate, "m"].value)
    assert gap.low < gap.value < gap.high
    assert gap.p < 0.01
    assert ("equal_opportunity_difference", "m") not in found


def test_equalized_odds_is_the_worse_of_two_gaps_and_its_interval_pays_for_the_choice(found):
    odds = found["equalized_odds_difference", "f"]
    gaps = [
        found[m, "f"] for m in ("equal_opportunity_difference", "false_positive_rate_difference")
    ]
    worse = max(gaps, key=lambda m: abs(m.value))
    assert odds.value == pytest.approx(worse.value)
    assert odds.high - odds.low > worse.high - worse.low


def test_where_the_negative_class_is_favourable_opportunity_is_the_true_negative_rate(pair, found):
    other = estimates(pair[0], pair[1], favourable=("no",))
    wanted = -found["false_positive_rate_difference", "f"].value
    assert other["equal_opportunity_difference", "f"].value == pytest.approx(wanted)


def test_a_weight_of_two_is_a_row_twice_but_for_the_interval(pair):
    reference, batch = pair
    twice = replace(batch, weight=np.full(batch.n, 2.0))
    one, other = estimates(reference, batch), estimates(reference, twice)
    for key, m in one.items():
        assert other[key].value == pytest.approx(m.value)
        assert other[key].n == m.n
        assert other[key].denominator == m.denominator


def test_every_estimate_is_in_the_catalogue_and_within_its_range(found):
    for (name, _), m in found.items():
        least, most = METRICS[f"estimated_{name}"].range
        assert least <= m.low <= m.value <= m.high <= most


def test_a_group_without_enough_reference_rows_borrows_everybodys_calibration():
    rng = np.random.default_rng(2)
    found = estimates(World(women=0.02).rows(5_000, rng), World().rows(4_000, rng))
    assert "everybody's" in found["true_positive_rate", "f"].method
    assert "own" in found["true_positive_rate", "m"].method


def test_small_groups_are_shown_and_not_judged_and_smaller_ones_hidden():
    rng = np.random.default_rng(3)
    reference = World().rows(20_000, rng)
    thin = estimates(reference, World(women=0.15).rows(400, rng))["true_positive_rate", "f"]
    assert thin.verdict is Verdict.NOT_ENOUGH_DATA
    assert thin.value is not None
    hidden = estimates(reference, World(women=0.01).rows(400, rng))
    assert hidden["true_positive_rate", "f"].value is None
    assert "needed to show" in hidden["true_positive_rate", "f"].reason
    assert hidden["equal_opportunity_difference", "f"].value is None


def test_small_groups_are_taken_together_with_those_of_earlier_batches():
    rng = np.random.default_rng(4)
    reference = World().rows(20_000, rng)
    layout = layout_of(reference)
    known = calibrations(tally_outcomes(reference, layout), layout)
    few = World(women=0.1)
    now, *before = (tally(few.rows(400, rng), layout) for _ in range(9))
    found = {
        (m.metric, m.group): m
        for m in estimate.measure(now.outcomes, known, layout, earlier=before)
    }
    women = found["estimated_true_positive_rate", "f"]
    assert women.window.startswith("last ")
    assert women.verdict is None
    assert women.denominator >= 30
    assert found["estimated_true_positive_rate", "m"].window == ""
    assert found["estimated_equal_opportunity_difference", "f"].window == women.window


def test_a_batch_unlike_the_reference_is_not_reliable(pair):
    rng = np.random.default_rng(5)
    found = estimates(pair[0], World(moved=5.0).rows(2_000, rng))
    assert all(m.verdict is Verdict.NOT_ENOUGH_DATA for m in found.values())
    assert found["accuracy", ""].reason.startswith("Not reliable: ")
    assert found["accuracy", ""].value is not None


def test_an_undrifted_batch_of_any_size_is_not_called_unreliable(pair):
    rng = np.random.default_rng(6)
    for n in (200, 1_000, 5_000):
        for _ in range(5):
            assert estimates(pair[0], World(misled=0.6).rows(n, rng))["accuracy", ""].reason == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"actual": None}, "no labels"),
        ({"scores": None}, "no probabilities"),
        ({"actual": np.full(20_000, "no", dtype=object)}, "too few labels"),
    ],
)
def test_one_sentence_says_why_nothing_can_be_estimated(pair, change, reason):
    found = estimates(replace(pair[0], **change), pair[1])
    assert list(found) == [("accuracy", "")]
    only = found["accuracy", ""]
    assert only.value is None
    assert only.verdict is Verdict.NOT_ENOUGH_DATA
    assert reason in only.reason


def test_a_batch_without_scores_says_so(pair):
    found = estimates(pair[0], replace(pair[1], scores=None))
    assert "prediction and a probability" in found["accuracy", ""].reason


def test_calibrations_speak_of_whose_they_are(pair):
    layout = layout_of(pair[0])
    known = calibrations(tally_outcomes(pair[0], layout), layout)
    assert known.whose(GroupKey("sex", "f")) == "own calibration"
    assert known.whose(GroupKey("sex", "x")) == "everybody's calibration"
