"""A model is given the columns and types it was trained on."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from monitor.jobs.reading import open_table
from monitor.models.contract import build_contract
from monitor.models.features import model_frame
from monitor.models.model_batch import model_batch
from monitor.models.runners import child
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


@pytest.mark.parametrize("words", [("yes", "no"), ("True", "False")])
def test_texts_that_mean_true_or_false_stay_texts_for_the_model(loans, words):
    spec = spec_of("m.joblib", features=("owns_home",))
    as_texts = loans.assign(owns_home=loans["owns_home"].map({True: words[0], False: words[1]}))
    contract = build_contract(spec, as_texts)
    assert model_frame(as_texts, spec, contract)["owns_home"].isin(words).all()
    if words[0] == "True":
        assert model_frame(loans, spec, contract)["owns_home"].isin(words).all()


def test_objects_that_are_true_or_false_become_booleans_again(loans):
    spec = spec_of("m.joblib", features=("owns_home",))
    objects = loans.astype({"owns_home": object})
    given = model_frame(loans.astype({"owns_home": str}), spec, build_contract(spec, objects))
    assert str(given["owns_home"].dtype) == "bool"


def test_free_text_reaches_the_model_as_it_is(loans):
    spec = spec_of("m.joblib", features=("note", "tags"))
    frame = loans.assign(tags=[[1, 2]] * 200)
    given = model_frame(frame, spec, build_contract(spec, frame))
    assert given["note"].tolist() == frame["note"].tolist()
    assert given["tags"].tolist() == frame["tags"].tolist()


def test_a_process_gets_what_a_model_in_this_one_is_given(loans):
    mixed = loans.assign(
        job=loans["job"].astype(object).where(loans["age"] > 30),
        mixed=[(1, "1", True, None)[k % 4] for k in range(len(loans))],
        gap=loans["owns_home"].astype(object).where(loans["age"] > 30),
        grade=(loans["age"] % 3 + 4).astype("category"),
        day=pd.Timestamp("2026-01-05", tz="UTC"),
    ).reset_index(drop=True)
    spec = spec_of("m.joblib", features=("job", "mixed", "gap", "grade", "day", "age", "income"))
    contract = build_contract(spec, mixed)
    pd.testing.assert_frame_equal(
        received(model_batch(mixed, spec, contract)), model_frame(mixed, spec, contract)
    )


def test_a_process_gets_of_a_file_what_a_model_is_given_of_its_frame(loans, tmp_path):
    few = loans.assign(
        job=loans["job"].astype(object).where(loans["age"] > 30),
        income=loans["income"].where(loans["age"] > 30),
        single=loans["income"].astype("float32"),
        gap=loans["owns_home"].astype(object).where(loans["age"] > 30),
        day=pd.Timestamp("2026-01-05", tz="UTC"),
    )
    few.to_parquet(tmp_path / "few.parquet", index=False)
    table = open_table(tmp_path / "few.parquet", name="few.parquet")
    names = ("job", "gap", "day", "age", "income", "single", "owns_home", "note")
    spec = spec_of("m.joblib", features=names)
    for reference in (few, few.assign(age=few["age"] / 7, single=7, job=few["job"] == "baker")):
        contract = build_contract(spec, reference)
        (frame,) = table.frames()
        (chunk,) = table.chunks(coded=["job"])
        assert isinstance(chunk["job"], pa.DictionaryArray)
        pd.testing.assert_frame_equal(
            received(model_batch(chunk, spec, contract)), model_frame(frame, spec, contract)
        )


def received(batch: pa.RecordBatch) -> pd.DataFrame:
    """What the model's process makes of it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    frame: pd.DataFrame = child.received(sink.getvalue().to_pybytes())
    return frame
