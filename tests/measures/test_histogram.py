"""Fine bins keep the order of scores, their size and their class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.measures import curves
from monitor.measures.histogram import BIN_SCORES, BINS, score_bins
from monitor.measures.layout import build_layout
from monitor.measures.residuals import BIN_RESIDUALS, residual_bins
from monitor.measures.rows import Rows
from monitor.measures.sparse import Sparse
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task


def test_bins_rise_with_the_score():
    rng = np.random.default_rng(0)
    scores = np.sort(np.concatenate([rng.random(5000), rng.beta(0.05, 0.05, 5000), [0, 0.5, 1]]))
    bins = score_bins(scores)
    assert (np.diff(bins) >= 0).all()
    assert (bins[0], bins[-1]) == (0, BINS - 1)


def test_a_bins_score_is_within_half_a_percent_of_its_rows():
    rng = np.random.default_rng(1)
    scores = np.concatenate(
        [10 ** rng.uniform(-9, 0, 5000), 1 - 10 ** rng.uniform(-9, -0.31, 5000)]
    )
    shown = BIN_SCORES[score_bins(scores)]
    nearer = np.minimum(scores, 1 - scores)
    assert (np.abs(shown - scores) <= 0.004 * nearer + 1e-15).all()


def test_residual_bins_rise_with_the_residual_and_keep_its_size():
    rng = np.random.default_rng(2)
    residuals = np.sort(rng.standard_cauchy(5000) * 30)
    bins = residual_bins(residuals, scale=100.0)
    assert (np.diff(bins) >= 0).all()
    assert np.allclose(BIN_RESIDUALS[bins] * 100.0, residuals, rtol=0.005, atol=1e-3)


def test_sparse_counts_are_those_of_an_array():
    rng = np.random.default_rng(3)
    for spread in (100, 1 << 40):
        bins, weights = rng.integers(0, spread, 500), rng.random(500)
        found = Sparse.count(bins, weights)
        assert found.bins.tolist() == np.unique(bins).tolist()
        wanted = [weights[bins == b].sum() for b in found.bins]
        assert found.weights == pytest.approx(wanted)


def outcomes(n=2000):
    rng = np.random.default_rng(4)
    score = rng.random(n)
    actual = np.where(rng.random(n) < score, "1", "0").astype(object)
    actual[:100] = None
    groups = {"sex": rng.choice(["f", "m"], n).astype(object)}
    rows = Rows({}, groups, actual, actual, score[:, None], None, n)
    layout = build_layout(
        rows, task=Task.BINARY, classes=("0", "1"), positive="1", attributes=("sex",)
    )
    return rows, tally_outcomes(rows, layout)


def test_each_group_and_label_has_its_own_histogram():
    rows, found = outcomes()
    of = (rows.groups["sex"] == "f") & (rows.actual == "1")
    wanted = np.bincount(score_bins(rows.scores[of, 0]), minlength=BINS)
    women = found.scores.counts(lambda key: key.actual == "1", attribute="sex", group="f")
    assert women.tolist() == wanted.tolist()
    assert found.scores.counts(lambda key: key.actual == "").sum() == 100
    assert found.scores.counts(lambda key: True, attribute="sex", group="nobody").sum() == 0


def test_rows_predicted_so_are_told_from_others_and_from_those_without_a_prediction():
    rows, _ = outcomes()
    said = rows.predicted.copy()
    said[50:250], said[250:300] = "unheard of", None
    layout = build_layout(rows, task=Task.BINARY, classes=("0", "1"), positive="1")
    found = tally_outcomes(replace(rows, predicted=said), layout).scores
    bins = score_bins(rows.scores[:, 0])
    silent = np.array([text is None for text in said])
    for side, of in ((True, said == "1"), (None, silent), (False, (said != "1") & ~silent)):
        there = found.counts(lambda key, side=side: key.predicted is side)
        assert there.tolist() == np.bincount(bins[of], minlength=BINS).tolist()


def test_mean_scores_count_unlabelled_rows_too():
    rows, found = outcomes()
    sums = dict(found.losses.of("sex"))["m"]
    of = rows.groups["sex"] == "m"
    assert sums["scored"] / sums["scored_weight"] == pytest.approx(rows.scores[of].mean())


def test_the_roc_curve_runs_from_corner_to_corner_over_the_exact_area():
    rows, found = outcomes()
    curve = curves.roc(found)
    known = np.array([a is not None for a in rows.actual])
    positive, negative = (rows.scores[known & (rows.actual == a), 0] for a in ("1", "0"))
    wanted = (positive[:, None] > negative).mean()
    assert curve.iloc[0].tolist() == [0.0, 0.0]
    assert curve.iloc[-1].tolist() == [1.0, 1.0]
    area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    assert area == pytest.approx(wanted, abs=1e-3)
    assert len(curve) <= curves.POINTS + 2


def test_precision_ends_at_the_base_rate():
    rows, found = outcomes()
    last = curves.precision_recall(found).iloc[-1]
    assert last["recall"] == 1.0
    assert last["precision"] == pytest.approx((rows.actual == "1").sum() / 1900)


def test_calibration_points_are_the_bins_means():
    rows, found = outcomes()
    known = np.array([a is not None for a in rows.actual])
    score, hit = rows.scores[known, 0], rows.actual[known] == "1"
    of = (score >= 0.3) & (score < 0.4)
    point = curves.calibration(found).iloc[3]
    assert point["score"] == pytest.approx(score[of].mean())
    assert point["observed"] == pytest.approx(hit[of].mean())
    assert point["low"] < hit[of].mean() < point["high"]
    assert point["n"] == of.sum()


def test_curves_without_labels_are_empty():
    rows, _ = outcomes()
    layout = build_layout(rows, task=Task.BINARY, classes=("0", "1"), positive="1")
    unlabelled = Rows({}, {}, rows.predicted, None, rows.scores, None, rows.n)
    found = tally_outcomes(unlabelled, layout)
    assert curves.roc(found).empty
    assert curves.precision_recall(found).empty
    assert curves.calibration(found).empty


def test_each_class_of_several_has_curves_of_its_own():
    rng = np.random.default_rng(9)
    scores = rng.dirichlet((1, 2, 3), size=2000)
    names = np.array(["a", "b", "c"], dtype=object)
    actual = names[[rng.choice(3, p=p) for p in scores]]
    rows = Rows({}, {}, names[scores.argmax(1)], actual, scores, None, 2000)
    layout = build_layout(rows, task=Task.MULTICLASS, classes=("a", "b", "c"))
    found = tally_outcomes(rows, layout)
    for place, label in enumerate(("a", "b", "c")):
        own, other = (scores[side, place] for side in (actual == label, actual != label))
        curve = curves.roc(found, label)
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx((own[:, None] > other).mean(), abs=1e-3)
        of = (scores[:, place] >= 0.2) & (scores[:, place] < 0.3)
        points = curves.calibration(found, label)
        point = points[(points["score"] >= 0.2) & (points["score"] < 0.3)].iloc[0]
        assert point["observed"] == pytest.approx((actual[of] == label).mean())
        assert point["n"] == of.sum()
    assert curves.roc(found, "never heard of").empty
    assert curves.calibration(found, "never heard of").empty
