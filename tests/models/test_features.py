"""A model is given the columns and types it was trained on."""

from __future__ import annotations

from monitor.models.contract import build_contract
from monitor.models.features import model_frame
from tests.models.model_files import spec_of


def test_categories_keep_the_codes_of_the_reference(loans, tmp_path):
    loans = loans.assign(grade=(loans["age"] % 3 + 4).astype("category"))
    loans = loans.assign(job=loans["job"].astype("category"))
    spec = spec_of("m.joblib", features=("job", "grade"))
    contract = build_contract(spec, loans)
    batch = loans.astype({"job": object, "grade": float}).head(5)
    given = model_frame(batch, spec, contract)
    assert given["job"].cat.codes.tolist() == loans["job"].head(5).cat.codes.tolist()
    assert given["grade"].dtype == loans["grade"].dtype


def test_whole_numbers_stay_whole_unless_some_are_missing(loans):
    spec = spec_of("m.joblib", features=("age", "owns_home"))
    contract = build_contract(spec, loans)
    as_texts = loans.assign(
        age=loans["age"].astype(float), owns_home=loans["owns_home"].astype(str)
    )
    given = model_frame(as_texts, spec, contract)
    assert [str(dtype) for dtype in given.dtypes] == ["int64", "bool"]
    gaps = loans[["age", "owns_home"]].mask(loans["age"] > 40)
    given = model_frame(gaps, spec, contract)
    assert [str(dtype) for dtype in given.dtypes] == ["float64", "object"]


def test_texts_keep_their_spaces_for_the_model(loans):
    spec = spec_of("m.joblib", features=("job",))
    padded = loans.assign(job=" " + loans["job"])
    given = model_frame(padded, spec, build_contract(spec, padded))
    assert given["job"].tolist() == padded["job"].tolist()
