"""Model files: their hash, their format, and what they will run on."""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from monitor.errors import ModelError, PassingFault
from monitor.models.spec import Runner, Spec

FORMATS = {
    ".joblib": "joblib",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".skops": "skops",
    ".onnx": "onnx",
}
PICKLES = ("joblib", "pickle")
_ASK = """
import json, platform
from importlib import metadata
found = {}
for name in ("scikit-learn", "numpy", "pandas", "pyarrow", "joblib", "skops", "onnxruntime"):
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({"python": platform.python_version(), "libraries": found}))
"""


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def artefact_facts(spec: Spec) -> dict[str, Any]:
    """What is pinned at registration: sha256, size_bytes, kind, python and libraries.

    For predictions that come in the batch only kind (``columns``), python and libraries.
    """
    runner = spec.runner
    facts = {"kind": "columns", **interpreter_facts(interpreter(runner))}
    if runner.kind == "columns" or runner.file is None:
        return facts
    try:
        size = Path(runner.file).stat().st_size
        sha256 = sha256_of(runner.file)
    except OSError as error:
        raise _unreadable(runner.file, error) from error
    return {**facts, "kind": format_of(runner.file), "sha256": sha256, "size_bytes": size}


def format_of(path: str) -> str:
    """joblib, pickle, skops or onnx, by the file's ending."""
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise ModelError(
            f"The model file {Path(path).name} ends in {ending or 'nothing'!r}: "
            f"give a file that ends in {', '.join(FORMATS)}."
        )
    return FORMATS[ending]


def interpreter(runner: Runner) -> str:
    """The path of the Python that runs the model: ours unless the spec names another."""
    if runner.python is None:
        return sys.executable
    found = shutil.which(runner.python)
    if found is None:
        raise ModelError(
            f"The interpreter {runner.python} (model.python) is not there or cannot be run: "
            f"give the path of a python that has the model's libraries."
        )
    return found


@functools.cache
def interpreter_facts(path: str) -> dict[str, Any]:
    """Its version and those of the libraries a model may need, asked of the interpreter itself."""
    try:
        told = subprocess.run(
            [path, "-I", "-c", _ASK], capture_output=True, env={}, timeout=60, check=True
        )
        facts: dict[str, Any] = json.loads(told.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ModelError(
            f"The interpreter {path} does not answer as Python does: correct model.python."
        ) from error
    return facts


def copy_verified(path: str, *, to: Path, sha256: str | None) -> str:
    """Copies a model file and returns its hash; ModelError where it is not the one pinned.

    The copy is what gets loaded, so nobody can exchange the file between check and use.
    """
    try:
        shutil.copyfile(path, to)
    except OSError as error:
        raise _unreadable(path, error) from error
    found = sha256_of(to)
    if sha256 is not None and found != sha256:
        raise ModelError(
            f"The model file {path} has changed since it was registered (sha256 {found[:12]}…, "
            f"registered {sha256[:12]}…): restore it, or register it as a new version."
        )
    return found


def _unreadable(path: str, error: OSError) -> ModelError:
    if error.errno == errno.ENOSPC:
        return PassingFault(f"The disk is full: there is no room for a copy of {path}; free some.")
    return ModelError(
        f"The model file {path} cannot be read ({error.strerror}): correct model.file."
    )
