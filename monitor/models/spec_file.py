"""Reading and writing a model's spec: TOML for people, the same tables as JSON for the database."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.errors import SpecError
from monitor.models import toml
from monitor.models.drift_methods import parse_drift
from monitor.models.labels import bin_names, label
from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.models.spec_rules import check_spec
from monitor.models.spec_tables import tables_of
from monitor.models.spec_values import (
    choice,
    known_keys,
    number,
    optional_text,
    table,
    text,
    texts,
    whole,
)
from monitor.terms import Cadence, Task

RUNNERS = ("columns", "process", "inproc")
TABLES = ("columns", "outcome", "sensitive", "reference", "labels", "model", "drift")
KEYS = {
    "": ("name", "task", "owner", "cadence", *TABLES),
    "columns": (
        *("id", "timestamp", "target", "prediction", "score", "weight"),
        *("features", "segments"),
    ),
    "outcome": ("positive", "favourable", "threshold"),
    "reference": ("file",),
    "labels": ("wait_days",),
    "model": ("runner", "file", "python", "url"),
}
NAME = re.compile(r"\w[\w .-]{0,99}")


def read_spec(path: str | os.PathLike[str]) -> Spec:
    """The spec in a TOML file; relative paths in it start at its folder and must exist."""
    place = Path(path)
    try:
        raw = tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SpecError(f"{place} cannot be read ({error.strerror}): name a spec file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{place} is not valid TOML ({error}): mend that place.") from error
    spec = parse_spec(raw, folder=place.parent)
    for what, file in (("reference", spec.reference_file), ("model", spec.runner.file)):
        if file is not None and not Path(file).exists():
            raise SpecError(f"The {what} file {file} does not exist: correct {what}.file.")
    return spec


def parse_spec(raw: Mapping[str, Any], *, folder: str | os.PathLike[str]) -> Spec:
    """The spec in these tables; SpecError with one sentence for the first thing wrong."""
    tables = {key: table(raw, key) for key in TABLES}
    known_keys(raw, KEYS[""], where="")
    for key in ("columns", "outcome", "reference", "labels", "model"):
        known_keys(tables[key], KEYS[key], where=key)
    task = Task(choice(raw, "task", tuple(Task)))
    reference = optional_text(tables["reference"], "file", where="reference")
    spec = Spec(
        name=_name(raw),
        task=task,
        columns=_columns(tables["columns"], task=task),
        outcome=_outcome(tables["outcome"], task=task),
        sensitive=tuple(_sensitive(name, value) for name, value in tables["sensitive"].items()),
        reference_file=None if reference is None else _path(reference, folder),
        owner=optional_text(raw, "owner", where="") or "",
        cadence=Cadence(choice(raw, "cadence", tuple(Cadence), default=Cadence.WEEK)),
        wait_days=whole(tables["labels"], "wait_days", where="labels", default=0),
        runner=_runner(tables["model"], folder=folder),
        drift=parse_drift(tables["drift"]),
    )
    check_spec(spec)
    return spec


def spec_from_json(data: Mapping[str, Any]) -> Spec:
    """The spec that ``spec_to_json`` wrote."""
    tables = {key: value for key, value in data.items() if key != "classes"}
    return replace(parse_spec(tables, folder="/"), classes=tuple(data.get("classes", ())))


def spec_to_json(spec: Spec) -> dict[str, Any]:
    """The tables of the TOML file with paths made absolute, and the classes derived."""
    return {**tables_of(spec), "classes": list(spec.classes)}


def spec_to_toml(spec: Spec) -> str:
    """The spec as a file that ``read_spec`` reads; classes are derived again from the reference."""
    return toml.dumps(tables_of(spec))


def _name(raw: Mapping[str, Any]) -> str:
    name = text(raw, "name", where="").strip()
    if not NAME.fullmatch(name):
        raise SpecError(
            f"The name {name!r} cannot be used: take up to 100 letters, digits, spaces, "
            f"dots, dashes and underscores, beginning with a letter or digit."
        )
    return name


def _columns(raw: Mapping[str, Any], *, task: Task) -> Columns:
    single = ("id", "timestamp", "target", "prediction", "weight")
    named = {key: optional_text(raw, key, where="columns") for key in single}
    return Columns(
        **named,
        score=_score(raw.get("score"), task=task),
        features=texts(raw, "features", where="columns"),
        segments=texts(raw, "segments", where="columns"),
    )


def _score(value: Any, *, task: Task) -> dict[str, str]:
    """Class → column; a lone column has the key ``""`` and a list ``[0]``, ``[1]`` … until the
    classes are known (``derive.complete`` replaces them)."""
    if value is None:
        return {}
    if task is Task.REGRESSION:
        raise SpecError("columns.score is for classes: a regression has only columns.prediction.")
    if isinstance(value, str):
        return {"": value}
    if isinstance(value, list):
        value = {f"[{place}]": column for place, column in enumerate(value)}
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise SpecError(
            f"columns.score is {value!r}: name one column, a list in the order of the sorted "
            f"classes, or a table of class = column."
        )
    return {label(key) or "": column for key, column in value.items()}


def _outcome(raw: Mapping[str, Any], *, task: Task) -> Outcome:
    favourable = raw.get("favourable")
    is_range = isinstance(favourable, Mapping) or task is Task.REGRESSION
    return Outcome(
        positive=label(raw.get("positive")),
        favourable=() if is_range else _label_set(favourable),
        favourable_range=_range(favourable) if is_range and favourable is not None else None,
        threshold=number(raw, "threshold", where="outcome", default=0.5),
    )


def _label_set(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(name for name in map(label, values) if name is not None))


def _range(value: Any) -> tuple[float, float]:
    """``{min=, max=}`` with one side left out meaning without end, or two numbers."""
    if isinstance(value, Mapping):
        known_keys(value, ("min", "max"), where="outcome.favourable")
        sides = [value.get("min", -math.inf), value.get("max", math.inf)]
    else:
        sides = value if isinstance(value, list) else []
    if len(sides) != 2 or not all(_is_number(side) for side in sides) or not sides[0] < sides[1]:
        raise SpecError(
            f"outcome.favourable is {value!r}: for a number give {{min = …, max = …}} "
            f"(one may be left out) or two numbers, the smaller first."
        )
    return float(sides[0]), float(sides[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sensitive(name: str, raw: Any) -> Sensitive:
    if not isinstance(raw, Mapping):
        raise SpecError(f"sensitive.{name} is {raw!r}: write a table, [sensitive.{name}].")
    where = f"sensitive.{name}"
    known_keys(raw, ("reference", "bins"), where=where)
    bins = _bins(raw.get("bins", []), where=where)
    reference = label(raw.get("reference"))
    if bins and reference is not None and reference not in bin_names(bins):
        raise SpecError(
            f"{where}.reference is {reference!r}: with these bins the groups are "
            f"{', '.join(bin_names(bins))}."
        )
    return Sensitive(name=name, reference=reference, bins=bins)


def _bins(value: Any, *, where: str) -> tuple[float, ...]:
    edges = value if isinstance(value, list) else [value]
    rising = all(_is_number(edge) and math.isfinite(edge) for edge in edges) and all(
        low < high
        for low, high in zip(edges, edges[1:], strict=False)  # noqa: RUF007
    )
    if not rising:
        raise SpecError(f"{where}.bins is {value!r}: give rising numbers, such as [25, 45].")
    return tuple(float(edge) for edge in edges)


def _runner(raw: Mapping[str, Any], *, folder: str | os.PathLike[str]) -> Runner:
    file = optional_text(raw, "file", where="model")
    python = optional_text(raw, "python", where="model")
    kind = choice(raw, "runner", RUNNERS, default="process" if file else "columns")
    return Runner(
        kind=kind,
        file=None if file is None else _path(file, folder),
        python=python if python is None or os.sep not in python else _path(python, folder),
        url=optional_text(raw, "url", where="model"),
    )


def _path(path: str, folder: str | os.PathLike[str]) -> str:
    """Absolute, links kept: an environment's interpreter is a link that must not be followed."""
    return os.path.abspath(Path(folder) / Path(path).expanduser())
