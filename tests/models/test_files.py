"""What is known of a model file before it is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from monitor.errors import ModelError, PassingFault
from monitor.models.files import artefact_facts, copy_verified, sha256_of
from monitor.models.spec import Columns, Spec
from monitor.terms import Task
from tests.models.model_files import spec_of


def test_facts_pin_the_file_and_its_libraries(tmp_path):
    path = tmp_path / "model.SKOPS"
    path.write_bytes(b"abc")
    facts = artefact_facts(spec_of(str(path)))
    assert facts["kind"] == "skops"
    assert facts["sha256"] == sha256_of(path) == hashlib.sha256(b"abc").hexdigest()
    assert facts["size_bytes"] == 3
    assert {"scikit-learn", "numpy", "pandas"} <= set(facts["libraries"])


def test_predictions_in_the_batch_have_no_file():
    facts = artefact_facts(Spec("m", Task.BINARY, Columns(prediction="p")))
    assert facts["kind"] == "columns"
    assert "sha256" not in facts


@pytest.mark.parametrize(
    ("path", "python", "says"),
    [
        ("none.joblib", None, "none.joblib cannot be read (No such file"),
        ("model.txt", None, "ends in '.txt': give a file that ends in .joblib"),
        ("model.joblib", "/no/python", "The interpreter /no/python (model.python) is not there"),
        ("model.joblib", "true", "does not answer as Python does"),
    ],
)
def test_what_cannot_be_started_is_said_at_registration(tmp_path, path, python, says):
    (tmp_path / "model.txt").touch()
    (tmp_path / "model.joblib").touch()
    with pytest.raises(ModelError) as caught:
        artefact_facts(spec_of(str(tmp_path / path), python=python))
    assert says in str(caught.value)


def test_a_full_disk_is_a_passing_fault(tmp_path):
    path = tmp_path / "model.joblib"
    path.write_bytes(b"abc")
    with pytest.raises(PassingFault, match="The disk is full"):
        copy_verified(str(path), to=Path("/dev/full"), sha256=None)
