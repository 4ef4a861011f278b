"""Evaluation of a file beside reading it and predicting alone: one JSON line per model and format.

Fifteen numbers and five texts of 2 to 200 levels; every run is a process of its own, both sides
take turns, and medians of CPU seconds (the model's own process included, and alone as
``whole_model_cpu``), of seconds on the clock and of peak memory are printed.  Imports and the
opening of the model count on neither side.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.compare import ROOT, _environment
from benchmarks.usage import children_seconds, cpu_seconds, memory_mb
from monitor.jobs.evaluate import Evaluation, evaluate, place_bins
from monitor.jobs.memory import ARROW, settle
from monitor.jobs.reading import open_table
from monitor.measures.layout import Layout
from monitor.models.contract import Contract, build_contract
from monitor.models.derive import complete
from monitor.models.runner import Runner as Process
from monitor.models.runner import open_runner
from monitor.models.runners import nursery
from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.settings import Settings
from monitor.terms import Task

NUMBERS = [f"number_{i}" for i in range(15)]
TEXTS = {"sex": 2, "race": 5, "region": 12, "trade": 50, "place": 200}
FEATURES = [*NUMBERS, *TEXTS]
READERS = {"parquet": pd.read_parquet, "csv": pd.read_csv}


def made(seed: int, rows: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    numbers = {name: random.normal(0, 1, rows) for name in NUMBERS}
    texts = {
        name: np.array([f"{name} {k}" for k in range(size)], dtype=object)[
            random.integers(0, size, rows)
        ]
        for name, size in TEXTS.items()
    }
    frame = pd.DataFrame({"id": np.arange(rows), **numbers, **texts})
    chance = 1 / (1 + np.exp(-0.8 * frame["number_0"]))
    return frame.assign(target=(random.random(rows) < chance).astype(np.int64))


def models() -> dict[str, Pipeline]:
    def trees(model: object) -> Pipeline:
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        return make_pipeline(
            make_column_transformer((codes, list(TEXTS)), remainder="passthrough"), model
        )

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    ones = OneHotEncoder(handle_unknown="ignore")
    prepared = make_column_transformer((numbers, NUMBERS), (ones, list(TEXTS)))
    return {
        "logistic": make_pipeline(prepared, LogisticRegression(max_iter=300)),
        "boosted": trees(HistGradientBoostingClassifier(random_state=1)),
        "forest": trees(RandomForestClassifier(100, max_depth=8, random_state=1)),
    }


def make(folder: Path, rows: int) -> None:
    train(folder)
    batch = made(2, rows)
    batch.to_parquet(folder / "batch.parquet", index=False)
    batch.to_csv(folder / "batch.csv", index=False)


def train(folder: Path) -> None:
    training = made(1, 20_000)
    for name, model in models().items():
        joblib.dump(model.fit(training[FEATURES], training["target"]), folder / f"{name}.joblib")
    training.to_parquet(folder / "reference.parquet", index=False)
    for name in models():
        known = pickle.dumps(_registered(folder, name, training))
        (folder / f"{name}.registered").write_bytes(known)


def _registered(folder: Path, model: str, reference: pd.DataFrame) -> tuple[Spec, Contract, Layout]:
    """What is known of a version before a batch comes."""
    spec = complete(
        Spec(
            name="bench",
            task=Task.BINARY,
            columns=Columns(id="id", target="target", features=tuple(FEATURES)),
            outcome=Outcome(positive="1", favourable=("1",)),
            sensitive=(Sensitive("sex"), Sensitive("race")),
            runner=Runner("process", str(folder / f"{model}.joblib")),
        ),
        reference,
    )
    contract = build_contract(spec, reference)
    table = open_table(folder / "reference.parquet", name="reference.parquet")
    with _running(spec, contract) as runner:
        return spec, contract, place_bins(table, runner, spec=spec, contract=contract)


def alone(folder: Path, model: str, form: str) -> dict[str, float]:
    opened = joblib.load(folder / f"{model}.joblib")
    before, begun = cpu_seconds(), time.perf_counter()
    opened.predict_proba(READERS[form](folder / f"batch.{form}")[FEATURES])
    return spent(before, begun)


def whole(folder: Path, model: str, form: str) -> dict[str, float]:
    with evaluator(folder, model) as evaluated:
        models = children_seconds()
        before, begun = cpu_seconds(), time.perf_counter()
        evaluated(folder / f"batch.{form}")
        return spent(before, begun) | {"model_cpu": children_seconds() - models}


def spent(before: float, begun: float) -> dict[str, float]:
    wall = time.perf_counter() - begun
    return {"cpu": cpu_seconds() - before, "wall": wall, "peak": memory_mb("VmHWM")}


@contextmanager
def evaluator(folder: Path, model: str) -> Iterator[Callable[[Path], Evaluation]]:
    """What evaluates a batch, the model's process running, as in a worker."""
    nursery.preload()
    settle()
    nursery.begin(without=())
    spec, contract, layout = pickle.loads((folder / f"{model}.registered").read_bytes())
    with _running(spec, contract) as runner:
        yield partial(
            evaluate,
            runner=runner,
            spec=spec,
            contract=contract,
            layout=layout,
            keep=folder / "keep.parquet",
        )


def _running(spec: Spec, contract: Contract) -> AbstractContextManager[Process]:
    return open_runner(
        spec, {}, settings=Settings(), trusted=lambda sha256: True, contract=contract
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairwatch-bench-") as folder:
        make(Path(folder), asked.rows)
        for model in models():
            for form in READERS:
                print(json.dumps(compared(folder, model, form, asked.repeats)), flush=True)
        print("rows", asked.rows, file=sys.stderr)


def compared(folder: str, model: str, form: str, repeats: int) -> dict[str, object]:
    sides: dict[str, list[dict[str, float]]] = {"whole": [], "alone": []}
    for _ in range(repeats):
        for side, runs in sides.items():
            command = [sys.executable, "-m", "benchmarks.evaluation", side, folder, model, form]
            environment = _environment() | (ARROW if side == "whole" else {})
            done = subprocess.run(
                command, cwd=ROOT, env=environment, check=True, capture_output=True
            )
            runs.append(json.loads(done.stdout))
    found = {
        f"{side}_{key}": round(median(run[key] for run in runs), 3)
        for side, runs in sides.items()
        for key in ("cpu", "wall", "peak")
    }
    found["whole_model_cpu"] = round(median(run["model_cpu"] for run in sides["whole"]), 3)
    for key in ("cpu", "wall"):
        found[f"{key}_ratio"] = round(found[f"whole_{key}"] / found[f"alone_{key}"], 3)
    return {"model": model, "format": form, **found}


if __name__ == "__main__":
    if sys.argv[1:2] in (["whole"], ["alone"]):
        side, folder, model, form = sys.argv[1:]
        print(json.dumps({"whole": whole, "alone": alone}[side](Path(folder), model, form)))
    else:
        main()
