"""A version is tried before it is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.errors import ContractError, ModelError
from monitor.models.prepare import prepare
from monitor.models.spec import Columns, Outcome
from tests.models.model_files import (
    FEATURES,
    everyone,
    expected,
    loan_model,
    patience,
    saved,
    spec_of,
)


def bare(path, **columns):
    spec = spec_of(path, kind="inproc")
    return replace(spec, columns=Columns(**columns), classes=(), outcome=Outcome("bad", ("good",)))


def test_the_model_names_its_inputs_and_classes(loans, tmp_path):
    spec = bare(saved(loan_model(loans), tmp_path))
    without = loans.drop(columns=["target", "prediction", "score"])
    found = prepare(spec, without, settings=patience(), trusted=everyone)
    assert found.spec.columns.features == FEATURES
    assert found.spec.classes == ("bad", "good")
    assert found.spec.sensitive[0].reference == "male"
    assert found.contract.columns["income"].required
    assert found.facts["kind"] == "joblib"
    assert found.repeated.columns == ()


def test_stored_scores_must_be_repeated(loans, tmp_path):
    model = loan_model(loans)
    spec = bare(saved(model, tmp_path), score={"": "score"}, target="target")
    found = prepare(
        spec, loans.assign(score=expected(model, loans)), settings=patience(), trusted=everyone
    )
    assert found.repeated.columns == ("score",)
    with pytest.raises(ModelError, match="does not repeat the score stored in the reference"):
        prepare(spec, loans, settings=patience(), trusted=everyone)


def test_a_reference_that_breaks_its_own_contract_is_refused(loans, loan_spec):
    with pytest.raises(ContractError, match=r"The reference cannot be used\. Column 'score'"):
        prepare(loan_spec, loans.assign(score=5.0), settings=patience(), trusted=everyone)
