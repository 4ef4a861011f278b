"""Writing what the sides read: a reference, a batch, a model, and what is registered of them."""

from __future__ import annotations

import json
import pickle
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from benchmarks.rows import SEED, SENSITIVE, TRAINING_ROWS, feature_names, fitted, made, scored
from monitor.jobs.conclude import tally_from
from monitor.jobs.evaluate import evaluate, place_bins
from monitor.jobs.reading import open_table
from monitor.measures.layout import Layout
from monitor.measures.tally import Tally
from monitor.models.contract import Contract, build_contract
from monitor.models.derive import complete
from monitor.models.runner import open_runner
from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.settings import Settings
from monitor.terms import Task

LIBRARIES = ("fairwatch", "evidently", "fairlearn", "scikit-learn", "numpy", "pandas", "pyarrow")


@dataclass(frozen=True, slots=True)
class Registered:
    """What the product knows of a version before a batch arrives."""

    spec: Spec
    contract: Contract
    layout: Layout
    tallies: dict[str, bytes]

    @property
    def reference(self) -> Tally:
        return tally_from(self.tallies, self.layout)


def make(folder: Path, *, rows: int, columns: int) -> None:
    """Writes reference.parquet and batch.parquet, each also scored, model.joblib and what follows
    from the reference."""
    random = np.random.default_rng(SEED)
    features = feature_names(columns)
    reference = made(random, rows, features, shift=0.0)
    batch = made(random, rows, features, shift=0.3)
    model = fitted(reference.head(TRAINING_ROWS), features)
    joblib.dump(model, folder / "model.joblib")
    for name, frame in (("reference", reference), ("batch", batch)):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        scored(frame, model).to_parquet(folder / f"scored_{name}.parquet", index=False)
    (folder / "registered.pickle").write_bytes(pickle.dumps(_register(folder, features)))


def registered(folder: Path) -> Registered:
    return Registered(*pickle.loads((folder / "registered.pickle").read_bytes()))


def _register(folder: Path, features: list[str]) -> tuple[Any, ...]:
    """As registration does it, without the database: the parts of Registered."""
    runner = Runner("process", str(folder / "model.joblib"))
    spec = binary_spec(features, SENSITIVE, runner)
    spec = complete(spec, pd.read_parquet(folder / "scored_reference.parquet"))
    contract = build_contract(spec, pd.read_parquet(folder / "reference.parquet"))
    return spec, contract, *counted_reference(folder, spec, contract)


def counted_reference(
    folder: Path, spec: Spec, contract: Contract
) -> tuple[Layout, dict[str, bytes]]:
    """The bins of reference.parquet, and its tallies as they are stored."""
    path, keep = folder / "reference.parquet", folder / "reference_predictions.parquet"
    with open_runner(
        spec, {}, settings=Settings(), trusted=lambda sha256: True, contract=contract
    ) as runner:
        layout = place_bins(open_table(path, name=path.name), runner, spec=spec, contract=contract)
        found = evaluate(path, runner, spec=spec, contract=contract, layout=layout, keep=keep)
    profiles, outcomes = found.tally.profiles.to_bytes(), found.tally.outcomes.to_bytes()
    return layout, {"profiles": profiles, "outcomes": outcomes}


def binary_spec(features: Sequence[str], sensitive: Iterable[str], runner: Runner) -> Spec:
    return Spec(
        name="bench",
        task=Task.BINARY,
        columns=Columns(
            id="id",
            target="target",
            prediction="prediction",
            score={"": "score"},
            features=tuple(features),
        ),
        outcome=Outcome(positive="1", favourable=("1",)),
        sensitive=tuple(Sensitive(name) for name in sensitive),
        runner=runner,
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]), rows=int(sys.argv[2]), columns=int(sys.argv[3]))
    print(json.dumps({"python": platform.python_version(), **{n: version(n) for n in LIBRARIES}}))
