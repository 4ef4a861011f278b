"""Fairness against fairlearn on the raw rows, and where it must not follow fairlearn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from monitor.measures import fairness, group_rates
from monitor.measures.catalogue import METRICS
from monitor.measures.disparity import Disparity
from monitor.measures.disparity_range import over_groups
from monitor.measures.estimated import Estimate
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.verdict import judge
from monitor.models.labels import labels
from monitor.terms import UNKNOWN_GROUP, Task, Verdict

Found = dict[tuple[str, str, str], Measurement]


def table(n: int = 3000, *, seed: int = 0, groups: Sequence[str] = ("a", "b", "c")) -> pd.DataFrame:
    """Rows of a binary task; groups differ in base rate and in errors."""
    random = np.random.default_rng(seed)
    group = random.choice(groups, n)
    place = np.array([groups.index(g) for g in group])
    actual = random.random(n) < 0.3 + 0.1 * place
    score = np.clip(0.5 * actual + 0.25 + random.normal(0, 0.2, n), 0.001, 0.999)
    return pd.DataFrame(
        {
            "group": group,
            "actual": np.where(actual, "yes", "no"),
            "predicted": np.where(score > 0.5, "yes", "no"),
            "score": score,
            "weight": random.integers(1, 4, n).astype(float),
        }
    )


def rows_of(frame: pd.DataFrame, *, weighted: bool = False) -> Rows:
    actual = frame["actual"].to_numpy()
    return Rows(
        columns={},
        groups={"group": frame["group"].to_numpy(dtype=object)},
        predicted=frame["predicted"].to_numpy(dtype=None if actual.dtype.kind == "f" else object),
        actual=actual if actual.dtype.kind == "f" else labels(frame["actual"]),
        scores=frame[["score"]].to_numpy() if "score" in frame else None,
        weight=frame["weight"].to_numpy() if weighted else None,
        n=len(frame),
    )


def layout_of(rows: Rows, **more: Any) -> Layout:
    plan: dict[str, Any] = {
        "task": Task.BINARY,
        "classes": ("no", "yes"),
        "positive": "yes",
        "favourable": ("yes",),
        "attributes": ("group",),
        "reference_groups": {"group": "a"},
    }
    return build_layout(rows, **(plan | more))


def measured(frame: pd.DataFrame, *, weighted: bool = False, **more: Any) -> Found:
    rows = rows_of(frame, weighted=weighted)
    layout = layout_of(rows, **more)
    found = fairness.measure(tally_outcomes(rows, layout), layout, None)
    assert len({m.key for m in found}) == len(found)
    return {(m.metric, m.attribute, m.group): m for m in found if not m.feature}


def value(found: Found, metric: str, group: str = "", attribute: str = "group") -> float:
    number = found[metric, attribute, group].value
    assert number is not None
    return number


RATES = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "true_negative_rate": fl.true_negative_rate,
    "false_negative_rate": fl.false_negative_rate,
    "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
}


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_are_fairlearns_on_raw_rows(weighted: bool):
    frame = table()
    found = measured(frame, weighted=weighted)
    oracle = fl.MetricFrame(
        metrics=RATES,
        y_true=(frame["actual"] == "yes").astype(int),
        y_pred=(frame["predicted"] == "yes").astype(int),
        sensitive_features=frame["group"],
        sample_params={name: {"sample_weight": frame["weight"]} for name in RATES}
        if weighted
        else None,
    )
    for name in RATES:
        for group in "abc":
            assert value(found, name, group) == pytest.approx(
                oracle.by_group[name][group], abs=1e-12
            )
    assert value(found, "selection_rate", "", "") == pytest.approx(
        oracle.overall["selection_rate"], abs=1e-12
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "equal_opportunity_difference",
        "equal_opportunity_ratio",
        "equalized_odds_difference",
        "equalized_odds_ratio",
        "false_positive_rate_difference",
        "false_negative_rate_difference",
    ],
)
def test_ranges_are_fairlearns_on_raw_rows(name: str, weighted: bool):
    frame = table(seed=1)
    oracle = getattr(fl, name)(
        (frame["actual"] == "yes").astype(int),
        (frame["predicted"] == "yes").astype(int),
        sensitive_features=frame["group"],
        sample_weight=frame["weight"] if weighted else None,
    )
    assert value(measured(frame, weighted=weighted), name) == pytest.approx(oracle, abs=1e-12)


def test_differences_are_signed_and_ratios_over_the_reference_group():
    found = measured(table())
    a, c = (value(found, "selection_rate", group) for group in "ac")
    assert value(found, "demographic_parity_difference", "c") == pytest.approx(c - a, abs=1e-12)
    assert value(found, "demographic_parity_ratio", "c") == pytest.approx(c / a, abs=1e-12)
    assert ("demographic_parity_difference", "group", "a") not in found


def test_combined_odds_are_the_worse_and_the_mean_of_their_parts():
    found = measured(table())
    gaps = [
        value(found, rate, "b") - value(found, rate, "a")
        for rate in ("true_positive_rate", "false_positive_rate")
    ]
    assert value(found, "equalized_odds_difference", "b") == pytest.approx(max(gaps, key=abs))
    assert value(found, "average_odds_difference", "b") == pytest.approx(sum(gaps) / 2)


def test_when_the_favourable_outcome_is_the_negative_class_only_its_metrics_turn():
    frame = table()
    plain, turned = measured(frame), measured(frame, favourable=("no",))
    for metric in ("true_positive_rate", "false_positive_rate", "precision", "base_rate"):
        assert value(turned, metric, "b") == value(plain, metric, "b")
    assert value(turned, "selection_rate", "b") == pytest.approx(
        1 - value(plain, "selection_rate", "b")
    )
    assert value(turned, "equal_opportunity_difference", "b") == pytest.approx(
        value(plain, "true_negative_rate", "b") - value(plain, "true_negative_rate", "a")
    )
    assert value(turned, "equalized_odds_difference") == pytest.approx(
        value(plain, "equalized_odds_difference")
    )


def test_a_rate_over_nobody_is_undefined_where_fairlearn_says_0():
    frame = table()
    nobody = frame["group"].eq("b") & frame["actual"].eq("yes")
    frame = frame[~nobody]
    oracle = fl.MetricFrame(
        metrics=fl.true_positive_rate,
        y_true=(frame["actual"] == "yes").astype(int),
        y_pred=(frame["predicted"] == "yes").astype(int),
        sensitive_features=frame["group"],
    )
    assert oracle.by_group["b"] == 0
    found = measured(frame)
    rate = found["true_positive_rate", "group", "b"]
    assert (rate.value, rate.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert rate.reason == "Nobody in the group was actually positive."
    gap = found["equal_opportunity_difference", "group", "b"]
    assert gap.value is None
    assert gap.reason == "b: Nobody in the group actually had a favourable outcome."
    a, c = (value(found, "true_positive_rate", group) for group in "ac")
    assert value(found, "equal_opportunity_difference") == pytest.approx(abs(c - a))


def test_one_group_is_not_enough_where_fairlearn_says_no_difference():
    frame = table(groups=("a",))
    assert (
        fl.demographic_parity_difference(
            (frame["actual"] == "yes").astype(int),
            (frame["predicted"] == "yes").astype(int),
            sensitive_features=frame["group"],
        )
        == 0
    )
    found = measured(frame)["demographic_parity_difference", "group", ""]
    assert (found.value, found.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert found.reason == "Fewer than two groups have enough rows to be compared."


def test_labels_go_by_what_they_mean_and_not_by_their_order():
    """fairlearn would take "zz" for positive, or refuse texts altogether."""
    renamed = table().replace({"yes": "aa", "no": "zz"})
    found = measured(renamed, classes=("aa", "zz"), positive="aa", favourable=("aa",))
    plain = measured(table())
    for key in (("true_positive_rate", "group", "b"), ("demographic_parity_ratio", "group", "")):
        assert found[key].value == plain[key].value


def test_nobody_selected_has_no_ratio():
    frame = table().assign(predicted="no")
    found = measured(frame)
    assert found["demographic_parity_ratio", "group", ""].value is None
    assert found["demographic_parity_ratio", "group", ""].reason == "The value is 0 in every group."
    ratio = found["demographic_parity_ratio", "group", "b"]
    assert (ratio.value, ratio.reason) == (None, "a: the value to divide by is 0.")
    assert value(found, "demographic_parity_difference") == 0


def test_under_ten_rows_are_hidden_under_thirty_shown_and_never_judged():
    frame = table()
    few = frame[frame["group"] == "b"].head(9).index
    some = frame[frame["group"] == "c"].head(29).index
    found = measured(frame.loc[[*frame[frame["group"] == "a"].index, *few, *some]])
    hidden = found["selection_rate", "group", "b"]
    assert (hidden.value, hidden.n) == (None, 9)
    assert hidden.reason == "Only 9 rows behind it; 10 are needed to show it."
    shown = found["selection_rate", "group", "c"]
    assert shown.value is not None
    assert shown.verdict is Verdict.NOT_ENOUGH_DATA
    gap = found["demographic_parity_difference", "group", "c"]
    assert gap.p is None
    assert gap.reason == "c: Only 29 rows behind the rate; 30 are needed."
    assert judge(gap, low=-0.001, high=0.001, parity=0.0).verdict is Verdict.NOT_ENOUGH_DATA


def test_small_groups_do_not_make_the_others_harder_to_judge():
    frame = table()
    more = pd.concat([frame, frame.head(20).assign(group="d")], ignore_index=True)
    key = ("demographic_parity_difference", "group", "b")
    assert measured(more)[key].p == measured(frame)[key].p
    assert measured(more)[key].family == 6  # two groups, three questions


def test_the_unknown_group_is_measured_and_left_out_of_disparities():
    frame = table(groups=("a", "b", UNKNOWN_GROUP))
    found = measured(frame)
    assert value(found, "selection_rate", UNKNOWN_GROUP) > 0
    assert not any(
        m.metric.endswith("_difference") for k, m in found.items() if k[2] == UNKNOWN_GROUP
    )
    a, b = (value(found, "selection_rate", group) for group in "ab")
    assert value(found, "demographic_parity_difference") == pytest.approx(abs(a - b))


def test_a_missing_reference_group_is_said():
    found = measured(table(groups=("b", "c")))
    gap = found["demographic_parity_difference", "group", "b"]
    assert (gap.value, gap.reason) == (None, "The reference group a has no rows here.")
    assert value(found, "demographic_parity_difference") > 0


def test_rows_without_a_label_count_for_selection_only():
    frame = table()
    frame["actual"] = frame["actual"].astype(object).where(frame.index % 2 == 1, None)
    found = measured(frame)
    assert found["selection_rate", "group", "a"].n == (frame["group"] == "a").sum()
    labelled = frame["actual"].notna()
    assert found["accuracy", "group", "a"].n == (labelled & frame["group"].eq("a")).sum()
    unlabelled = measured(frame.assign(actual=None))
    assert unlabelled["accuracy", "group", "a"].value is None
    assert unlabelled["accuracy", "group", "a"].reason
    assert value(unlabelled, "demographic_parity_difference") > 0


def test_shares_add_up_to_one():
    found = measured(table())
    assert sum(value(found, "group_share", group) for group in "abc") == pytest.approx(1)


def test_scores_of_each_group_are_sklearns():
    frame = table()
    found = measured(frame)
    for group, part in frame.groupby("group"):
        actual = part["actual"] == "yes"
        assert value(found, "roc_auc", group) == pytest.approx(
            sk.roc_auc_score(actual, part["score"]), abs=2e-5
        )
        assert value(found, "mean_score", group) == pytest.approx(part["score"].mean(), abs=1e-12)
        assert value(found, "calibration_ratio", group) == pytest.approx(
            actual.sum() / part["score"].sum(), abs=1e-12
        )
    assert ("roc_auc", "", "") not in found  # performance gives it


def test_weights_widen_intervals():
    plain, weighted = (measured(table(), weighted=w) for w in (False, True))
    for metric in ("selection_rate", "demographic_parity_difference"):
        a, b = plain[metric, "group", "b"], weighted[metric, "group", "b"]
        assert (b.high or 0) - (b.low or 0) > (a.high or 0) - (a.low or 0)
        assert a.n == b.n
    tenfold = table().assign(weight=10.0)
    found = measured(tenfold, weighted=True)["demographic_parity_difference", "group", "b"]
    assert found.low == pytest.approx(plain["demographic_parity_difference", "group", "b"].low)


def test_every_interval_holds_its_value_and_every_metric_is_in_the_catalogue():
    for m in measured(table()).values():
        assert METRICS[m.metric].family in ("fairness", "performance")
        assert len(m.method) <= 80
        if m.value is not None:
            assert m.low is not None
            assert m.high is not None
            assert m.low - 1e-12 <= m.value <= m.high + 1e-12


def test_a_reference_stands_beside_every_number():
    rows, before = rows_of(table(seed=1)), rows_of(table(seed=2))
    layout = layout_of(before)
    reference = tally_outcomes(before, layout)
    found = fairness.measure(tally_outcomes(rows, layout), layout, reference)
    alone = fairness.measure(reference, layout, None)
    assert {m.key: m.reference for m in found} == {m.key: m.value for m in alone}


def test_of_several_classes_the_favourable_set_counts():
    random = np.random.default_rng(3)
    n = 2000
    frame = pd.DataFrame(
        {
            "group": random.choice(["a", "b"], n),
            "actual": random.choice(["gold", "silver", "none"], n),
            "predicted": random.choice(["gold", "silver", "none"], n),
        }
    )
    classes = ("gold", "none", "silver")
    more: dict[str, Any] = {"task": Task.MULTICLASS, "classes": classes, "positive": None}
    found = measured(frame, **more, favourable=("gold", "silver"))
    part = frame[frame["group"] == "b"]
    good = ["gold", "silver"]
    assert value(found, "selection_rate", "b") == pytest.approx(part["predicted"].isin(good).mean())
    assert value(found, "base_rate", "b") == pytest.approx(part["actual"].isin(good).mean())
    assert value(found, "accuracy", "b") == pytest.approx(
        (part["actual"] == part["predicted"]).mean()
    )
    assert ("true_positive_rate", "group", "b") not in found
    without = measured(frame, **more, favourable=())
    assert ("accuracy_difference", "group", "b") in without
    assert ("selection_rate", "group", "b") not in without


def regression(n: int = 2000, *, noise: float = 1.0) -> pd.DataFrame:
    random = np.random.default_rng(4)
    group = random.choice(["a", "b"], n)
    actual = random.normal(1000, 50, n)
    error = random.normal(0, 10, n) * np.where(group == "b", noise, 1.0)
    return pd.DataFrame({"group": group, "actual": actual, "predicted": actual - error})


REGRESSION: dict[str, Any] = {"task": Task.REGRESSION, "classes": (), "positive": None}


def test_regression_groups_are_sklearns():
    frame = regression(noise=2.0)
    found = measured(frame, **REGRESSION, favourable=(), favourable_range=(1000.0, np.inf))
    parts = {str(g): p for g, p in frame.groupby("group")}
    errors = {g: sk.mean_absolute_error(p["actual"], p["predicted"]) for g, p in parts.items()}
    for group, part in parts.items():
        assert value(found, "mean_absolute_error", group) == pytest.approx(errors[group])
        assert value(found, "mean_residual", group) == pytest.approx(
            (part["actual"] - part["predicted"]).mean()
        )
        assert value(found, "mean_prediction", group) == pytest.approx(part["predicted"].mean())
        assert value(found, "selection_rate", group) == pytest.approx(
            (part["predicted"] >= 1000).mean()
        )
    assert value(found, "mean_absolute_error_difference", "b") == pytest.approx(
        errors["b"] - errors["a"]
    )
    ratio = found["mean_absolute_error_ratio", "group", "b"]
    assert ratio.value == pytest.approx(errors["b"] / errors["a"])
    assert judge(ratio, low=0.8, high=1.25, parity=1.0).verdict is Verdict.FAILING
    spread = parts["a"]["predicted"].std(ddof=0) / np.sqrt(len(parts["a"]))
    mean = found["mean_prediction", "group", "a"]
    assert mean.high == pytest.approx(parts["a"]["predicted"].mean() + 1.959964 * spread, rel=1e-9)


def judged(found: Found) -> list[Verdict]:
    """Verdicts of all disparities under the default limits."""
    verdicts = []
    for m in found.values():
        definition = METRICS[m.metric]
        if definition.unit in ("points", "ratio") and m.metric != "calibration_ratio":
            low, high = (0.8, 1.25) if definition.unit == "ratio" else (-0.1, 0.1)
            verdict = judge(m, low=low, high=high, parity=definition.neutral).verdict
            assert verdict is not None
            verdicts.append(verdict)
    return verdicts


@pytest.mark.parametrize("n", [300, 1000])
def test_fair_models_seldom_fail(n: int):
    """Of the verdicts on a fair model's batches, whatever their size, at most one in twenty."""
    verdicts = []
    for seed in range(15):
        group = np.random.default_rng(1000 + seed).choice(list("abcd"), n)
        verdicts += judged(measured(table(n, seed=seed).assign(group=group)))
    assert np.mean([v is Verdict.FAILING for v in verdicts]) <= 0.05


def test_an_unfair_model_fails():
    frame = table(4000)
    lost = frame["group"].eq("b") & (np.arange(4000) % 3 == 0)
    frame.loc[lost, "predicted"] = "no"
    found = measured(frame)
    gap = found["equal_opportunity_difference", "group", "b"]
    assert judge(gap, low=-0.1, high=0.1, parity=0.0).verdict is Verdict.FAILING


def test_the_range_of_fair_groups_has_an_even_p():
    """Largest minus smallest is never 0, so only its p can say whether it is large."""
    random = np.random.default_rng(5)
    disparity = Disparity("demographic_parity_difference", ("selection_rate",))
    ps = []
    for _ in range(300):
        sizes = random.integers(50, 400, 5).tolist()
        groups = [(rate(int(random.binomial(n, 0.3)), n),) for n in sizes]
        ps.append(over_groups(disparity, groups, attribute="group").p or 0.0)
    assert np.mean(np.array(ps) <= 0.05) <= 0.08
    assert 0.4 < np.mean(ps) < 0.6


def rate(hits: int, n: int) -> Estimate:
    share = hits / n
    return Estimate("selection_rate", "g", share, n, n, float(n), share * (1 - share))


def test_without_labels_nobody_is_said_to_be_wrong_or_never_selected():
    found = measured(table().assign(actual=None))
    assert found["selection_rate", "group", "a"].value is not None
    for metric in ("true_positive_rate", "precision", "negative_predictive_value", "base_rate"):
        rate = found[metric, "group", "a"]
        assert (rate.value, rate.reason) == (None, "The group has no rows with a label.")
    gap = found["equal_opportunity_difference", "group", ""]
    assert (gap.value, gap.reason) == (None, "No group has a row with a label.")


def test_many_groups_get_the_same_numbers_without_metric_frame(monkeypatch: pytest.MonkeyPatch):
    rows = rows_of(table(), weighted=True)
    layout = layout_of(rows)
    outcomes = tally_outcomes(rows, layout)
    few = fairness.measure_alone(outcomes, layout)
    monkeypatch.setattr(group_rates, "MANY_GROUPS", 0)
    assert fairness.measure_alone(outcomes, layout) == few


def test_many_groups_are_quick_and_nothing_is_no_error():
    frame = table(20_000).assign(group=[f"g{i % 1000}" for i in range(20_000)])
    rows = rows_of(frame)
    layout = layout_of(rows, attributes=(), segments=("group",), reference_groups={})
    found = fairness.measure(tally_outcomes(rows, layout), layout, None)
    assert sum(m.metric == "group_share" for m in found) == 1000
    assert not any(m.metric.endswith("_difference") for m in found)
    empty = rows_of(frame.head(0))
    nothing = fairness.measure(tally_outcomes(empty, layout), layout, None)
    assert all(m.value is None and m.reason for m in nothing)
