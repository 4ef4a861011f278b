from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.rule import Against, Conditions, Evidence, Rule, Telling
from monitor.alerts.rule_changes import Step, changes
from monitor.alerts.rule_checks import objections
from monitor.alerts.rule_file import dumps, loads
from monitor.errors import RuleError
from monitor.terms import Severity

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
LIMITS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 10_000)
RULES = st.builds(
    Rule,
    metric=NAMES,
    low=LIMITS,
    high=LIMITS,
    against=st.sampled_from(Against),
    severity=st.sampled_from(Severity),
    feature=NAMES,
    attribute=NAMES,
    group=NAMES,
    critical_low=LIMITS,
    critical_high=LIMITS,
    conditions=st.builds(
        Conditions,
        evidence=st.sampled_from(Evidence),
        minimum_rows=COUNTS,
        minimum_coverage=st.floats(0, 1),
        wait_days=st.none() | COUNTS,
        breaches=COUNTS,
        window=COUNTS,
        trailing=COUNTS,
    ),
    telling=st.builds(
        Telling,
        channels=st.lists(NAMES, max_size=3).map(tuple),
        remind_hours=LIMITS,
        escalate_hours=LIMITS,
        escalate_to=NAMES,
        relapse_days=LIMITS,
    ),
    enabled=st.booleans(),
)
DROP = Rule("accuracy", low=-0.05, against=Against.REFERENCE, severity=Severity.WARNING)
FILE = """
credit:
- metric: accuracy
  low: -0.05
  against: reference
  severity: warning
"""


@given(st.lists(RULES, max_size=3, unique_by=lambda r: (r.metric, r.feature, r.attribute, r.group)))
def test_what_is_written_is_read_again(rules):
    """Whatever names are: `no`, 1, quotes, colons, signs of YAML."""
    assert loads(dumps({"credit": rules, "no": []})) == {"credit": rules, "no": []}


def test_only_what_was_asked_for_is_written():
    assert dumps({"credit": [DROP]}).splitlines()[2:] == [
        "credit:",
        "- {metric: accuracy, against: reference, low: -0.05, severity: warning}",
    ]


def test_a_file_that_people_write_is_read():
    assert loads(FILE) == {"credit": [DROP]}
    more = FILE + "  batches: 2 of 3\n  channels: mail\n  critical_low: -1e-1\n  relapse_days:\n"
    (rule,) = loads(more)["credit"]
    assert (rule.conditions.breaches, rule.conditions.window) == (2, 3)
    assert (rule.telling.channels, rule.telling.relapse_days) == (("mail",), None)
    assert rule.critical_low == -0.1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "This is not YAML"),
        ("a: &a [*a]", "a, rule 1: Wanted a mapping"),
        ("- 1", "under the name of each model"),
        ("credit: 3", "credit: wanted a list of rules."),
        ("credit: [3]", "credit, rule 1: Wanted a mapping that names at least a metric."),
        (FILE + "  sevrity: warning", "There is no 'sevrity'; did you mean severity?"),
        (FILE + "  low: 3", "'low' is there twice in what begins in line 3."),
        (FILE + "  high: much", "high is 'much', wanted a number."),
        (FILE + "  high: true", "high is True, wanted a number."),
        (FILE + "  group: no", "group is False, wanted text; put it in quotes."),
        (FILE + "  evidence: intervall", "evidence is 'intervall', wanted interval."),
        (FILE + "  batches: 2/3", "wanted so many of how many"),
        (FILE + "  minimum_rows: 1.5", "minimum_rows is 1.5, wanted a whole number."),
        (FILE + "  enabled: 0", "enabled is 0, wanted true or false."),
        (FILE + "- metric: accuracy", "rule 2 (accuracy): The same metric, feature, attribute"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text, said):
    with pytest.raises(RuleError) as error:
        loads(text)
    assert said in str(error.value)


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(RuleError) as error:
        loads(FILE + "  high: much\n  colour: red\n- {}")
    assert len(error.value.sentences) == 3


KEPT = replace(DROP, id=7, version=3)


def test_a_rule_that_is_as_the_file_says_is_no_change():
    assert changes([KEPT], [DROP]) == []
    assert changes([replace(KEPT, enabled=False)], []) == []


def test_changes_are_told_before_they_are_made():
    new = Rule("psi", high=0.2, feature="income", severity=Severity.WARNING)
    other = replace(KEPT, metric="recall", id=8)
    edited = replace(DROP, low=-0.1, telling=Telling(("mail",)), conditions=Conditions(window=2))
    found = changes([KEPT, other], [edited, new])
    assert [one.step for one in found] == [Step.CHANGE, Step.ADD, Step.LEAVE]
    assert [one.sentence for one in found] == [
        "accuracy: low -0.1 (was -0.05), batches 1 of 2 (was 1 of 1), channels mail (was all)",
        "psi (feature income): high 0.2, severity warning",
        "recall: not in the file, and left as it is",
    ]
    assert found[0].rule == replace(edited, id=7, version=3)
    (off,) = changes([KEPT], [], missing=Step.SWITCH_OFF)
    assert (off.step, off.rule) == (Step.SWITCH_OFF, replace(KEPT, enabled=False))


def test_the_file_in_the_documentation_is_read():
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
    rules = loads(page.split("```yaml\n")[1].split("```")[0])["credit"]
    assert {rule.metric for rule in rules if objections(rule, None, ("team", "pager"))} == set()
    assert loads(dumps({"credit": rules})) == {"credit": rules}
