"""Every file is held against the contract, column by column."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from monitor.models.contract import Contract, build_contract, check, inspect, report
from monitor.models.derive import complete
from monitor.models.kinds import Kind
from monitor.models.spec import Columns, Outcome, Runner, Spec
from monitor.terms import Role, Task


@pytest.fixture
def spec(loans, loan_spec):
    return complete(loan_spec, loans)


@pytest.fixture
def contract(loans, spec):
    return build_contract(spec, loans)


def the_finding(contract, spec, frame, column, **kwargs):
    found = [f for f in check(contract, spec, frame, **kwargs).findings if f.column == column]
    assert len(found) == 1
    return found[0]


def test_the_reference_keeps_its_own_contract(loans, spec, contract):
    assert check(contract, spec, loans).findings == ()


def test_a_contract_says_what_each_column_is(contract):
    income, job = contract.columns["income"], contract.columns["job"]
    assert (income.kind, income.roles, income.nullable) == (Kind.NUMERIC, ("feature",), False)
    assert income.low < 50_000 < income.high
    assert set(job.categories) == {"clerk", "cook", "coder"}
    assert contract.columns["owns_home"].kind is Kind.BOOLEAN
    assert contract.columns["age"].roles == ("feature", "sensitive")
    assert contract.columns["age"].required
    assert not income.required
    assert contract.monitored == ("income", "job", "owns_home", "sex", "age")


def test_what_is_not_monitored_is_listed_with_the_reason(loans, loan_spec):
    columns = replace(loan_spec.columns, features=("income", "note", "tags", "empty", "seen_at"))
    frame = loans.assign(tags=[[1]] * 200, empty=None, seen_at=pd.Timestamp("2026-01-01"))
    spec = complete(replace(loan_spec, columns=columns), frame)
    assert build_contract(spec, frame).unmonitored == {
        "note": "200 distinct values in 200 rows: free text or identifiers",
        "tags": "its values are lists or other structures",
        "empty": "every value is missing",
        "seen_at": "its values are dates, and only the spec's timestamp means something",
        "loan_id": "it is the row's id",
        "applied_at": "it is the row's timestamp",
        "job": "it has no role in the spec",
        "owns_home": "it has no role in the spec",
    }


def test_a_contract_survives_json(contract):
    assert Contract.from_json(contract.to_json()) == contract


def test_a_feature_is_needed_by_a_model_and_only_missed_beside_its_predictions(
    loans, spec, contract
):
    without = loans.drop(columns="income")
    found = the_finding(contract, spec, without, "income")
    assert found.level == "note"
    run = replace(spec, runner=Runner("process", "m.joblib"))
    found = the_finding(build_contract(run, loans), run, without, "income")
    assert found.level == "fatal"
    assert found.sentence == (
        "Column 'income': found no such column, wanted the values of a feature; add it to the file."
    )


@pytest.mark.parametrize("column", ["sex", "age"])
def test_a_missing_sensitive_feature_is_fatal(loans, spec, contract, column):
    assert the_finding(contract, spec, loans.drop(columns=column), column).level == "fatal"


def test_a_prediction_and_its_score_stand_in_for_each_other(loans, spec, contract):
    for column in ("prediction", "score"):
        assert the_finding(contract, spec, loans.drop(columns=column), column).level == "note"
    neither = check(contract, spec, loans.drop(columns=["prediction", "score"]))
    assert {finding.column for finding in neither.fatal} == {"prediction", "score"}
    assert neither.sentence.endswith("(And 1 more problem.)")


def test_a_misspelt_column_is_recognised(loans, spec, contract):
    found = the_finding(contract, spec, loans.rename(columns={"sex": " Sex"}), "sex")
    assert found.sentence == (
        "Column 'sex': found no such column, only ' Sex', wanted the groups of a sensitive "
        "feature; rename ' Sex' to 'sex'."
    ) or found.wanted.startswith("the values of a feature and the groups")


def test_a_wrong_type_is_fatal_for_most_rows_and_counted_for_few(loans, spec, contract):
    words = loans["income"].astype(object)
    words.iloc[:3] = ["lots", "none", None]
    found = the_finding(contract, spec, loans.assign(income=words), "income")
    assert (found.level, found.found) == ("note", "2 rows with other values ('lots', 'none')")
    found = the_finding(contract, spec, loans.assign(income="lots"), "income")
    assert (found.level, found.wanted) == ("fatal", "numbers")


def test_dates_where_numbers_were_are_a_wrong_type(loans, spec, contract):
    frame = loans.assign(income=pd.Timestamp("2026-01-01"))
    assert the_finding(contract, spec, frame, "income").level == "fatal"


def test_a_timestamp_that_is_none_is_a_wrong_type(loans, spec, contract):
    assert the_finding(contract, spec, loans.assign(applied_at="soon"), "applied_at").level == (
        "fatal"
    )
    assert the_finding(contract, spec, loans.assign(applied_at=3), "applied_at").level == "fatal"


def test_an_all_missing_column_is_noted(loans, spec, contract):
    for nothing in (None, np.nan, pd.NA, ""):
        found = the_finding(contract, spec, loans.assign(job=nothing), "job")
        assert (found.level, found.found) == ("note", "every value missing")


def test_labels_that_have_not_come_yet_are_no_finding(loans, spec, contract):
    assert check(contract, spec, loans.assign(target=None)).findings == ()
    assert check(contract, spec, loans.drop(columns="target")).findings == ()


def test_predictions_that_are_all_missing_are_fatal_without_a_score(loans, loan_spec):
    columns = replace(loan_spec.columns, score={})
    spec = complete(replace(loan_spec, columns=columns), loans)
    contract = build_contract(spec, loans)
    found = the_finding(contract, spec, loans.assign(prediction=None), "prediction")
    assert found.level == "fatal"


def test_values_out_of_range_are_counted(loans, spec, contract):
    ages = loans["age"].astype(float)
    ages.iloc[:2] = [-5, 200]
    found = the_finding(contract, spec, loans.assign(age=ages), "age")
    assert (found.level, found.found) == ("note", "2 rows outside (from -5 to 200)")


def test_infinite_values_are_counted(loans, spec, contract):
    incomes = loans["income"].copy()
    incomes.iloc[:2] = [np.inf, -np.inf]
    found = the_finding(contract, spec, loans.assign(income=incomes), "income")
    assert (found.level, found.found) == ("note", "2 rows with an infinite value")


def test_unseen_categories_are_named_cut_and_counted(loans, spec, contract):
    jobs = loans["job"].astype(object)
    jobs.iloc[:3] = ["pilot", "pilot", "<script>" * 20]
    found = the_finding(contract, spec, loans.assign(job=jobs), "job")
    assert found.level == "note"
    assert found.found.startswith("3 rows with 'pilot', '<script>")
    assert "…" in found.found


def test_labels_of_an_unknown_class_are_fatal_and_named(loans, spec, contract):
    labels = loans["target"].astype(object)
    labels.iloc[0] = "fair"
    found = the_finding(contract, spec, loans.assign(target=labels), "target")
    assert found.level == "fatal"
    assert found.sentence == (
        "Column 'target': found 1 row with 'fair', wanted one of the model's classes 'bad', "
        "'good'; correct the labels or the spec."
    )


def test_labels_with_spaces_are_known(loans, spec, contract):
    assert check(contract, spec, loans.assign(target=loans["target"] + " ")).findings == ()


def test_scores_that_are_no_probabilities_are_fatal(loans, spec, contract):
    found = the_finding(contract, spec, loans.assign(score=loans["score"] * 10), "score")
    assert (found.level, found.wanted) == ("fatal", "probabilities from 0 to 1")


def test_duplicate_and_missing_ids_are_counted(loans, spec, contract):
    ids = loans["loan_id"].astype(object)
    ids.iloc[:3] = ["L00005", "L00006", None]
    notes = check(contract, spec, loans.assign(loan_id=ids)).notes
    assert [note.found for note in notes] == [
        "2 rows with an id that came before",
        "1 row without an id",
    ]


def test_a_file_without_rows_is_fatal(loans, spec, contract):
    assert check(contract, spec, loans.head(0)).sentence == (
        "The file: found no rows, wanted at least one; check the export that made it."
    )


def test_a_column_that_comes_twice_is_fatal(loans, spec, contract):
    twice = pd.concat([loans, loans[["income"]]], axis=1)
    assert the_finding(contract, spec, twice, "income").found == "it more than once"


def test_a_file_of_labels_needs_only_ids_and_labels(loans, spec, contract):
    labels = loans[["loan_id", "target"]]
    assert check(contract, spec, labels, role=Role.LABELS).findings == ()
    for column in labels.columns:
        frame = labels.drop(columns=column)
        assert the_finding(contract, spec, frame, column, role=Role.LABELS).level == "fatal"
    twice = pd.concat([labels, labels.head(2)])
    assert the_finding(contract, spec, twice, "loan_id", role=Role.LABELS).todo == (
        "the last label of an id counts"
    )


def test_a_file_checked_in_parts_reads_like_a_file_checked_at_once(loans, spec, contract):
    frame = loans.assign(
        age=[-1] * 60 + [200] * 60 + [30] * 80,
        job=["pilot"] * 150 + [None] * 50,
        income=["?"] * 150 + [1.0] * 50,
        loan_id=["a", "b"] * 100,
    )
    parts = [inspect(contract, spec, frame.iloc[at : at + 50]) for at in range(0, 200, 50)]
    summed = sum(parts[1:], start=parts[0])
    assert report(contract, spec, summed) == check(contract, spec, frame)


def test_missing_predictions_and_negative_weights_are_noted(loans, loan_spec):
    columns = replace(loan_spec.columns, score={}, weight="w")
    frame = loans.assign(w=1.0)
    spec = complete(replace(loan_spec, columns=columns), frame)
    contract = build_contract(spec, frame)
    weight = frame["w"].mask(frame.index < 5, -1.0)
    bad = frame.assign(prediction=frame["prediction"].mask(frame.index < 2), w=weight)
    assert [note.found for note in check(contract, spec, bad).findings] == [
        "2 rows without a prediction",
        "weights down to -1",
    ]


@pytest.mark.parametrize("weight", [0.0, -1.0, None])
def test_weights_under_which_no_row_would_count_are_fatal(loans, loan_spec, weight):
    columns = replace(loan_spec.columns, weight="w")
    frame = loans.assign(w=1.0)
    spec = complete(replace(loan_spec, columns=columns), frame)
    contract = build_contract(spec, frame)
    assert check(contract, spec, frame.assign(w=weight)).fatal
    some = check(contract, spec, frame.assign(w=frame["w"].mask(frame.index < 3)))
    assert [note.found for note in some.findings] == ["3 rows without a weight"]


def test_findings_are_a_table_with_fatal_ones_first(loans, spec, contract):
    frame = loans.assign(age=-1.0).drop(columns="sex")
    table = check(contract, spec, frame).frame()
    assert list(table.columns) == ["column", "level", "found", "wanted", "todo"]
    assert table[["column", "level"]].to_numpy().tolist() == [["sex", "fatal"], ["age", "note"]]


def test_a_feature_may_be_called_y_true_or_score():
    frame = pd.DataFrame(
        {"y_true": [1.0, 2.0], "score": [5.0, 6.0], "target": [0, 1], "out": [1, 0], "p": [0, 1]}
    )
    columns = Columns(target="out", prediction="p", features=("y_true", "score", "target"))
    spec = complete(Spec("m", Task.BINARY, columns), frame)
    contract = build_contract(spec, frame)
    assert contract.monitored == ("y_true", "score", "target")
    assert check(contract, spec, frame).findings == ()


def test_numbers_in_a_categorical_column_and_booleans_as_text_are_read(loans, spec, contract):
    frame = loans.assign(owns_home=loans["owns_home"].map({True: "True", False: "0"}))
    assert check(contract, spec, frame).findings == ()


@pytest.mark.parametrize("dtype", ["Int64", "uint8", "int64[pyarrow]", "float32", "object"])
def test_a_batch_may_have_other_dtypes_than_the_reference(loans, spec, contract, dtype):
    frame = loans.assign(age=loans["age"].astype(dtype))
    assert check(contract, spec, frame).findings == ()


def test_ten_thousand_columns_take_seconds():
    random = np.random.default_rng(1)
    wide = {f"n{i}": random.normal(size=200) for i in range(8000)}
    wide |= {f"t{i}": ["a", "b"] * 100 for i in range(2000)}
    frame = pd.DataFrame(wide).assign(p=["x", "y"] * 100)
    spec = Spec("wide", Task.BINARY, Columns(prediction="p"), Outcome(positive="x"))
    began = time.process_time()
    spec = complete(spec, frame)
    contract = build_contract(spec, frame)
    assert check(contract, spec, frame).findings == ()
    assert len(check(contract, spec, frame[["p"]]).findings) == 10_000
    assert time.process_time() - began < 15
