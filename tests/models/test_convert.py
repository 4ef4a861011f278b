"""One conversion for reference and batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from monitor.models.contract import build_contract
from monitor.models.convert import to_rows
from monitor.models.derive import complete
from monitor.models.spec import Columns, Outcome, Spec
from monitor.terms import Task


@pytest.fixture
def spec(loans, loan_spec):
    return complete(loan_spec, loans)


@pytest.fixture
def contract(loans, spec):
    return build_contract(spec, loans)


def test_rows_hold_what_the_measures_need(loans, spec, contract):
    rows = to_rows(loans, None, spec=spec, contract=contract)
    assert rows.n == 200
    assert list(rows.columns) == ["income", "job", "owns_home", "sex", "age"]
    assert rows.columns["income"].dtype == np.float64
    assert rows.columns["job"].to_pylist() == loans["job"].tolist()
    assert set(rows.columns["owns_home"].to_pylist()) == {"true", "false"}
    assert set(rows.groups) == {"sex", "age"}
    assert set(rows.groups["age"]) == {"<45", "45+"}
    assert rows.predicted.tolist() == loans["prediction"].tolist()
    assert rows.actual.tolist() == loans["target"].tolist()
    assert rows.scores[:, 0].tolist() == loans["score"].tolist()
    assert rows.weight is None


def same(left, right):
    if isinstance(left, pa.Array):
        return left.to_pylist() == right.to_pylist()
    return np.array_equal(left, right, equal_nan=left.dtype.kind == "f")


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
        lambda frame: frame.astype(object),
        lambda frame: frame.astype({"job": "category", "sex": "category", "target": "category"}),
        lambda frame: frame.astype(object).where(frame.notna(), None),
        lambda frame: pd.concat([frame.head(90), frame.tail(110).astype(object)]),
    ],
    ids=["nullable", "arrow", "object", "category", "none", "mixed"],
)
def test_every_dtype_gives_the_same_rows(loans, spec, contract, convert):
    gaps = loans.assign(
        income=loans["income"].mask(loans.index < 5),
        job=loans["job"].mask(loans.index < 7),
        sex=loans["sex"].mask(loans.index < 9),
        target=loans["target"].mask(loans.index < 11),
    )
    plain = to_rows(gaps, None, spec=spec, contract=contract)
    other = to_rows(convert(gaps), None, spec=spec, contract=contract)
    for name, column in plain.columns.items():
        assert same(column, other.columns[name])
    for name, values in plain.groups.items():
        assert same(values, other.groups[name])
    assert plain.groups["sex"][:9].tolist() == ["(unknown)"] * 9
    assert plain.actual[:11].tolist() == [None] * 11
    assert same(plain.actual, other.actual)
    assert same(plain.predicted, other.predicted)


def test_columns_that_are_not_there_count_as_missing(loans, spec, contract):
    frame = loans.drop(columns=["income", "job", "target"])
    rows = to_rows(frame, None, spec=spec, contract=contract)
    assert np.isnan(rows.columns["income"]).all()
    assert rows.columns["job"].null_count == 200
    assert set(rows.actual) == {None}


def test_a_missing_prediction_follows_from_the_score(loans, spec, contract):
    scored = replace(spec, outcome=replace(spec.outcome, threshold=0.3))
    rows = to_rows(loans.drop(columns="prediction"), None, spec=scored, contract=contract)
    assert rows.predicted.tolist() == np.where(loans["score"] >= 0.3, "bad", "good").tolist()
    gaps = loans.assign(
        prediction=loans["prediction"].mask(loans.index < 3),
        score=loans["score"].mask(loans.index < 2),
    )
    rows = to_rows(gaps, None, spec=spec, contract=contract)
    assert rows.predicted[:2].tolist() == [None, None]
    assert rows.predicted[2] in ("good", "bad")


def test_many_classes_decide_by_the_largest_score():
    frame = pd.DataFrame({"t": ["a", "b", "c"], "x": [0.1, 0.5, 0.2], "y": [0.7, 0.2, 0.2],
                          "z": [0.2, 0.3, 0.6]})  # fmt: skip
    columns = Columns(target="t", score={"[0]": "x", "[1]": "y", "[2]": "z"})
    spec = complete(Spec("m", Task.MULTICLASS, columns), frame)
    rows = to_rows(frame, None, spec=spec, contract=build_contract(spec, frame))
    assert rows.predicted.tolist() == ["b", "a", "c"]
    assert rows.scores.shape == (3, 3)


def test_regression_rows_are_numbers():
    frame = pd.DataFrame({"t": ["1.5", None], "p": [1, 2], "w": [2.0, -1.0], "f": [1, 2]})
    columns = Columns(target="t", prediction="p", weight="w", features=("f",))
    spec = Spec("m", Task.REGRESSION, columns, Outcome(favourable_range=(0, 2)))
    rows = to_rows(frame, None, spec=spec, contract=build_contract(spec, frame))
    assert rows.actual[0] == 1.5
    assert np.isnan(rows.actual[1])
    assert rows.predicted.tolist() == [1.0, 2.0]
    assert rows.weight.tolist() == [2.0, 0.0]


def test_predictions_made_by_a_model_take_the_place_of_stored_ones(loans, spec, contract):
    made = pd.DataFrame({"prediction": ["bad"] * 200, "score": 0.25})
    rows = to_rows(loans, made, spec=spec, contract=contract)
    assert set(rows.predicted) == {"bad"}
    assert set(rows.scores[:, 0]) == {0.25}
