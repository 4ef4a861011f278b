"""Metrics from tallies against sklearn on the raw rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier

from monitor.measures import performance
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import Outcomes, tally, tally_outcomes
from monitor.terms import Task, Verdict

NEVER = float("nan")


def rows(actual, predicted, scores=None, weight=None):
    actual, predicted = (np.array(v, dtype=object) for v in (actual, predicted))
    return Rows({}, {}, predicted, actual, scores, weight, actual.size)


def layout_of(given, classes, positive=None):
    task = Task.BINARY if positive else Task.MULTICLASS
    return build_layout(given, task=task, classes=classes, positive=positive)


def measured(given, classes, positive=None) -> dict[tuple[str, str], Measurement]:
    layout = layout_of(given, classes, positive)
    found = performance.measure(tally_outcomes(given, layout), layout, None)
    return {(m.metric, m.group): m for m in found}


def binary(n=4000, *, seed=0, weighted=False):
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 4, n)
    actual = np.where(rng.random(n) < score, "yes", "no")
    predicted = np.where(score > 0.4, "yes", "no")
    weight = rng.gamma(2.0, size=n) if weighted else None
    return rows(actual, predicted, score[:, None], weight)


def multiclass(n=3000, *, seed=0, weighted=False, never=()):
    """Three classes with scores; rows that would be labelled ``never`` are labelled "a"."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet((1.0, 2.0, 3.0), size=n)
    names = np.array(["a", "b", "c"])
    actual = names[[rng.choice(3, p=p) for p in scores]]
    actual = np.where(np.isin(actual, never), "a", actual)
    weight = rng.gamma(2.0, size=n) if weighted else None
    return rows(actual, names[scores.argmax(1)], scores, weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_binary_metrics_are_sklearns(weighted):
    given = binary(weighted=weighted)
    found = measured(given, ("no", "yes"), "yes")
    y, p, w = given.actual.astype(str), given.predicted.astype(str), given.weight
    score = given.scores[:, 0]
    wanted = {
        "accuracy": sk.accuracy_score(y, p, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p, sample_weight=w),
        "precision": sk.precision_score(y, p, pos_label="yes", sample_weight=w),
        "recall": sk.recall_score(y, p, pos_label="yes", sample_weight=w),
        "f1": sk.f1_score(y, p, pos_label="yes", sample_weight=w),
        "specificity": sk.recall_score(y, p, pos_label="no", sample_weight=w),
        "matthews_corrcoef": sk.matthews_corrcoef(y, p, sample_weight=w),
        "log_loss": sk.log_loss(y, y_proba=score, labels=["no", "yes"], sample_weight=w),
        "brier_score": sk.brier_score_loss(y, score, pos_label="yes", sample_weight=w),
    }
    assert {name: found[name, ""].value for name in wanted} == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("never", [(), ("c",), ("b", "c")])
def test_multiclass_metrics_are_sklearns_even_where_a_class_is_absent(weighted, never):
    given = multiclass(weighted=weighted, never=never)
    found = measured(given, ("a", "b", "c"))
    y, p, w = given.actual.astype(str), given.predicted.astype(str), given.weight
    wanted = {
        "accuracy": sk.accuracy_score(y, p, sample_weight=w),
        "brier_score": sk.brier_score_loss(
            y, given.scores, labels=["a", "b", "c"], sample_weight=w
        ),
        "log_loss": sk.log_loss(y, y_proba=given.scores, labels=["a", "b", "c"], sample_weight=w),
    }
    if len(never) < 2:
        wanted["matthews_corrcoef"] = sk.matthews_corrcoef(y, p, sample_weight=w)
    for way in ("macro", "weighted"):
        for name, score in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        ):
            wanted[f"{name}_{way}"] = score(y, p, average=way, sample_weight=w, zero_division=NEVER)
    assert {name: found[name, ""].value for name in wanted} == pytest.approx(wanted, abs=1e-12)


def test_each_class_is_measured_against_the_rest():
    given = multiclass()
    found = measured(given, ("a", "b", "c"))
    y, p = given.actual.astype(str), given.predicted.astype(str)
    precisions = sk.precision_score(y, p, average=None)
    specificities = [sk.recall_score(y == c, p == c, pos_label=False) for c in "abc"]
    for place, c in enumerate("abc"):
        assert found["precision", c].attribute == "class"
        assert found["precision", c].value == pytest.approx(precisions[place], abs=1e-12)
        assert found["specificity", c].value == pytest.approx(specificities[place], abs=1e-12)
        auc = sk.roc_auc_score(y == c, given.scores[:, place])
        assert found["roc_auc", c].value == pytest.approx(auc, abs=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_accuracy_and_specificity_of_several_classes_are_sklearns(weighted):
    given = multiclass(weighted=weighted)
    found = measured(given, ("a", "b", "c"))
    y, p, w = given.actual.astype(str), given.predicted.astype(str), given.weight
    balanced = sk.balanced_accuracy_score(y, p, sample_weight=w)
    assert found["balanced_accuracy", ""].value == pytest.approx(balanced, abs=1e-12)
    each = [sk.recall_score(y == c, p == c, pos_label=False, sample_weight=w) for c in "abc"]
    sizes = [np.average(y == c, weights=w) for c in "abc"]
    for way, wanted in (("macro", np.mean(each)), ("weighted", np.average(each, weights=sizes))):
        assert found[f"specificity_{way}", ""].value == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_multiclass_ranking_averages_are_sklearns(weighted):
    given = multiclass(n=10_000, weighted=weighted)
    found = measured(given, ("a", "b", "c"))
    y, w = given.actual.astype(str), given.weight
    for way in ("macro", "weighted"):
        of = {"average": way, "sample_weight": w}
        auc = sk.roc_auc_score(y, given.scores, multi_class="ovr", **of)
        precision = sk.average_precision_score(y, given.scores, **of)
        assert found[f"roc_auc_{way}", ""].value == pytest.approx(auc, abs=2e-5)
        assert found[f"average_precision_{way}", ""].value == pytest.approx(
            precision, abs=1e-3 if weighted else 1e-4
        )


@pytest.mark.parametrize("shape", [(2, 3), (0.3, 30), (0.2, 0.2), (0.05, 60)])
@pytest.mark.parametrize("weighted", [False, True])
def test_ranking_from_bins_is_that_of_the_rows(shape, weighted):
    rng = np.random.default_rng(3)
    n = 200_000
    score = rng.beta(*shape, size=n)
    positive = rng.random(n) < score
    weight = rng.gamma(2.0, size=n) if weighted else None
    labels = np.where(positive, "1", "0")
    found = measured(rows(labels, labels, score[:, None], weight), ("0", "1"), "1")
    auc = sk.roc_auc_score(positive, score, sample_weight=weight)
    precision = sk.average_precision_score(positive, score, sample_weight=weight)
    assert found["roc_auc", ""].value == pytest.approx(auc, abs=2e-5)
    assert found["average_precision", ""].value == pytest.approx(
        precision, abs=1e-3 if weighted else 1e-4
    )


def test_scores_given_to_many_rows_are_one_step_of_the_precision_curve():
    rng = np.random.default_rng(4)
    score = np.round(rng.beta(2, 3, 5000), 1)
    positive = rng.random(5000) < score
    labels = np.where(positive, "1", "0")
    found = measured(rows(labels, labels, score[:, None]), ("0", "1"), "1")
    wanted = sk.average_precision_score(positive, score)
    assert found["average_precision", ""].value == pytest.approx(wanted, abs=1e-12)


def test_delong_has_its_textbook_variance():
    rng = np.random.default_rng(5)
    positives, negatives = rng.normal(0.6, 0.1, 60), rng.normal(0.5, 0.1, 80)
    score = np.concatenate([positives, negatives])
    labels = np.repeat(["1", "0"], [60, 80])
    found = measured(rows(labels, labels, score[:, None]), ("0", "1"), "1")["roc_auc", ""]
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    spread = wins.mean(1).var(ddof=1) / 60 + wins.mean(0).var(ddof=1) / 80
    assert found.high - found.low == pytest.approx(2 * 1.959964 * spread**0.5, rel=0.02)


def test_intervals_hold_the_truth_about_as_often_as_they_promise():
    rng = np.random.default_rng(6)
    n, rounds = 400, 150
    whole = binary(200_000, seed=7)
    layout = layout_of(whole, ("no", "yes"), "yes")
    truth = _values(tally_outcomes(whole, layout), layout)
    inside = dict.fromkeys(
        (
            "accuracy",
            "f1",
            "balanced_accuracy",
            "matthews_corrcoef",
            "roc_auc",
            "average_precision",
            "log_loss",
            "brier_score",
        ),
        0,
    )
    for _ in range(rounds):
        some = rng.choice(whole.n, n, replace=False)
        part = rows(whole.actual[some], whole.predicted[some], whole.scores[some])
        for m in performance.measure(tally_outcomes(part, layout), layout, None):
            if m.metric in inside:
                inside[m.metric] += m.low <= truth[m.metric] <= m.high
    assert min(inside.values()) >= 0.89 * rounds, inside


def _values(outcomes, layout):
    return {m.metric: m.value for m in performance.measure(outcomes, layout, None)}


def test_a_calibrated_model_may_have_no_calibration_error_at_all():
    given = binary(20_000)
    found = measured(given, ("no", "yes"), "yes")["expected_calibration_error", ""]
    assert found.low == 0.0
    assert found.value < 0.02


def test_expected_calibration_error_is_the_mean_gap_of_ten_bins():
    given = binary(weighted=True)
    score, hit = given.scores[:, 0], given.actual == "yes"
    bins = np.minimum((score * 10).astype(int), 9)
    gaps = [
        abs(given.weight[bins == b] @ (hit[bins == b] - score[bins == b])) for b in np.unique(bins)
    ]
    found = measured(given, ("no", "yes"), "yes")["expected_calibration_error", ""]
    assert found.value == pytest.approx(sum(gaps) / given.weight.sum(), abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("never", [(), ("c",)])
def test_each_class_has_its_calibration_error_and_their_means_are_the_models(weighted, never):
    given = multiclass(weighted=weighted, never=never)
    found = measured(given, ("a", "b", "c"))
    w = np.ones(given.n) if given.weight is None else given.weight
    wanted = []
    for place, c in enumerate("abc"):
        score, hit = given.scores[:, place], given.actual == c
        bins = np.minimum((score * 10).astype(int), 9)
        gaps = [abs(w[bins == b] @ (hit[bins == b] - score[bins == b])) for b in np.unique(bins)]
        wanted.append(sum(gaps) / w.sum())
        assert found["expected_calibration_error", c].value == pytest.approx(wanted[-1], abs=1e-12)
    sizes = [w @ (given.actual == c) for c in "abc"]
    for way, mean in (("macro", np.mean(wanted)), ("weighted", np.average(wanted, weights=sizes))):
        m = found[f"expected_calibration_error_{way}", ""]
        assert m.value == pytest.approx(mean, abs=1e-12)
        assert m.low <= m.value <= m.high


def test_the_best_constant_stands_beside_every_metric():
    labels = ["yes"] * 30 + ["no"] * 70
    found = measured(rows(labels, labels, np.full((100, 1), 0.3)), ("no", "yes"), "yes")
    share = np.array([0.3, 0.7])
    wanted = {
        "accuracy": 0.7,
        "balanced_accuracy": 0.5,
        "precision": 0.3,
        "recall": 1.0,
        "f1": 0.6 / 1.3,
        "matthews_corrcoef": 0.0,
        "roc_auc": 0.5,
        "average_precision": 0.3,
        "log_loss": -share @ np.log(share),
        "brier_score": 0.21,
    }
    assert {name: found[name, ""].baseline for name in wanted} == pytest.approx(wanted)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_constant_is_the_best_of_sklearns_dummy_classifiers(weighted):
    given = multiclass(weighted=weighted)
    found = measured(given, ("a", "b", "c"))
    y, w = given.actual.astype(str), given.weight
    nothing = np.zeros((given.n, 1))
    constants = [
        DummyClassifier(strategy="constant", constant=c).fit(nothing, y).predict(nothing)
        for c in "abc"
    ]
    of = {"sample_weight": w, "zero_division": NEVER}
    best = {
        "accuracy": max(sk.accuracy_score(y, p, sample_weight=w) for p in constants),
        "balanced_accuracy": max(
            sk.balanced_accuracy_score(y, p, sample_weight=w) for p in constants
        ),
        "matthews_corrcoef": 0.0,
    }
    for way in ("macro", "weighted"):
        for name, score in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        ):
            best[f"{name}_{way}"] = max(score(y, p, average=way, **of) for p in constants)
    prior = (
        DummyClassifier(strategy="prior").fit(nothing, y, sample_weight=w).predict_proba(nothing)
    )
    best["log_loss"] = sk.log_loss(y, prior, sample_weight=w)
    best["brier_score"] = sk.brier_score_loss(y, prior, labels=["a", "b", "c"], sample_weight=w)
    assert {name: found[name, ""].baseline for name in best} == pytest.approx(best, abs=1e-12)


def test_reference_values_stand_beside_the_batch():
    reference, batch = binary(seed=1), binary(seed=2)
    layout = layout_of(reference, ("no", "yes"), "yes")
    before = tally(reference, layout).outcomes
    found = performance.measure(tally(batch, layout).outcomes, layout, before)
    assert {m.metric: m.reference for m in found} == _values(before, layout)


def test_without_labels_every_metric_says_so():
    given = binary(100)
    layout = layout_of(given, ("no", "yes"), "yes")
    unlabelled = Rows({}, {}, given.predicted, None, given.scores, None, 100)
    found = performance.measure(tally_outcomes(unlabelled, layout), layout, None)
    coverage, *rest = found
    assert (coverage.metric, coverage.value) == ("label_coverage", 0.0)
    assert all(m.value is None and m.reason for m in rest)
    assert {"accuracy", "roc_auc", "log_loss"} <= {m.metric for m in rest}


def test_late_labels_count_only_where_they_are_known():
    given = binary(1000)
    layout = layout_of(given, ("no", "yes"), "yes")
    late = given.actual.copy()
    late[250:] = None
    part = rows(late, given.predicted, given.scores)
    some = rows(given.actual[:250], given.predicted[:250], given.scores[:250])
    found = _values(tally_outcomes(part, layout), layout)
    assert found["label_coverage"] == 0.25
    wanted = _values(tally_outcomes(some, layout), layout) | {"label_coverage": 0.25}
    assert found == pytest.approx(wanted, abs=1e-12)


def test_a_rate_without_a_denominator_is_undefined_with_a_reason():
    found = measured(rows(["no", "no"], ["no", "no"]), ("no", "yes"), "yes")
    assert found["precision", ""].value is None
    assert found["precision", ""].reason == "yes was never predicted."
    assert found["recall", ""].reason == "No row is labelled yes."
    assert found["matthews_corrcoef", ""].value is None


@pytest.mark.parametrize(("n", "is_shown"), [(9, False), (10, True)])
def test_a_rate_over_fewer_than_ten_rows_is_hidden_as_a_groups_would_be(n, is_shown):
    """Ten times as many are labelled no, so that only what needs yes has so few."""
    labels = ["yes"] * n + ["no"] * (10 * n)
    given = rows(labels, labels, np.linspace(0.9, 0.1, 11 * n)[:, None])
    found = measured(given, ("no", "yes"), "yes")
    for name in ("recall", "precision", "f1", "roc_auc", "average_precision", "balanced_accuracy"):
        m = found[name, ""]
        assert (m.value is not None) is is_shown, name
        assert m.denominator == n
        if not is_shown:
            assert (m.low, m.high, m.baseline) == (None, None, None)
            assert m.verdict is Verdict.NOT_ENOUGH_DATA
            assert m.reason == "Only 9 rows behind it; 10 are needed to show it."
    assert found["accuracy", ""].value == 1.0
    assert found["log_loss", ""].value is not None


def test_label_coverage_is_a_count_and_shown_for_any_number_of_rows():
    found = measured(rows(["yes", None], ["yes", "no"]), ("no", "yes"), "yes")
    assert found["label_coverage", ""].value == 0.5
    assert found["accuracy", ""].value is None


def test_a_class_of_few_rows_hides_its_own_numbers_only():
    given = multiclass(n=600)
    labels = np.where(np.arange(600) < 5, "c", np.where(given.actual == "c", "b", given.actual))
    found = measured(rows(labels, given.predicted, given.scores), ("a", "b", "c"))
    assert found["recall", "c"].value is None
    assert found["roc_auc", "c"].value is None
    assert found["recall", "b"].value is not None
    assert found["recall_macro", ""].value is not None


@pytest.mark.parametrize("seed", range(5))
def test_one_class_of_weighted_rows_has_no_correlation_however_sums_are_rounded(seed):
    weight = np.random.default_rng(seed).gamma(2.0, size=999)
    said = np.where(np.arange(999) % 3 == 0, "yes", "no")
    found = measured(rows(["no"] * 999, said, weight=weight), ("no", "yes"), "yes")
    assert found["matthews_corrcoef", ""].value is None
    assert (
        found["matthews_corrcoef", ""].reason == "All labels, or all predictions, are of one class."
    )
    turned = measured(rows(said, ["no"] * 999, weight=weight), ("no", "yes"), "yes")
    assert turned["matthews_corrcoef", ""].value is None
    assert turned["matthews_corrcoef", ""].baseline is None


def test_one_class_only_has_no_ranking_and_says_why():
    found = measured(rows(["no"] * 5, ["no"] * 5, np.full((5, 1), 0.2)), ("no", "yes"), "yes")
    assert found["roc_auc", ""].value is None
    assert found["roc_auc", ""].reason == "Needs rows labelled yes and rows labelled otherwise."


def test_perfect_order_of_a_few_rows_is_not_certain():
    score = np.linspace(0.1, 0.9, 24)[:, None]
    labels = ["no"] * 12 + ["yes"] * 12
    found = measured(rows(labels, labels, score), ("no", "yes"), "yes")["roc_auc", ""]
    assert found.value == 1.0
    assert 0.5 < found.low < 0.8


def test_a_label_of_an_unknown_class_is_still_wrong_or_right():
    given = rows(["a", "b", "new", "new"] * 10, ["a", "a", "new", "a"] * 10)
    found = measured(given, ("a", "b"))
    assert found["accuracy", ""].value == 0.5
    assert found["recall", "new"].value == 0.5


def test_models_without_scores_have_no_metrics_of_scores():
    found = measured(rows(["yes", "no"], ["yes", "no"]), ("no", "yes"), "yes")
    assert ("roc_auc", "") not in found
    assert ("accuracy", "") in found


def test_scores_that_are_no_probabilities_are_left_out():
    score = np.array([[-3.0], [0.4], [np.nan], [7.0], [1 + 1e-9]])
    given = rows(["yes", "no", "no", "yes", "yes"], ["yes"] * 5, score)
    found = measured(given, ("no", "yes"), "yes")
    assert found["log_loss", ""].n == 2
    assert found["accuracy", ""].n == 5


def test_intervals_of_weighted_rows_stand_on_their_effective_number():
    given = binary(1000)
    doubled = Rows({}, {}, given.predicted, given.actual, given.scores, np.full(1000, 2.0), 1000)
    uneven = Rows(
        {}, {}, given.predicted, given.actual, given.scores, np.tile([0.01, 10.0], 500), 1000
    )
    plain, same, wide = (
        measured(g, ("no", "yes"), "yes")["accuracy", ""] for g in (given, doubled, uneven)
    )
    assert (same.low, same.high) == pytest.approx((plain.low, plain.high))
    assert wide.high - wide.low > 1.3 * (plain.high - plain.low)


def test_nothing_at_all_is_measured_as_nothing():
    given = binary(10)
    layout = layout_of(given, ("no", "yes"), "yes")
    found = performance.measure(Outcomes.zero(layout), layout, None)
    assert all(m.value is None and m.reason for m in found)


@pytest.mark.parametrize("only_labelled", [False, True])
def test_rows_of_weight_0_are_no_evidence_and_no_error(only_labelled):
    """As where labels have come only for rows that do not count."""
    given = binary(400, weighted=True)
    weight = np.where(np.arange(400) < 200, 0.0, 1.0) if only_labelled else np.zeros(400)
    actual = np.where(weight > 0, None, given.actual) if only_labelled else given.actual
    given = rows(actual, given.predicted, given.scores, weight)
    layout = layout_of(binary(), ("no", "yes"), "yes")
    found = performance.measure(tally_outcomes(given, layout), layout, None)
    for m in found:
        if m.metric != "label_coverage":
            assert (m.value, bool(m.reason)) == (None, True), m
    assert {m.reason for m in found if m.metric == "matthews_corrcoef"} == {
        "Every row behind it has weight 0."
    }
