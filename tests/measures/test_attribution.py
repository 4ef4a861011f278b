"""Attribution against a bootstrap of rows, against planted culprits, and against noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.measures import distance
from monitor.measures.attribution import Cohort, Contribution, contributions
from monitor.measures.feature_losses import FeatureLosses, feature_losses
from monitor.measures.significance import holm

COLUMNS, BINS = 20, 10


def sums(codes: np.ndarray, losses: np.ndarray, weight: np.ndarray | None = None) -> FeatureLosses:
    """``codes`` has a column each."""
    named = {f"c{j}": codes[:, j] for j in range(codes.shape[1])}
    weight = np.ones(len(codes)) if weight is None else weight
    return feature_losses(named, dict.fromkeys(named, BINS), losses, weight)


def explained(
    batch: np.ndarray, reference: np.ndarray, losses: np.ndarray, own: np.ndarray | None = None
) -> dict[str, Contribution]:
    """Each column's contribution, largest first; ``own`` are the batch's losses, if known."""
    own = np.full(len(batch), np.nan) if own is None else own
    now, then = sums(batch, own), sums(reference, losses)
    found = contributions([Cohort(1, now), Cohort(-1, then)], reference=then, batch=now)
    return {one.column: one for one in found}


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-9, 9), st.integers(1, 3)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_sums_of_two_lots_are_the_sums_of_both(rows):
    codes = np.array([row[0] for row in rows], dtype=np.int64).reshape(-1, 1)
    loss = np.array([row[1] if row[1] > -5 else np.nan for row in rows], dtype=float)
    weight = np.array([row[2] for row in rows], dtype=float)
    k = len(rows) // 3
    parts = sums(codes[:k], loss[:k], weight[:k]) + sums(codes[k:], loss[k:], weight[k:])
    whole = FeatureLosses() + sums(codes, loss, weight)
    assert parts.columns["c0"] == pytest.approx(whole.columns["c0"])


def test_it_is_the_mean_reference_loss_of_the_batchs_bins():
    random = np.random.default_rng(1)
    then, now = random.integers(0, BINS, (5000, 1)), random.integers(3, BINS, (900, 1))
    losses = random.random(5000) * then[:, 0]
    means = np.array([losses[then[:, 0] == b].mean() for b in range(BINS)])
    assert explained(now, then, losses)["c0"].value == pytest.approx(
        means[now[:, 0]].mean() - losses.mean()
    )


def test_the_error_is_that_of_resampling_rows():
    random = np.random.default_rng(2)
    then = random.integers(0, BINS, (3000, 1))
    now = np.minimum(random.integers(0, BINS + 6, (700, 1)), BINS - 1)
    losses = (random.random(3000) < 0.05 + 0.07 * then[:, 0]).astype(float)
    drawn = []
    for _ in range(600):
        i, j = random.integers(0, 700, 700), random.integers(0, 3000, 3000)
        drawn.append(explained(now[i], then[j], losses[j])["c0"].value)
    assert explained(now, then, losses)["c0"].error == pytest.approx(np.std(drawn), rel=0.1)


def test_the_same_rows_explain_nothing():
    random = np.random.default_rng(3)
    rows, losses = random.integers(0, BINS, (500, 3)), random.random(500)
    assert [one.value for one in explained(rows, rows, losses).values()] == pytest.approx([0] * 3)


def test_where_the_reference_has_no_rows_the_batch_says_what_they_cost():
    random = np.random.default_rng(4)
    then, now = random.integers(0, 5, (2000, 1)), random.integers(0, 5, (1000, 1))
    now[:400] = 9  # a bin the reference never had
    own = np.where(now[:, 0] == 9, 1.0, 0.2)
    assert explained(now, then, np.full(2000, 0.2), own)["c0"].value == pytest.approx(0.4 * 0.8)


def test_what_nobody_knows_explains_nothing():
    then, now = np.zeros((2000, 1), dtype=int), np.full((1000, 1), 9)
    assert explained(now, then, np.full(2000, 0.2))["c0"].value == pytest.approx(0.0)


def test_two_rows_of_half_the_weight_are_one_row():
    random = np.random.default_rng(5)
    then, now = random.integers(0, BINS, (900, 1)), random.integers(2, BINS, (300, 1))
    losses = random.random(900)
    once = explained(now, then, losses)["c0"]
    a = sums(now, np.full(300, np.nan), np.full(300, 7.0))
    b = sums(then, losses, np.full(900, 0.1))
    weighted = contributions([Cohort(1, a), Cohort(-1, b)], reference=b, batch=a)[0]
    assert (weighted.value, weighted.error) == pytest.approx((once.value, once.error))


def culprit_rows(random: np.random.Generator, n: int, *, drifted: bool) -> np.ndarray:
    """Twenty correlated columns; the first moves a little, five that matter not move a lot."""
    common = random.normal(0, 1, (n, 1))
    values = 0.4 * common + random.normal(0, 1, (n, COLUMNS))
    if drifted:
        values[:, 0] += 0.6
        values[:, 10:15] += np.array([0.9, -0.9, 1.2, 0.8, -1.1])
    return np.clip((values * 1.6 + BINS / 2).astype(int), 0, BINS - 1)


def wrong(random: np.random.Generator, rows: np.ndarray) -> np.ndarray:
    """The first column matters most, four more a little, the others not at all."""
    risk = -2.2 + 0.35 * (rows[:, 0] - 5) + 0.08 * (rows[:, 1:5] - 5).sum(axis=1)
    return (random.random(len(rows)) < 1 / (1 + np.exp(-risk))).astype(float)


def test_the_true_culprit_comes_first_where_the_largest_drift_never_is_it():
    by_loss = by_drift = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        then = culprit_rows(random, 6000, drifted=False)
        now = culprit_rows(random, 2000, drifted=True)
        by_loss += next(iter(explained(now, then, wrong(random, then)))) == "c0"
        psi = [
            distance.psi(*(np.bincount(x[:, j], minlength=BINS).astype(float) for x in (now, then)))
            for j in range(COLUMNS)
        ]
        by_drift += int(np.argmax(psi)) == 0
    print(f"culprit first: by contribution {by_loss} of 60, by drift {by_drift} of 60")
    assert by_loss >= 58
    assert by_drift == 0


def test_undrifted_batches_seldom_have_a_cause():
    named = 0
    for seed in range(200):
        random = np.random.default_rng(1000 + seed)
        then = culprit_rows(random, 4000, drifted=False)
        now = culprit_rows(random, 1000, drifted=False)
        found = explained(now, then, wrong(random, then)).values()
        named += min(holm([one.p for one in found])) <= 0.05
    print(f"batches without drift that name a cause: {named} of 200")
    assert named <= 10


def test_its_interval_holds_the_truth():
    held = 0
    for seed in range(400):
        random = np.random.default_rng(9000 + seed)
        then = random.integers(0, BINS, (3000, 1))
        now = np.minimum(random.integers(0, BINS + 4, (800, 1)), BINS - 1)
        chance = 0.1 + 0.05 * np.arange(BINS)
        one = explained(now, then, (random.random(3000) < chance[then[:, 0]]).astype(float))["c0"]
        truth = (chance.sum() + 4 * chance[-1]) / (BINS + 4) - chance.mean()
        held += abs(one.value - truth) <= 1.96 * one.error
    print(f"intervals that hold the truth: {held} of 400")
    assert held >= 372
