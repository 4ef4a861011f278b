"""What follows from the reference is filled in; what does not is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from monitor.errors import SpecError
from monitor.models.derive import complete, suggest
from monitor.models.kinds import Kind
from monitor.models.sensitive import grouping
from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.models.spec_file import spec_from_json, spec_to_json
from monitor.terms import Task


def roles(suggestion):
    return {guess.name: guess.role for guess in suggestion.columns}


def test_a_file_of_loans_suggests_its_whole_spec(loans):
    found = suggest(loans, name="loans")
    assert roles(found) == {
        "loan_id": "id",
        "applied_at": "timestamp",
        "income": "feature",
        "job": "feature",
        "owns_home": "feature",
        "sex": "sensitive",
        "age": "sensitive",
        "note": "",
        "score": "score",
        "prediction": "prediction",
        "target": "target",
    }
    assert found.spec.task is Task.BINARY
    assert found.spec.columns.features == ("income", "job", "owns_home", "sex", "age")
    sex, age = found.spec.sensitive
    assert (sex.reference, age.bins) == ("male", (45.0,))
    assert age.reference in ("<45", "45+")
    why = {guess.name: guess.why for guess in found.columns}["note"]
    assert why == "200 distinct values in 200 rows: free text or identifiers"
    assert found.questions == (
        "Which class is the positive one?",
        "Which outcome is favourable for the person?",
    )


def test_groups_are_told_with_their_rows():
    ages = pd.Series([20, 30, 40, 50, 60] * 20 + list(range(20, 60)))
    assert grouping(ages, (35, 200)).words == "<35 (55 rows), 35 to <200 (85 rows)"
    proposed = grouping(ages)
    assert (proposed.is_number, proposed.bins) == (True, (40.0,))
    sexes = grouping(pd.Series(["f", "m", "m", None]))
    assert (sexes.is_number, sexes.bins, sexes.words) == (False, (), "m (2 rows), f (1 row)")
    many = grouping(pd.Series([f"g{k}" for k in range(40)])).words
    assert many.count("(1 row)") == 12
    assert many.endswith(" and 28 more")


def test_a_score_of_only_0_and_1_is_a_prediction():
    frame = pd.DataFrame({"entity_id": range(9), "score": [0.0, 1.0, 1.0] * 3})
    assert roles(suggest(frame, name="m")) == {"entity_id": "id", "score": "prediction"}


def test_scores_by_class_are_found_by_the_names_of_the_classes():
    frame = pd.DataFrame({"label": ["a", "b", "c"], "score_a": 0.2, "proba:b": 0.3, "score_c": 0.5})
    spec = suggest(frame, name="m").spec
    assert spec.task is Task.MULTICLASS
    assert spec.columns.score == {"a": "score_a", "b": "proba:b", "c": "score_c"}


def test_a_target_with_many_numbers_is_a_regression():
    frame = pd.DataFrame({"y_true": np.arange(30) / 7, "y_pred": np.arange(30) / 6})
    spec = suggest(frame, name="m").spec
    assert (spec.task, spec.columns.target, spec.columns.prediction) == (
        Task.REGRESSION,
        "y_true",
        "y_pred",
    )


def test_a_target_that_a_person_names_has_its_classes():
    frame = pd.DataFrame({"diagnosis": ["ill", "well"] * 30, "size": range(60), "target": 1.5})
    assert suggest(frame.drop(columns="target"), name="m").spec.classes == ()
    found = suggest(frame, name="m", roles={"target": "diagnosis"})
    assert (found.spec.columns.target, found.spec.classes) == ("diagnosis", ("ill", "well"))
    assert "size" in found.spec.columns.features
    number = suggest(frame, name="m", roles={"target": "size"}, task=Task.REGRESSION).spec
    assert (number.task, number.classes) == (Task.REGRESSION, ())


def test_names_that_only_contain_a_sensitive_word_are_not_sensitive():
    frame = pd.DataFrame({"mileage": [1.0, 2.0], "message": ["a", "b"], "Gender": ["f", "m"]})
    assert [one.name for one in suggest(frame, name="m").spec.sensitive] == ["Gender"]


def test_post_codes_are_not_cut_at_their_median():
    frame = pd.DataFrame({"zip": np.arange(10_000, 10_100)})
    assert suggest(frame, name="m").spec.sensitive == ()


def test_a_file_without_rows_or_hints_still_suggests_something():
    empty = suggest(pd.DataFrame({"a": [], "b": []}), name="m")
    assert roles(empty) == {"a": "", "b": ""}
    assert "Which column holds the prediction" in empty.questions[0]


def test_completing_fills_in_what_follows_from_the_rows(loans, loan_spec):
    spec = complete(loan_spec, loans)
    assert spec.classes == ("bad", "good")
    assert spec.columns.score == {"bad": "score"}
    assert spec.columns.features == ("income", "job", "owns_home", "sex", "age", "note")
    assert spec.sensitive[0] == Sensitive("sex", "male")
    assert spec.sensitive[1].bins == (45.0,)
    assert complete(spec, loans) == spec
    assert spec_from_json(spec_to_json(spec)) == spec


def test_a_column_whose_name_no_database_keeps_is_refused(loans, loan_spec):
    with pytest.raises(SpecError, match=r"'in\\x00come' has a NUL in its name: rename it"):
        complete(loan_spec, loans.assign(**{"in\0come": 1.0}))


def test_the_models_own_inputs_come_first(loans, loan_spec):
    assert complete(loan_spec, loans, inputs=["age", "income"]).columns.features == (
        "age",
        "income",
    )
    with pytest.raises(SpecError, match="no column 'height', the input of the model"):
        complete(loan_spec, loans, inputs=["height"])


@pytest.mark.parametrize(
    ("values", "positive"),
    [([0, 1], "1"), (["no", "yes"], "yes"), ([True, False], "true"), ([-1.0, 1.0], "1")],
)
def test_the_positive_class_is_derived_where_nobody_would_disagree(values, positive):
    spec = Spec("m", Task.BINARY, Columns(prediction="p"))
    assert complete(spec, pd.DataFrame({"p": values})).outcome.positive == positive


def test_scores_alone_know_their_classes_when_they_are_0_and_1():
    spec = Spec("m", Task.BINARY, Columns(score={"": "s"}), Outcome(positive="1"))
    done = complete(spec, pd.DataFrame({"s": [0.1, 0.9]}))
    assert (done.classes, done.columns.score) == (("0", "1"), {"1": "s"})


def test_a_list_of_scores_follows_the_sorted_classes():
    spec = Spec("m", Task.MULTICLASS, Columns(target="t", score={"[0]": "x", "[1]": "y"}))
    frame = pd.DataFrame({"t": [10, 9], "x": 0.5, "y": 0.5})
    assert complete(spec, frame).columns.score == {"9": "x", "10": "y"}
    with pytest.raises(SpecError, match="lists 2 columns, and there are 3 classes"):
        complete(spec, pd.DataFrame({"t": [1, 2, 3], "x": 0.5, "y": 0.5}))


def changed(spec, **outcome):
    return replace(spec, outcome=replace(spec.outcome, **outcome))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"positive": None}, "does not say which one is positive"),
        ({"positive": "godo"}, "outcome.positive names 'godo', and the classes are 'bad', 'good'"),
        ({"favourable": ()}, "does not say which outcome is favourable"),
        ({"favourable": ("fine",)}, "outcome.favourable names 'fine'"),
        ({"favourable": ("good", "bad")}, "outcome.favourable names every class"),
    ],
)
def test_outcomes_that_cannot_be_are_refused(loans, loan_spec, change, says):
    with pytest.raises(SpecError, match=says):
        complete(changed(loan_spec, **change), loans)


def test_one_class_only_is_refused_by_name(loans, loan_spec):
    alone = loans.assign(target="good", prediction="good")
    spec = changed(loan_spec, positive="good", favourable=("good",))
    with pytest.raises(SpecError, match="shows only the class 'good'"):
        complete(spec, alone)


def test_three_classes_are_not_binary(loans, loan_spec):
    with pytest.raises(SpecError, match=r"3 classes \('bad', 'good', 'maybe'\) and a binary"):
        complete(loan_spec, loans.assign(target=["maybe"] + ["good"] * 199))


def test_a_column_that_is_not_there_is_named(loans, loan_spec):
    with pytest.raises(SpecError, match="no column 'race', the sensitive feature: there is"):
        complete(replace(loan_spec, sensitive=(Sensitive("race"),)), loans)
    with pytest.raises(SpecError, match="no column 'prediction', the prediction"):
        complete(loan_spec, loans.drop(columns=["prediction", "score"]))
    scored = replace(loan_spec.columns, prediction=None)
    with pytest.raises(SpecError, match="no column 'score', the score"):
        complete(replace(loan_spec, columns=scored), loans.drop(columns="score"))


def test_a_model_that_predicts_nothing_is_refused(loans, loan_spec):
    columns = replace(loan_spec.columns, prediction=None, score={})
    with pytest.raises(SpecError, match="name the column of its predictions or scores"):
        complete(replace(loan_spec, columns=columns), loans)


def test_groups_that_cannot_be_compared_are_refused(loans, loan_spec):
    for name, says in (("note", "has 200 groups"), ("none", "has no value at all")):
        spec = replace(loan_spec, sensitive=(Sensitive(name),))
        with pytest.raises(SpecError, match=says):
            complete(spec, loans.assign(none=None))
    spec = replace(loan_spec, sensitive=(Sensitive("sex", "men"),))
    with pytest.raises(SpecError, match="there is 'female', 'male'"):
        complete(spec, loans)


def test_a_segment_with_too_many_values_is_refused(loans, loan_spec):
    columns = replace(loan_spec.columns, segments=("note",))
    with pytest.raises(SpecError, match="'note' has 200 different values"):
        complete(replace(loan_spec, columns=columns), loans)


def test_the_reference_group_may_be_an_empty_bin_but_must_be_a_bin(loans, loan_spec):
    sensitive = (Sensitive("age", "<10", (10.0,)),)
    assert complete(replace(loan_spec, sensitive=sensitive), loans).sensitive == sensitive


def test_a_model_file_needs_no_prediction_in_its_reference(loans, loan_spec):
    spec = replace(loan_spec, runner=Runner("process", "m.joblib"))
    done = complete(spec, loans.drop(columns=["prediction", "score"]))
    assert "income" in done.columns.features


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series([1, 2], dtype="uint8"), Kind.NUMERIC),
        (pd.Series([1, None], dtype="Int64"), Kind.NUMERIC),
        (pd.Series([1, None], dtype="int64[pyarrow]"), Kind.NUMERIC),
        (pd.Series([1.5, np.inf]), Kind.NUMERIC),
        (pd.Series([1, 2.5, None], dtype=object), Kind.NUMERIC),
        (pd.Series([str(i / 7) for i in range(30)]), Kind.NUMERIC),
        (pd.Series([f"0{i:04d}" for i in range(30)]), Kind.CATEGORICAL),
        (pd.Series(["1", "2"]), Kind.CATEGORICAL),
        (pd.Series([True, False]), Kind.BOOLEAN),
        (pd.Series([True, None], dtype="boolean"), Kind.BOOLEAN),
        (pd.Series([True, None], dtype="bool[pyarrow]"), Kind.BOOLEAN),
        (pd.Series([True, None], dtype=object), Kind.BOOLEAN),
        (pd.Series(["True", "False"]), Kind.BOOLEAN),
        (pd.Series([3, 4], dtype="category"), Kind.CATEGORICAL),
        (pd.Series(["a", None], dtype="string"), Kind.CATEGORICAL),
        (pd.Series(["a", 1, None], dtype=object), Kind.CATEGORICAL),
        (pd.Series(["2026-01-05", "2026-01-06T10:00"]), Kind.TIMESTAMP),
        (pd.Series(["05.01.2026", "06.01.2026"]), Kind.TIMESTAMP),
        (pd.Series(pd.to_datetime(["2026-01-05"])), Kind.TIMESTAMP),
        (pd.Series([None, np.nan]), Kind.OTHER),
        (pd.Series([np.nan, np.nan]), Kind.OTHER),
        (pd.Series([[1], [2]]), Kind.OTHER),
        (pd.Series([{"a": 1}]), Kind.OTHER),
        (pd.Series([b"x"]), Kind.OTHER),
        (pd.Series([1 + 2j]), Kind.OTHER),
        (pd.Series(pd.to_timedelta([1, 2])), Kind.OTHER),
        (pd.Series([f"text {i}" for i in range(100)]), Kind.OTHER),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_every_pandas_type_has_a_kind_or_a_reason(values, kind):
    from monitor.models.kinds import kind_of

    found, reason = kind_of(values)
    assert found is kind
    assert bool(reason) == (kind is Kind.OTHER)
