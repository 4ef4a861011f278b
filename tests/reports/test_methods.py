"""Evidently's own verdicts, against Evidently's own report on the same rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from monitor.errors import ReportError
from monitor.measures.catalogue.evidently import METHODS, SHARE_NAME
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.reports import asking, child, methods
from monitor.reports.asking import ask
from monitor.reports.frames import frame_of, numeric
from monitor.terms import Task, Verdict


def drawn(n: int, *, seed: int, drift: float) -> Rows:
    random = np.random.default_rng(seed)
    names = np.array([f"v{i}" for i in range(12)])
    numbers = {
        "moved": random.normal(drift, 1, n),
        "same": random.normal(0, 1, n),
        "tails": random.standard_t(2, n) * (1 + drift),
        "whole": random.integers(0, 30, n).astype(float),
        "three": random.choice([0.0, 1.0, 2.0], n, p=[0.5 - drift / 3, 0.3, 0.2 + drift / 3]),
        "flag": (random.random(n) < 0.3 + drift / 4).astype(float),
    }
    numbers["same"][:: max(n // 20, 1)] = np.nan
    numbers["whole"][0] = np.inf
    texts = {
        "many": random.choice(names, n),
        "two": np.where(random.random(n) < 0.4 + drift / 3, "yes", "no"),
    }
    columns = {**numbers, **{name: pa.array(values.tolist()) for name, values in texts.items()}}
    return Rows(columns, {}, None, None, None, None, n)


def layout_of(reference: Rows) -> Layout:
    return build_layout(reference, task=Task.BINARY, classes=("0", "1"), positive="1")


def evidentlys(batch: Rows, reference: Rows, layout: Layout) -> dict[str, tuple[str, float, float]]:
    """Column → method, value, threshold, and "" → the count, as its preset reports them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        kinds = {name: numeric(layout, name) for name in layout.features}
        columns = DataDefinition(
            numerical_columns=[name for name, number in kinds.items() if number],
            categorical_columns=[name for name, number in kinds.items() if not number],
        )
        now, then = (
            Dataset.from_pandas(frame_of(rows, layout), data_definition=columns)
            for rows in (batch, reference)
        )
        told = Report([DataDriftPreset()]).run(now, then).dict()["metrics"]
    counted = told[0]["value"]
    drift = {
        one["config"]["column"]: (
            one["config"]["method"],
            float(one["value"]),
            one["config"]["threshold"],
        )
        for one in told[1:]
    }
    return {**drift, "": ("share", counted["share"], told[0]["config"]["drift_share"])}


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    """One that answers question after question, as the child answers its one: Evidently takes ten
    seconds to be imported."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def kept_warm(process: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(folder: Path, beat: object, seconds: float) -> int:
        process.submit(child.main, folder).result(timeout=seconds)
        return 0

    monkeypatch.setattr(asking, "_run", run)


def ours(
    batch: Rows, reference: Rows, layout: Layout, folder: Path, **asked: object
) -> dict[str, Measurement]:
    options = {"columns": {}, "whole": True, "folder": folder, "beat": lambda: None, **asked}
    return {m.feature: m for m in methods.measure(batch, reference, layout, **options)}  # type: ignore[arg-type]


@pytest.mark.usefixtures("kept_warm")
@pytest.mark.parametrize(
    ("rows", "before", "drift"),
    [(800, 1000, 0.4), (1200, 1001, 0.4), (300, 2500, 0.0)],
)
def test_the_profile_decides_exactly_as_evidentlys_preset(
    rows: int, before: int, drift: float, tmp_path: Path
):
    batch, reference = drawn(rows, seed=1, drift=drift), drawn(before, seed=2, drift=0.0)
    layout = layout_of(reference)
    found = ours(batch, reference, layout, tmp_path)
    oracle = evidentlys(batch, reference, layout)
    for name in layout.features:
        method, value, threshold = oracle[name]
        m = found[name]
        limit = m.limit_low if m.limit_low is not None else m.limit_high
        assert (m.value, limit) == (pytest.approx(value, abs=1e-9), threshold)
        drifted = value < threshold if "p_value" in method else value >= threshold
        assert (m.verdict is Verdict.FAILING) == drifted
    _, share, limit = oracle[""]
    whole = found[""]
    assert (whole.metric, whole.value, whole.limit_high) == (SHARE_NAME, share, limit)
    assert (whole.verdict is Verdict.FAILING) == (share >= limit)


@pytest.mark.usefixtures("kept_warm")
def test_both_sides_of_every_boundary_were_seen(tmp_path: Path):
    """1 000 rows of the reference, five and two distinct values."""
    kinds = {}
    for before in (1000, 1001):
        reference = drawn(before, seed=2, drift=0.0)
        found = ours(drawn(500, seed=1, drift=0.0), reference, layout_of(reference), tmp_path)
        kinds[before] = {name: m.metric.removeprefix("evidently_") for name, m in found.items()}
    small, large = kinds[1000], kinds[1001]
    assert (small["moved"], small["three"], small["flag"]) == ("ks", "chisquare", "z")
    assert (small["many"], small["two"]) == ("chisquare", "z")
    assert (large["moved"], large["three"], large["flag"]) == (
        *("wasserstein", "jensenshannon", "jensenshannon"),
    )
    assert (large["many"], large["two"]) == ("jensenshannon", "jensenshannon")


def test_a_named_method_runs_for_its_column_alone(tmp_path: Path):
    from scipy import stats

    batch, reference = drawn(500, seed=1, drift=0.5), drawn(600, seed=2, drift=0.0)
    asked = {"moved": "mannw", "two": "TVD"}
    found = ours(batch, reference, layout_of(reference), tmp_path, columns=asked, whole=False)
    assert found.keys() == asked.keys()
    assert found["moved"].metric == "evidently_mannw"
    assert found["two"].metric == "evidently_TVD"
    oracle = stats.mannwhitneyu(reference.columns["moved"], batch.columns["moved"]).pvalue
    assert found["moved"].value == pytest.approx(oracle, abs=1e-9)


def test_the_methods_we_list_are_evidentlys():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests.registry import _impls
    theirs = {
        test.name: tuple(sorted(kind.value for kind in test.allowed_feature_types))
        for test in _impls
        if "text" not in {kind.value for kind in test.allowed_feature_types}
    }
    assert theirs == {name: tuple(sorted(method.kinds)) for name, method in METHODS.items()}


@pytest.mark.usefixtures("kept_warm")
def test_one_column_that_fails_takes_no_other_with_it(tmp_path: Path):
    reference = drawn(500, seed=2, drift=0.0)
    batch = drawn(500, seed=1, drift=0.0)
    empty = {**batch.columns, "moved": np.full(500, np.nan)}
    found = ours(
        Rows(empty, {}, None, None, None, None, 500),
        reference,
        layout_of(reference),
        tmp_path,
        columns={"moved": "anderson"},
    )
    assert found["moved"].verdict is Verdict.NOT_ENOUGH_DATA
    assert found["moved"].reason == (
        "Evidently could not compare it: there is no value to compare."
    )
    assert found["tails"].value is not None
    assert found[""].denominator == len(reference.columns) - 1


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts another evidently before the one that is installed, in the child alone."""

    def put(code: str) -> None:
        folder = tmp_path / "broken" / "evidently"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(folder.parent))

    return put


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError('no such thing')", "ImportError: no such thing"),
        ("class Odd(BaseException): pass\nraise Odd('not an Exception')", "Odd: not an Exception"),
    ],
)
def test_without_evidently_there_is_a_reason_and_nothing_breaks(
    code: str, said: str, broken: Callable[[str], None], tmp_path: Path
):
    broken(code)
    reference = drawn(300, seed=2, drift=0.0)
    asked = {"moved": "anderson"}
    found = ours(reference, reference, layout_of(reference), tmp_path, columns=asked)
    assert found.keys() == {"moved", ""}
    for m in found.values():
        assert (m.value, m.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
        assert m.reason.startswith(f"Evidently cannot be imported here ({said})")


def _asked(tmp_path: Path, **options: float) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    ask(tmp_path, {"kind": "methods", "columns": {}}, current=frame, reference=frame, **options)


def test_a_child_that_dies_or_dawdles_is_told_of(broken: Callable[[str], None], tmp_path: Path):
    broken("import os, sys\nprint('dying', file=sys.stderr)\nsys.stderr.flush()\nos._exit(3)")
    with pytest.raises(ReportError, match=r"ended its process \(exit code 3\): dying"):
        _asked(tmp_path)
    (tmp_path / "broken" / "evidently" / "__init__.py").write_text("import time; time.sleep(60)")
    with pytest.raises(ReportError, match="took longer than 1 seconds"):
        _asked(tmp_path, seconds=1)
