"""A model of another scikit-learn runs in the interpreter that has it, and only there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn

from monitor.errors import ModelError, PassingFault
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from tests.models.model_files import everyone, patience, spec_of

WANTED = ("scikit-learn==1.5.2", "numpy<2.3", "pandas<3", "pyarrow", "joblib")
TRAIN = """
import json, sys
import joblib, numpy as np, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
frame = pd.read_csv(sys.argv[1])
X, y = frame[["income", "job", "age"]], frame["target"]
prepared = make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough")
model = make_pipeline(prepared, RandomForestClassifier(20, random_state=0)).fit(X, y)
joblib.dump(model, sys.argv[2] + "/model.joblib")
joblib.dump(LogisticRegression().fit(X[["age"]], y), sys.argv[2] + "/plain.joblib")
print(json.dumps(model.predict_proba(X)[:, 0].tolist()))
"""


@pytest.fixture(scope="session")
def old_python() -> str:
    """An environment with scikit-learn 1.5, made once and kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "fairwatch-tests" / f"scikit-learn-1.5-py{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        made = subprocess.run(
            [*_installer(python), *WANTED], capture_output=True, text=True, timeout=500
        )
        if made.returncode:
            pytest.skip(f"scikit-learn 1.5 cannot be installed here: {made.stderr.strip()[-300:]}")
        (folder / "ready").touch()
    return str(python)


def _installer(python: Path) -> list[str]:
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    return [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def old_models(old_python, tmp_path_factory):
    """(frame, folder of the models, the scores of the first)"""
    folder = tmp_path_factory.mktemp("old")
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "income": random.normal(50_000, 9_000, 200).round(2),
            "job": random.choice(["clerk", "cook", None], 200),
            "age": random.integers(18, 80, 200),
            "target": random.choice(["bad", "good"], 200),
        }
    )
    frame.to_csv(folder / "train.csv", index=False)
    told = subprocess.run(
        [old_python, "-c", TRAIN, str(folder / "train.csv"), str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return frame, folder, json.loads(told.stdout)


def test_a_model_of_scikit_learn_1_5_scores_through_its_own_interpreter(old_models, old_python):
    frame, folder, scores = old_models
    spec = spec_of(str(folder / "model.joblib"), python=old_python)
    facts = artefact_facts(spec)
    assert facts["libraries"]["scikit-learn"] == "1.5.2"
    with open_runner(spec, facts, settings=patience(), trusted=everyone) as runner:
        assert runner.predict(frame)["score"].to_numpy() == pytest.approx(scores, abs=1e-12)


@pytest.mark.parametrize("name", ["model.joblib", "plain.joblib"])
def test_in_our_own_interpreter_it_fails_with_one_sentence(old_models, name):
    spec = spec_of(str(old_models[1] / name))
    with (
        pytest.raises(ModelError) as caught,
        open_runner(spec, artefact_facts(spec), settings=patience(), trusted=everyone),
    ):
        pass
    assert not isinstance(caught.value, PassingFault)
    assert str(caught.value) == (
        f"The model of loans cannot be used: it was saved with scikit-learn 1.5.2 and this "
        f"interpreter has {sklearn.__version__}: name an interpreter that has 1.5.2 in "
        f"model.python."
    )
