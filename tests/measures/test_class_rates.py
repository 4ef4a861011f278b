"""One class against the rest, in every group."""

from __future__ import annotations

import fairlearn.metrics as fl
import pytest
from sklearn import metrics as sk

from monitor.alerts.judging import judge
from monitor.alerts.rule import Rule
from monitor.alerts.words import about
from monitor.measures.measurement import of_class
from monitor.terms import Task, Verdict
from tests.measures.people import measured, people, value

CLASSES = ("gold", "none", "silver")


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_rates_of_each_class_are_fairlearns_on_raw_rows(label: str, weighted: bool):
    frame = people(task=Task.MULTICLASS)
    found = measured(frame, Task.MULTICLASS, weighted=weighted)
    rates = {
        "predicted_share": fl.selection_rate,
        "true_positive_rate": fl.true_positive_rate,
        "false_positive_rate": fl.false_positive_rate,
        "false_negative_rate": fl.false_negative_rate,
        "precision": sk.precision_score,
    }
    weights = {name: {"sample_weight": frame["weight"]} for name in rates}
    oracle = fl.MetricFrame(
        metrics=rates,
        y_true=(frame["actual"] == label).astype(int),
        y_pred=(frame["predicted"] == label).astype(int),
        sensitive_features=frame["race"],
        sample_params=weights if weighted else None,
    )
    feature = of_class(label)
    for group, row in oracle.by_group.iterrows():
        for name in rates:
            ours = value(found, name, "race", group, feature)
            assert ours == pytest.approx(row[name], abs=1e-12)
    shares = oracle.by_group["predicted_share"]
    assert value(found, "predicted_share_difference", "race", "black", feature) == pytest.approx(
        shares["black"] - shares["white"], abs=1e-12
    )


def test_one_class_is_a_binary_task():
    frame = people(task=Task.MULTICLASS)
    alone = frame.assign(
        **{c: (frame[c] == "gold").map({True: "yes", False: "no"}) for c in ("actual", "predicted")}
    )
    several, binary = measured(frame, Task.MULTICLASS), measured(alone)
    for metric in ("equalized_odds_difference", "predictive_parity_difference"):
        assert value(several, metric, "sex", "female", of_class("gold")) == pytest.approx(
            value(binary, metric, "sex", "female"), abs=1e-12
        )


def test_p_is_corrected_over_groups_and_classes():
    found = measured(people(task=Task.MULTICLASS), Task.MULTICLASS)
    m = found["predicted_share_difference", "race", "black", of_class("gold")]
    assert m.family == 2 * 3


def test_a_class_nobody_had_is_not_enough_data():
    frame = people(task=Task.MULTICLASS)
    frame = frame[(frame["actual"] != "silver") | (frame["sex"] == "male")]
    m = measured(frame, Task.MULTICLASS)["true_positive_rate", "sex", "female", of_class("silver")]
    assert (m.value, m.verdict) == (None, Verdict.NOT_ENOUGH_DATA)


def test_other_tasks_have_no_classes_against_the_rest():
    assert not [key for key in measured(people()) if key[3]]


def test_a_rule_may_watch_every_class_and_words_name_it():
    found = measured(people(task=Task.MULTICLASS), Task.MULTICLASS)
    m = found["predicted_share_difference", "sex", "female", of_class("gold")]
    rule = Rule("predicted_share_difference", -0.01, 0.01, attribute="sex", feature="*")
    assert judge([rule], [m])[0].measurement.verdict is Verdict.FAILING
    assert about(m) == (
        "Predicted share difference (class gold), female against the reference group (sex)"
    )
