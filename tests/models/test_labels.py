"""One text for one label, however a file spells it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from monitor.models.column import instants, numbers
from monitor.models.labels import cut, factorized, groups, label, labels, spelled


@pytest.mark.parametrize("value", [1, 1.0, "1", " 1 ", np.int8(1), np.float32(1), Decimal(1)])
def test_one_is_one_however_it_is_written(value):
    assert label(value) == "1"


@pytest.mark.parametrize("value", [True, np.bool_(True), "true"])
def test_true_reads_true(value):
    assert label(value) == "true"


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pd.NaT, "", "   "])
def test_missing_and_blank_labels_are_none(value):
    assert label(value) is None


def test_other_values_keep_their_text():
    assert label(0.25) == "0.25"
    assert label(" very good ") == "very good"
    assert label(float("inf")) == "inf"
    assert label([1, 2]) == "[1, 2]"


SPELLINGS = [
    pd.Series([1, 0, 1]),
    pd.Series([1.0, 0.0, 1.0]),
    pd.Series([True, False, True]),
    pd.Series(["1", " 0", "1"]),
    pd.Series([1, 0, 1], dtype="uint8"),
    pd.Series([1, 0, 1], dtype="Int64"),
    pd.Series([True, False, True], dtype="boolean"),
    pd.Series([1, 0, 1], dtype="category"),
    pd.Series(["1", "0", "1"], dtype="string"),
    pd.Series([1, 0, 1], dtype="int64[pyarrow]"),
    pd.Series([1, 0, 1], dtype="double[pyarrow]"),
    pd.Series([True, False, True], dtype="bool[pyarrow]"),
    pd.Series([True, 0, "1"], dtype=object),
]


@pytest.mark.parametrize("values", SPELLINGS, ids=lambda values: str(values.dtype))
@pytest.mark.parametrize("known", [("0", "1"), ("false", "true"), ("No", "Yes")])
def test_every_dtype_gives_the_labels_that_are_known(values, known):
    no, yes = known
    assert labels(values, known).tolist() == [yes, no, yes]
    assert cut(values, (), known).tolist() == [yes, no, yes]


@pytest.mark.parametrize("values", SPELLINGS, ids=lambda values: str(values.dtype))
def test_what_is_true_in_any_dtype_has_one_of_two_names(values):
    assert set(labels(values)) <= {"1", "0", "true", "false"}


@pytest.mark.parametrize(
    ("known", "written"),
    [
        (("f", "m"), ["1", "true", "yes", "f"]),  # an f beside an m is no false
        (("0", "1", "2"), ["1", "true", "yes", "f"]),
        (("True", "maybe"), ["1", "True", "yes", "f"]),
        (("true",), ["true", "true", "yes", "f"]),
        (("n", "y"), ["y", "y", "yes", "f"]),
        ((), ["1", "true", "yes", "f"]),
    ],
)
def test_only_a_column_of_truths_spells_them_its_own_way(known, written):
    assert [spelled(text, known) for text in ("1", "true", "yes", "f")] == written


@pytest.mark.parametrize("values", SPELLINGS, ids=lambda values: str(values.dtype))
def test_every_dtype_gives_the_same_numbers(values):
    assert numbers(values).tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "dtype", ["float64", "Int64", "category", "int64[pyarrow]", "object", "boolean"]
)
def test_missing_values_stay_missing_in_every_dtype(dtype):
    values = pd.Series([1, None], dtype=dtype)
    assert labels(values, ("0", "1")).tolist() == ["1", None]
    assert np.isnan(numbers(values)).tolist() == [False, True]
    assert groups(values, ("0", "1")).tolist() == ["1", "(unknown)"]


def test_lists_are_labelled_too():
    assert labels(pd.Series([[1], [1, 2]])).tolist() == ["[1]", "[1, 2]"]


def test_an_empty_column_has_no_labels():
    assert labels(pd.Series([], dtype=object)).tolist() == []
    assert cut(pd.Series([], dtype=float), (40,)).tolist() == []


def test_bins_cut_a_number_into_named_groups():
    ages = pd.Series([24, 25, 44.5, 45, np.nan, np.inf])
    assert cut(ages, (25, 45)).tolist() == [
        "<25",
        "25 to <45",
        "25 to <45",
        "45+",
        "(unknown)",
        "45+",
    ]
    assert cut(pd.Series(["f", None]), ()).tolist() == ["f", "(unknown)"]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["2026-01-05", "not a date"]),
        pd.Series(["2026-01-05T00:00:00Z", None]),
        pd.Series(pd.to_datetime(["2026-01-05", None])),
        pd.Series(pd.to_datetime(["2026-01-05 01:00", None]).tz_localize("Europe/Berlin")),
        pd.Series(pd.to_datetime(["2026-01-05", None])).astype("timestamp[us][pyarrow]"),
        pd.Series([pd.Timestamp("2026-01-05").date(), None]),
    ],
    ids=["text", "zulu", "naive", "zoned", "arrow", "date"],
)
def test_every_spelling_of_a_date_is_one_instant(values):
    found = instants(values)
    assert found[0] == pd.Timestamp("2026-01-05", tz="UTC")
    assert found.isna().tolist() == [False, True]


def test_numbers_are_no_dates():
    assert instants(pd.Series([1, 2])).isna().all()


@pytest.mark.parametrize("texts", [["05.01.2026", "6.1.2026"], ["05/01/2026", "13/01/2026"]])
def test_dates_may_begin_with_the_day(texts):
    assert instants(pd.Series(texts))[0] == pd.Timestamp("2026-01-05", tz="UTC")


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
@pytest.mark.parametrize("span", [1, 100, 128, 255])
def test_whole_numbers_have_the_codes_that_pandas_gives_them(dtype, span):
    lowest = max(np.iinfo(dtype).min, -100)
    numbers = np.random.default_rng(span).integers(0, span + 1, 5_000) % 256
    values = pd.Series((numbers + lowest).astype(dtype))
    codes, present = factorized(values)
    expected, named = pd.factorize(values)
    assert (codes == expected).all()
    assert list(present) == list(named)
