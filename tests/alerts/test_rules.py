from dataclasses import replace

import pytest

from monitor.alerts.defaults import default_rules
from monitor.alerts.judging import judge
from monitor.alerts.rule import Against, Rule
from monitor.measures.catalogue import METRICS
from monitor.measures.edges import CategoricalEdges
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Task, Verdict

BINARY = Layout(
    task=Task.BINARY,
    classes=("0", "1"),
    positive="1",
    favourable=("0",),
    favourable_range=None,
    threshold=0.5,
    edges={},
    attributes=("sex",),
    segments=("region",),
    reference_groups={"sex": "male"},
)


def rules_of(layout: Layout, *, has_labels: bool = True, has_reference: bool = True):
    rules = default_rules(layout, has_labels=has_labels, has_reference=has_reference)
    return {(rule.metric, rule.attribute): rule for rule in rules}


def verdict_of(rule: Rule, m: Measurement) -> Verdict | None:
    return judge([rule], [m])[0].measurement.verdict


def test_the_primary_metric_depends_on_the_task():
    assert ("accuracy", "") in rules_of(BINARY)
    assert ("roc_auc", "") in rules_of(replace(BINARY, edges={"score": None}))
    assert ("accuracy", "") in rules_of(replace(BINARY, task=Task.MULTICLASS))
    regression = rules_of(replace(BINARY, task=Task.REGRESSION))
    assert regression["mean_absolute_error", ""].against is Against.REFERENCE_RATIO


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("has_labels", [True, False])
@pytest.mark.parametrize("has_reference", [True, False])
def test_default_rules_only_name_metrics_of_the_task_that_can_be_measured(
    task, has_labels, has_reference
):
    rules = default_rules(
        replace(BINARY, task=task), has_labels=has_labels, has_reference=has_reference
    )
    for rule in rules:
        assert task in METRICS[rule.metric].tasks
        assert has_labels or not METRICS[rule.metric].needs_labels
        assert has_reference or rule.against is Against.ABSOLUTE
    keys = [(rule.metric, rule.feature, rule.attribute) for rule in rules]
    assert len(set(keys)) == len(keys)


def test_without_a_favourable_outcome_nobody_is_called_disadvantaged():
    names = {metric for metric, _ in rules_of(replace(BINARY, favourable=()))}
    assert not {name for name in names if name.startswith(("demographic", "equal_opp"))}


def test_segments_get_no_rules():
    assert {attribute for _, attribute in rules_of(BINARY)} == {"", "sex"}


def test_a_regression_residual_limit_is_a_tenth_of_the_targets_spread():
    rule = rules_of(replace(BINARY, task=Task.REGRESSION, residual_scale=400.0))
    assert rule["mean_residual_difference", "sex"].high == pytest.approx(40.0)
    assert rule["mean_residual_difference", "sex"].low == pytest.approx(-40.0)


def test_limits_count_from_the_reference():
    drop = Rule("accuracy", low=-0.05, against=Against.REFERENCE)
    good = Measurement("accuracy", 0.81, 5000, 0.80, 0.82, reference=0.85)
    bad = replace(good, value=0.79, low=0.78, high=0.80)
    assert verdict_of(drop, good) is Verdict.HEALTHY
    assert verdict_of(drop, bad) is Verdict.FAILING
    assert judge([drop], [bad])[0].measurement.limit_low == pytest.approx(0.80)


def test_limits_are_directional():
    drop = Rule("accuracy", low=-0.05, against=Against.REFERENCE)
    assert verdict_of(drop, Measurement("accuracy", 0.99, 5000, 0.98, 1.0, reference=0.85)) is (
        Verdict.HEALTHY
    )


def test_an_error_may_grow_by_a_tenth():
    rule = Rule("mean_absolute_error", high=1.1, against=Against.REFERENCE_RATIO)
    fine = Measurement("mean_absolute_error", 109, 5000, 105, 113, reference=100)
    assert verdict_of(rule, fine) is Verdict.HEALTHY
    assert verdict_of(rule, replace(fine, value=112, low=108, high=116)) is Verdict.FAILING


def test_beyond_the_limit_without_evidence_is_at_risk():
    rule = Rule("demographic_parity_ratio", low=0.8, high=1.25, attribute="sex")
    wide = Measurement(
        "demographic_parity_ratio", 0.7, 300, 0.45, 1.08, attribute="sex", group="female"
    )
    assert verdict_of(rule, wide) is Verdict.AT_RISK
    assert verdict_of(rule, replace(wide, low=0.6, high=0.82)) is Verdict.FAILING


def test_not_enough_data_stays_so():
    rule = Rule("accuracy", low=0.9)
    few = Measurement(
        "accuracy", 0.1, 9000, 0.0, 0.2, verdict=Verdict.NOT_ENOUGH_DATA, reason="So few."
    )
    judged = judge([rule], [few])[0]
    assert judged.measurement.verdict is Verdict.NOT_ENOUGH_DATA
    assert judged.measurement.reason == "So few."


def test_without_a_reference_value_there_is_nothing_to_compare_with():
    rule = Rule("missing_rate", high=0.05, against=Against.REFERENCE, feature="*")
    new = Measurement("missing_rate", 0.9, 9000, feature="new")
    assert verdict_of(rule, new) is Verdict.NOT_ENOUGH_DATA


def test_a_number_without_a_rule_keeps_what_it_came_with():
    drifted = Measurement("psi", 0.4, 900, feature="age", verdict=Verdict.FAILING, reason="So.")
    plain = Measurement("recall", 0.4, 900)
    judged = judge([Rule("accuracy", low=0.5)], [drifted, plain])
    assert [(row.measurement, row.rule) for row in judged] == [(drifted, None), (plain, None)]


def test_a_rule_without_limits_takes_the_measurements_own_verdict():
    rule = Rule("drifted_columns")
    m = Measurement("drifted_columns", 3, 900, verdict=Verdict.FAILING, reason="income, age")
    judged = judge([rule], [m])[0]
    assert (judged.measurement, judged.rule) == (m, rule)


def test_a_rule_for_one_column_goes_before_the_rule_for_every_column():
    every = Rule("missing_rate", high=0.05, feature="*", id=1)
    income = Rule("missing_rate", high=0.5, feature="income", id=2)
    rows = [Measurement("missing_rate", 0.2, 900, feature=name) for name in ("income", "age")]
    for rules in ([every, income], [income, every]):
        judged = judge(rules, rows)
        assert [row.rule.id for row in judged] == [2, 1]
        assert [row.measurement.verdict for row in judged] == [Verdict.HEALTHY, Verdict.FAILING]


def test_a_rule_switched_off_judges_nothing():
    rule = Rule("missing_rate", high=0.05, feature="*", enabled=False)
    assert judge([rule], [Measurement("missing_rate", 1.0, 900, feature="age")])[0].rule is None


def test_a_rule_for_everybody_leaves_groups_alone():
    rule = Rule("accuracy", low=0.9)
    group = Measurement("accuracy", 0.1, 900, attribute="sex", group="female")
    assert judge([rule], [group])[0].rule is None


def test_a_rule_survives_its_row():
    rule = Rule("psi", high=0.2, severity=Severity.WARNING, feature="*", version=4, id=9)
    row = {**rule.to_row(), "id": 9, "model_id": 1}
    assert Rule.from_row(row) == rule
    assert type(rule.to_row()["enabled"]) is int


def test_whose_verdict_on_drift_is_watched_is_the_specs_choice():
    def watched(**options):
        rules = default_rules(BINARY, has_labels=False, has_reference=True, **options)
        return {rule.metric for rule in rules}

    assert "drifted_columns" in watched()
    theirs = watched(profile="evidently")
    assert "evidently_drift_share" in theirs
    assert "drifted_columns" not in theirs


def test_estimates_are_watched_only_by_those_who_ask_for_it():
    rules = rules_of(replace(BINARY, edges={"score": CategoricalEdges(())}))
    assert rules["realised_minus_estimated_accuracy", ""].enabled
    assert not rules["estimated_accuracy", ""].enabled
    assert not rules["estimated_equal_opportunity_difference", "sex"].enabled
    assert not [metric for metric, _ in rules_of(BINARY) if "estimated" in metric]


def test_a_regression_is_watched_for_errors_that_its_inputs_do_not_explain():
    rules = rules_of(replace(BINARY, task=Task.REGRESSION, residual_scale=40.0))
    surprise = rules["realised_minus_estimated_mean_absolute_error", ""]
    assert (surprise.high, surprise.severity, surprise.enabled) == (2.0, Severity.WARNING, True)
    assert not rules["estimated_mean_absolute_error", ""].enabled
    assert not rules["estimated_mean_absolute_error_ratio", "sex"].enabled
