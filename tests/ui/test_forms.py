"""What people fill in becomes exactly what they meant, or one sentence of refusal."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from monitor.alerts.rule import Against, Rule
from monitor.errors import SpecError
from monitor.measures.catalogue import METRICS
from monitor.models.spec import Columns, Sensitive, Spec
from monitor.terms import Cadence, Task
from monitor.ui.rule_form import shown, sides, stored, unit
from monitor.ui.sections.arrivals import template
from monitor.ui.sections.inbox import urgent_first
from monitor.ui.sections.incident import folded
from monitor.ui.spec_form import Answers, compared, outcome_columns, to_bins, to_spec

COMPARED = (Sensitive("age", "40+", (40.0,)), Sensitive("sex", "male"))
ANSWERS = Answers(" credit ", "Ada", Cadence.MONTH, 30, "1", ("0",), None, 0.4, COMPARED)
GUESS = Spec("x", Task.BINARY, Columns())


def table(**roles: str) -> pd.DataFrame:
    sensitive = [name in ("age", "sex") for name in roles]
    return pd.DataFrame({"column": [*roles], "role": [*roles.values()], "sensitive": sensitive})


def test_the_form_becomes_a_spec() -> None:
    made = to_spec(
        GUESS,
        table(row="id", income="feature", age="feature", sex="", p="score", y="target"),
        ANSWERS,
    )
    assert (made.name, made.cadence, made.wait_days) == ("credit", Cadence.MONTH, 30)
    assert made.columns == Columns(
        id="row", target="y", score={"1": "p"}, features=("income", "age")
    )
    assert made.outcome.favourable == ("0",)
    assert made.sensitive == COMPARED


def test_the_groups_of_ticked_columns_are_compared() -> None:
    assert compared(table(age="feature", income="feature", sex="")) == ["age", "sex"]


@pytest.mark.parametrize("text", ["old", "40, 20", "20, 20", "1e999", "20 to 40"])
def test_cuts_that_do_not_rise_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(SpecError, match=r"age is cut at .* write rising numbers"):
        to_bins("age", text)


def test_the_classes_are_those_of_the_columns_a_person_names() -> None:
    assert outcome_columns(table(y="target", p="prediction", x="feature")) == {
        "target": "y", "prediction": "p",
    }  # fmt: skip
    assert outcome_columns(table(a="target", b="target", p="score")) == {}


def test_two_columns_for_one_role_are_refused() -> None:
    with pytest.raises(SpecError, match="a and b are both the id"):
        to_spec(GUESS, table(a="id", b="id"), ANSWERS)


def test_a_score_without_a_positive_class_is_asked_about() -> None:
    with pytest.raises(SpecError, match="of which class"):
        to_spec(GUESS, table(p="score"), replace(ANSWERS, positive=None))


def test_scores_of_several_classes_keep_their_class() -> None:
    guess = Spec("x", Task.MULTICLASS, Columns(score={"a": "p_a", "b": "p_b"}))
    made = to_spec(guess, table(p_a="score", p_b="score"), ANSWERS)
    assert made.columns.score == {"a": "p_a", "b": "p_b"}
    with pytest.raises(SpecError, match="cannot be told"):
        to_spec(guess, table(p_a="score", other="score"), ANSWERS)


@pytest.mark.parametrize("against", Against)
@pytest.mark.parametrize("metric", METRICS)
def test_a_limit_is_stored_as_it_was_whatever_unit_it_is_written_in(
    metric: str, against: Against
) -> None:
    measure = unit(metric, against)
    for limit in (None, 0.0, -0.05, 0.1, 2000.0):
        assert stored(shown(limit, measure), measure) == limit


@pytest.mark.parametrize(
    ("metric", "asked"),
    [
        ("accuracy", ("low", "critical_low")),
        ("missing_rate", ("high", "critical_high")),
        ("demographic_parity_difference", ("low", "critical_low", "high", "critical_high")),
    ],
)
def test_only_limits_on_the_bad_side_are_asked_for(metric: str, asked: tuple[str, ...]) -> None:
    assert sides(Rule(metric)) == asked


def test_the_template_names_every_column_once_whatever_is_in_it() -> None:
    spec = {
        "columns": {
            "id": "id", "features": ["age", 'a "b", c'], "score": {"x": "p_x", "y": "p_y"},
            "target": "label", "segments": ["age"],
        },
        "sensitive": {"sex": {}, "age": {}},
    }  # fmt: skip
    assert template(spec) == 'id,age,"a ""b"", c",sex,p_x,p_y,label\r\n'


def test_a_timeline_tells_a_run_of_the_same_once() -> None:
    events = pd.DataFrame(
        {"kind": ["opened", "continues", "continues", "resolved"], "sentence": list("abcd")}
    )
    told = folded(events)
    assert told["sentence"].tolist() == ["a", "c", "d"]
    assert told["times"].tolist() == [1, 2, 1]


def test_the_inbox_has_what_is_critical_on_top() -> None:
    rows = [
        ("open", "warning"),
        ("resolved", "critical"),
        ("open", "critical"),
        ("open", "critical"),
    ]
    frame = pd.DataFrame(rows, columns=["state", "severity"])
    assert urgent_first(frame).index.tolist() == [2, 3, 0, 1]
