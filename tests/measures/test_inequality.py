"""Indices, distances, odds and errors of groups, against brute force on raw rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from scipy.stats.contingency import odds_ratio
from sklearn import metrics as sk

from monitor.measures import distances, estimated
from monitor.measures.bootstrap import DRAWS
from monitor.measures.indices import (
    differential_fairness,
    generalized_entropy,
    theil,
    total_variation,
)
from monitor.measures.regression_fairness import group_means
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task, Verdict
from tests.measures.people import layout_of, measured, people, rows_of, value

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=4)


@pytest.mark.parametrize("attribute", ["sex", "sex × race"])
@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS])
def test_epsilon_is_foulds_on_raw_rows(attribute: str, task: Task):
    frame = people(task=task)
    by = frame["sex"] + (" × " + frame["race"] if "×" in attribute else "")
    answers = sorted(frame["predicted"].unique())
    chances = {
        group: [
            ((part["predicted"] == a).sum() + 0.5) / (len(part) + 0.5 * len(answers))
            for a in answers
        ]
        for group, part in frame.groupby(by)
    }
    wanted = max(
        abs(np.log(one[k] / other[k]))
        for one in chances.values()
        for other in chances.values()
        for k in range(len(answers))
    )
    m = measured(frame, task)["differential_fairness", attribute, "", ""]
    assert m.value == pytest.approx(wanted, abs=1e-12)
    assert m.low <= m.value <= m.high
    assert m.p is not None
    assert 0 < m.baseline < 1


def test_a_group_too_small_to_be_shown_does_not_make_epsilon():
    frame = people()
    small = frame.index[(frame["race"] == "other")][9:]
    found = measured(frame.drop(small))["differential_fairness", "race", "", ""]
    without = measured(frame[frame["race"] != "other"])["differential_fairness", "race", "", ""]
    assert found.value == pytest.approx(without.value)
    alone = measured(frame[frame["race"] == "white"])["differential_fairness", "race", "", ""]
    assert (alone.value, alone.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert alone.reason


def test_epsilon_of_a_thin_group_is_shown_and_not_judged():
    frame = people()
    m = measured(frame.drop(frame.index[frame["race"] == "other"][20:]))
    epsilon = m["differential_fairness", "race", "", ""]
    assert epsilon.value is not None
    assert epsilon.verdict is Verdict.NOT_ENOUGH_DATA
    assert epsilon.reason == "other: Only 20 rows behind the rate; 30 are needed."


@given(st.lists(COUNTS, min_size=2, max_size=5))
def test_epsilon_is_0_for_alike_groups_and_grows_with_any_group(tables: list[list[int]]):
    width = min(map(len, tables))
    counts = np.array([row[:width] for row in tables], dtype=float)
    assert float(differential_fairness(counts[[0, 0]])) == 0
    assert differential_fairness(counts) >= differential_fairness(counts[:-1]) or len(counts) == 2
    assert differential_fairness(counts) == pytest.approx(differential_fairness(counts[::-1]))


def benefits(frame) -> np.ndarray:
    good = frame[["predicted", "actual"]] == "yes"
    return (good["predicted"].astype(int) - good["actual"].astype(int) + 1).to_numpy(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_entropy_and_theil_are_speichers_on_raw_rows(weighted: bool):
    frame = people()
    b = benefits(frame)
    b = np.repeat(b, frame["weight"].astype(int)) if weighted else b
    found = measured(frame, weighted=weighted)
    mean = b.mean()
    wanted = np.mean((b / mean) ** 2 - 1) / 2
    ratio = b[b > 0] / mean
    assert value(found, "generalized_entropy_index", "") == pytest.approx(wanted, abs=1e-12)
    assert value(found, "theil_index", "") == pytest.approx(
        np.sum(ratio * np.log(ratio)) / b.size, abs=1e-12
    )
    for metric in ("generalized_entropy_index", "theil_index"):
        m = found[metric, "", "", ""]
        assert m.low < m.value < m.high
        assert m.n == len(frame)


@given(st.lists(st.integers(0, 100), min_size=3, max_size=3))
def test_inequality_is_never_negative_and_does_not_change_with_size(counts: list[int]):
    have, b = np.array(counts, dtype=float), np.array([0.0, 1.0, 2.0])
    for index in (generalized_entropy, theil):
        found = float(index(have, b))
        if have[1:].sum() == 0:
            assert np.isnan(found)
            continue
        assert found >= -1e-15
        assert float(index(7 * have, b)) == pytest.approx(found, abs=1e-12)


def test_a_model_that_is_always_right_shares_its_favours_equally():
    frame = people()
    found = measured(frame.assign(predicted=frame["actual"]))
    assert value(found, "theil_index", "") == 0
    assert value(found, "generalized_entropy_index", "") == 0


def test_without_labels_nobody_knows_who_was_denied():
    m = measured(people().assign(actual=None))["theil_index", "", "", ""]
    assert (m.value, m.verdict, m.reason) == (None, Verdict.NOT_ENOUGH_DATA, "No row has a label.")


@pytest.mark.parametrize("weighted", [False, True])
def test_predicted_classes_are_apart_by_their_total_variation(weighted: bool):
    frame = people(task=Task.MULTICLASS)
    weight = frame["weight"] if weighted else frame["weight"] * 0 + 1
    shares = frame.assign(w=weight).pivot_table(
        index="race", columns="predicted", values="w", aggfunc="sum"
    )
    shares = shares.div(shares.sum(axis=1), axis=0)
    found = measured(frame, Task.MULTICLASS, weighted=weighted)
    m = found["prediction_total_variation", "race", "black", ""]
    assert m.value == pytest.approx((shares.loc["black"] - shares.loc["white"]).abs().sum() / 2)
    assert 0 <= m.low <= m.value <= m.high <= 1
    assert m.baseline > 0
    assert m.family == 2


@given(COUNTS, COUNTS)
def test_total_variation_is_a_distance(one: list[int], other: list[int]):
    width = min(len(one), len(other))
    a, b = np.array(one[:width], dtype=float) + 1, np.array(other[:width], dtype=float) + 1
    assert float(total_variation(a, a)) == 0
    assert 0 <= float(total_variation(a, b)) <= 1
    assert float(total_variation(a, b)) == pytest.approx(float(total_variation(b, a)))


def test_predictions_are_apart_by_kolmogorov_and_smirnov_at_the_layouts_edges():
    frame = people(task=Task.REGRESSION)
    rows = rows_of(frame)
    layout = layout_of(rows, Task.REGRESSION)
    cuts = np.array(layout.edges["prediction"].cuts)
    own, base = (frame.loc[frame["sex"] == s, "predicted"].to_numpy() for s in ("female", "male"))
    shares = [(side[:, None] < cuts).mean(axis=0) for side in (own, base)]
    m = measured(frame, Task.REGRESSION)["prediction_ks", "sex", "female", ""]
    assert m.value == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12)
    exact = ks_2samp(own, base).statistic
    assert exact - 1 / 64 <= m.value <= exact + 1e-12
    assert m.low <= m.value <= m.high
    assert m.p < 0.05


@pytest.mark.parametrize(
    ("task", "metric"),
    [(Task.MULTICLASS, "prediction_total_variation"), (Task.REGRESSION, "prediction_ks")],
)
def test_distances_of_groups_that_are_alike_stay_within_chance(task: Task, metric: str):
    beyond = []
    for seed in range(60):
        frame = people(400, task=task, seed=seed)
        frame["sex"] = np.random.default_rng(seed).permutation(frame["sex"])
        rows = rows_of(frame)
        layout = layout_of(rows, task)
        found = distances.measure(tally_outcomes(rows, layout), layout, draws=DRAWS)
        m = next(m for m in found if (m.attribute, m.group) == ("sex", "female"))
        assert m.metric == metric
        beyond.append(m.low > 0)
        assert m.value > m.baseline or m.low == 0
    assert np.mean(beyond) <= 0.12


@pytest.mark.parametrize("weighted", [False, True])
def test_misses_per_false_alarm_and_their_ratio_are_those_of_raw_rows(weighted: bool):
    frame = people()
    found = measured(frame, weighted=weighted)
    weight = frame["weight"] if weighted else frame["weight"] * 0 + 1
    missed = (frame["actual"] == "yes") & (frame["predicted"] == "no")
    alarm = (frame["actual"] == "no") & (frame["predicted"] == "yes")
    per = {
        sex: weight[missed & mine].sum() / weight[alarm & mine].sum()
        for sex in ("female", "male")
        for mine in [frame["sex"] == sex]
    }
    name = "false_negatives_per_false_positive"
    for sex, wanted in per.items():
        m = found[name, "sex", sex, ""]
        assert m.value == pytest.approx(wanted, abs=1e-12)
        assert m.low < m.value < m.high
    assert value(found, "treatment_ratio", "sex", "female") == pytest.approx(
        per["female"] / per["male"], abs=1e-12
    )


def test_the_treatment_ratios_interval_is_that_of_an_odds_ratio():
    frame = people(8000)
    wrong = frame[frame["actual"] != frame["predicted"]]
    table = [
        [((wrong["sex"] == s) & (wrong["actual"] == a)).sum() for a in ("yes", "no")]
        for s in ("female", "male")
    ]
    oracle = odds_ratio(np.array(table), kind="sample").confidence_interval()
    m = measured(frame)["treatment_ratio", "sex", "female", ""]
    assert m.low == pytest.approx(oracle.low, rel=0.01)
    assert m.high == pytest.approx(oracle.high, rel=0.01)
    assert (m.p < 0.05) == (m.low > 1 or m.high < 1)


def test_without_false_alarms_there_are_no_odds():
    frame = people()
    frame.loc[frame["actual"] == "no", "predicted"] = "no"
    m = measured(frame)["false_negatives_per_false_positive", "sex", "female", ""]
    assert (m.value, m.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert m.reason == "Nobody in the group was wrongly predicted positive."


def test_root_mean_squared_errors_of_groups_are_sklearns():
    frame = people(task=Task.REGRESSION)
    found = measured(frame, Task.REGRESSION)
    roots = {
        str(sex): sk.root_mean_squared_error(part["actual"], part["predicted"])
        for sex, part in frame.groupby("sex")
    }
    name = "root_mean_squared_error"
    for sex, wanted in roots.items():
        assert value(found, name, "sex", sex) == pytest.approx(wanted, abs=1e-12)
    gap = value(found, f"{name}_difference", "sex", "female")
    assert gap == pytest.approx(roots["female"] - roots["male"], abs=1e-12)
    ratio = value(found, f"{name}_ratio", "sex", "female")
    assert ratio == pytest.approx(roots["female"] / roots["male"], abs=1e-12)


def test_the_root_mean_squared_errors_interval_covers():
    held = []
    for seed in range(300):
        frame = people(300, task=Task.REGRESSION, seed=seed)
        frame["predicted"] = frame["actual"] + np.random.default_rng(seed).normal(0, 2, 300)
        rows = rows_of(frame)
        sums = tally_outcomes(rows, layout_of(rows, Task.REGRESSION)).sums
        m = next(
            estimated.measured(e, attribute="sex")
            for e in group_means(sums, "sex")
            if (e.metric, e.group) == ("root_mean_squared_error", "female")
        )
        held.append(m.low <= 2 <= m.high)
    assert np.mean(held) >= 0.92


def test_reference_numbers_take_no_draws():
    from monitor.measures import fairness

    for task in Task:
        rows = rows_of(people(task=task))
        layout = layout_of(rows, task)
        counted = tally_outcomes(rows, layout)
        alone = fairness.measure_alone(counted, layout)
        full = fairness.measure(counted, layout, None)
        assert {m.key: m.value for m in alone} == {m.key: m.value for m in full}
        assert not [m for m in alone if "draws" in m.method and m.low is not None and m.p]
