from dataclasses import replace

import pytest

from monitor.alerts.defaults import default_rules
from monitor.alerts.rule import Against, Conditions, Rule, Telling
from monitor.alerts.rule_checks import objections
from monitor.measures.edges import CategoricalEdges
from monitor.measures.layout import Layout
from monitor.measures.pairs import Joint, Pair
from monitor.terms import Task

EDGES = CategoricalEdges(())
LAYOUT = Layout(
    task=Task.BINARY,
    classes=("0", "1"),
    positive="1",
    favourable=("0",),
    favourable_range=None,
    threshold=0.5,
    edges={"income": EDGES, "age": EDGES, "score": EDGES, "prediction": EDGES, "target": EDGES},
    attributes=("sex", "race"),
    segments=("region",),
    reference_groups={"sex": "male", "race": "white"},
    features=("income", "age"),
    pairs=(Pair("sex", "race", Joint.CROSSED),),
)
GROUPS = {"sex": {"male", "female"}}
DROP = Rule("accuracy", low=0.8)
GAP = Rule("demographic_parity_ratio", low=0.8, high=1.25, attribute="sex")


def said(rule: Rule, layout: Layout | None = LAYOUT, channels: tuple[str, ...] = ()) -> str:
    return " ".join(objections(rule, layout, channels, groups=GROUPS))


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("has_labels", [True, False])
@pytest.mark.parametrize("profile", ["fairwatch", "evidently"])
def test_nothing_is_said_against_the_rules_a_model_begins_with(task, has_labels, profile):
    layout = replace(LAYOUT, task=task, residual_scale=40.0)
    found = default_rules(layout, has_labels=has_labels, has_reference=True, profile=profile)
    assert {rule.metric: said(rule, layout) for rule in found if said(rule, layout)} == {}


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        (Rule("acuracy", low=0.8), "is accuracy"),
        (Rule("mean_absolute_error", high=9.0), "regression models, and this one is binary"),
        (Rule("psi", high=0.2), "name it, or * for every column"),
        (Rule("psi", high=0.2, feature="incom"), "'incom'; is income meant?"),
        (replace(DROP, feature="income"), "is not of a column"),
        (replace(GAP, attribute=""), "name the attribute"),
        (replace(GAP, attribute="gender"), "no attribute 'gender'; there is class, race, region"),
        (replace(GAP, group="femal"), "sex has no group 'femal'; there is female, male"),
        (replace(DROP, group="male"), "name the attribute that 'male' is of"),
        (Rule("log_loss", high=1.0, attribute="sex"), "not measured of groups"),
        (Rule("psi", high=0.2, feature="age", attribute="sex"), "not measured of groups"),
        (Rule("accuracy"), "needs a limit"),
        (Rule("accuracy", high=0.9), "an upper limit would fire on good news"),
        (Rule("psi", low=0.1, feature="*"), "a lower limit would fire on good news"),
        (replace(GAP, low=1.25, high=0.8), "is not below the upper limit"),
        (Rule("accuracy", low=80.0), "shares are written as 0.8 for 80 %"),
        (Rule("psi", high=float("nan"), feature="*"), "A limit is a finite number"),
        (Rule("missing_rate", high=5.0, feature="*"), "between 0.0 % and 100.0 %"),
        (replace(DROP, critical_low=0.9), "critical lower limit 0.9 is not below"),
        (replace(GAP, critical_high=1.1), "critical upper limit 1.1 is not above"),
        (replace(DROP, low=0.05, against=Against.REFERENCE), "just the same would break"),
        (replace(DROP, low=1.05, against=Against.REFERENCE_RATIO), "just the same would break"),
        (Rule("psi", high=0.2, feature="*", against=Against.REFERENCE), "no value on the"),
        (Rule("change_evidence", high=90.0, against=Against.PREVIOUS), "not of one batch"),
        (Rule("change_evidence", high=9.0), "takes 10 or more"),
        (replace(DROP, conditions=Conditions(breaches=4, window=3)), "4 of 3 batches cannot be"),
        (replace(DROP, conditions=Conditions(minimum_rows=-1)), "number of rows is -1"),
        (replace(DROP, conditions=Conditions(minimum_coverage=60.0)), "60, wanted 0 to 1"),
        (replace(DROP, conditions=Conditions(wait_days=-2)), "label wait is -2 days"),
        (Rule("psi", high=0.2, feature="*", conditions=Conditions(wait_days=3)), "needs no labels"),
        (
            Rule("accuracy", low=-3.0, against=Against.TRAILING, conditions=Conditions(trailing=2)),
            "3 are the least",
        ),
        (replace(DROP, telling=Telling(channels=("page",))), "'page'; there is mail"),
        (replace(DROP, telling=Telling(escalate_to="mail")), "needs both a channel and"),
        (replace(DROP, telling=Telling(remind_hours=0.0)), "wanted more than 0"),
        (replace(DROP, telling=Telling(relapse_days=-1.0)), "wanted 0 or more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_is_said_in_one_sentence(rule, part):
    found = objections(rule, LAYOUT, ("mail",), groups=GROUPS)
    assert any(part in sentence for sentence in found), found
    assert len(found) == 1, found
    assert found[0].rstrip(".?") in (found[0][:-1],)


@pytest.mark.parametrize(
    "rule",
    [
        DROP,
        replace(DROP, attribute="region"),
        replace(DROP, attribute="sex × race", group="male × black"),
        replace(GAP, group="female"),
        replace(GAP, attribute="race", group="never seen, for nothing was"),
        replace(DROP, low=None, critical_low=0.7),
        replace(DROP, low=-3.0, against=Against.TRAILING),
        Rule("psi", feature="score"),
        Rule("missing_rate", high=0.1, feature="income"),
        Rule("recall", low=0.5, attribute="class", group="1"),
        replace(DROP, telling=Telling(("mail",), 24.0, 2.0, "mail")),
        replace(DROP, conditions=Conditions(minimum_coverage=0.6, wait_days=9)),
    ],
)
def test_nothing_is_said_against_a_rule_that_can_fire(rule):
    assert objections(rule, LAYOUT, ("mail",), groups=GROUPS) == []


def test_without_a_reference_names_are_taken_as_they_come():
    assert said(Rule("psi", high=0.2, feature="anything"), None) == ""
    assert "needs a limit" in said(Rule("accuracy"), None)
