"""A tally is small, quick, light to import and says when rows do not fit it."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pytest

from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Outcomes, Profiles, profile_from_bytes, tally, tally_outcomes
from monitor.terms import Task


def rows(n, *, numbers=15, texts=5):
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=n) for i in range(numbers)}
    columns |= {f"c{i}": pa.array(rng.choice(list("abcdefg"), n)) for i in range(texts)}
    groups = {
        "sex": rng.choice(["f", "m"], n).astype(object),
        "age": rng.choice(["<40", "40+"], n).astype(object),
        "region": rng.choice(list("nesw"), n).astype(object),
    }
    score = rng.beta(2, 3, n)
    actual = np.where(rng.random(n) < score, "1", "0").astype(object)
    predicted = np.where(score > 0.5, "1", "0").astype(object)
    return Rows(columns, groups, predicted, actual, score[:, None], None, n)


def layout_of(given):
    return build_layout(
        given,
        task=Task.BINARY,
        classes=("0", "1"),
        positive="1",
        attributes=("sex", "age"),
        segments=("region",),
    )


def test_two_hundred_thousand_rows_of_twenty_columns_take_under_a_second():
    given = rows(200_000)
    layout = layout_of(given)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        tally(given, layout)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 1.0


def test_a_batch_of_two_thousand_rows_is_kept_in_a_few_kilobytes():
    given = rows(2000)
    found = tally(given, layout_of(given))
    assert len(found.outcomes.to_bytes()) < 8_000
    assert len(found.profiles.to_bytes()) < 20_000


def test_bytes_of_the_wrong_kind_are_refused():
    given = rows(10)
    layout = layout_of(given)
    found = tally(given, layout)
    with pytest.raises(ValueError, match="Expected outcomes"):
        Outcomes.from_bytes(found.profiles.to_bytes(), layout)
    with pytest.raises(ValueError, match="Expected profiles"):
        Profiles.from_bytes(found.outcomes.to_bytes(), layout)


def test_one_profile_is_read_as_it_is_among_all():
    given = rows(500, numbers=3, texts=2)
    layout = layout_of(given)
    data = tally(given, layout).profiles.to_bytes()
    for name, one in Profiles.from_bytes(data, layout).columns.items():
        assert repr(profile_from_bytes(data, layout, name)) == repr(one)
    assert profile_from_bytes(data, layout, "nothing") is None


def test_outcomes_need_no_feature_column():
    given = rows(100)
    layout = layout_of(given)
    bare = Rows({}, given.groups, given.predicted, given.actual, given.scores, None, 100)
    whole = tally(given, layout).outcomes
    assert tally_outcomes(bare, layout).to_bytes() == whole.to_bytes()


def test_a_missing_feature_is_an_error_and_not_an_empty_profile():
    given = rows(10)
    layout = layout_of(given)
    with pytest.raises(KeyError):
        tally(Rows({}, given.groups, given.predicted, given.actual, None, None, 10), layout)


def test_batches_without_predictions_are_tallied_all_the_same():
    given = rows(50)
    found = tally(Rows(given.columns, given.groups, None, None, None, None, 50), layout_of(given))
    assert found.outcomes.cells.rows == 0
    assert found.profiles.columns["score"].n == 0
    assert found.profiles.columns["x0"].n == 50


def test_the_interface_reads_tallies_without_heavy_libraries():
    code = (
        "import sys, monitor.measures.tally, monitor.measures.curves; "
        "print([m for m in ('scipy', 'sklearn', 'fairlearn', 'evidently') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
