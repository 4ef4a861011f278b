"""The contract of a version: made from its reference, and held against every file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api import types

from monitor.models.column import numbers
from monitor.models.findings import Finding, Report, report
from monitor.models.kinds import Kind, kind_of
from monitor.models.labels import encoded
from monitor.models.names import looks_like_id
from monitor.models.promises import MAX_CATEGORIES, Column, Contract
from monitor.models.seen import Seen, inspect
from monitor.models.spec import Spec
from monitor.terms import Role, Task

__all__ = [
    "Column",
    "Contract",
    "Finding",
    "Report",
    "Seen",
    "build_contract",
    "check",
    "inspect",
    "report",
]


def check(
    contract: Contract, spec: Spec, frame: pd.DataFrame, *, role: Role = Role.RECORDS
) -> Report:
    """What is wrong with these rows; for a long file sum ``inspect`` of its parts, then
    ``report``."""
    return report(contract, spec, inspect(contract, spec, frame, role=role), role=role)


def build_contract(spec: Spec, frame: pd.DataFrame) -> Contract:
    """What the reference, or failing one the first batch, shows of every column."""
    roles = roles_of(spec)
    columns: dict[str, Column] = {}
    reasons: dict[str, str] = {}
    for name, its_roles in roles.items():
        values = frame[name] if name in frame.columns else pd.Series(dtype=object)
        columns[name], reason = _column(name, its_roles, values, spec=spec)
        if reason:
            reasons[name] = reason
    for name in frame.columns.difference(list(roles), sort=False):
        reasons[str(name)] = "it has no role in the spec"
    return Contract(columns, reasons)


def roles_of(spec: Spec) -> dict[str, tuple[str, ...]]:
    """Column → its roles, features first."""
    columns = spec.columns
    pairs = [
        *((name, "feature") for name in columns.features),
        *((one.name, "sensitive") for one in spec.sensitive),
        *((name, "segment") for name in columns.segments),
        *((name, "score") for name in columns.score.values()),
    ]
    for role in ("id", "timestamp", "target", "prediction", "weight"):
        name = getattr(columns, role)
        pairs += [(name, role)] if name is not None else []
    roles: dict[str, tuple[str, ...]] = {}
    for name, role in pairs:
        roles[name] = (*roles.get(name, ()), role)
    return roles


def _column(
    name: str, roles: tuple[str, ...], values: pd.Series, *, spec: Spec
) -> tuple[Column, str]:
    """The column, and why it is not monitored (empty where it is)."""
    kind, reason = kind_of(values)
    if {"id", "timestamp"} & set(roles):
        reason = f"it is the row's {'id' if 'id' in roles else 'timestamp'}"
    elif kind is Kind.NUMERIC and "feature" in roles and looks_like_id(name, values):
        kind, reason = Kind.OTHER, "every value is another whole number: an identifier"
    elif kind is Kind.TIMESTAMP:
        reason = "its values are dates, and only the spec's timestamp means something"
    wanted = _kind_by_role(roles, spec) or kind
    column = Column(
        name,
        wanted,
        roles,
        dtype=_dtype(values),
        nullable=bool(values.isna().any()),
        required=_required(roles, spec),
    )
    told = reason if {"feature", "id", "timestamp"} & set(roles) else ""
    return _bounded(column, values, spec), told


def _kind_by_role(roles: tuple[str, ...], spec: Spec) -> Kind | None:
    if "id" in roles:
        return Kind.OTHER
    if "timestamp" in roles:
        return Kind.TIMESTAMP
    if {"score", "weight"} & set(roles):
        return Kind.NUMERIC
    if {"target", "prediction"} & set(roles):
        return Kind.NUMERIC if spec.task is Task.REGRESSION else Kind.CATEGORICAL
    return None


def _required(roles: tuple[str, ...], spec: Spec) -> bool:
    """Scores and predictions stand in for each other, which ``findings`` looks at."""
    needed = {"sensitive", "weight"} | (set() if spec.runner.kind == "columns" else {"feature"})
    return bool(needed & set(roles))


def _dtype(values: pd.Series) -> str:
    """The dtype's name; bool or str for objects that all are; for a pandas categorical that of its
    categories, in brackets."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return f"category[{values.cat.categories.dtype}]"
    if types.is_bool_dtype(values):
        return "bool"
    if values.dtype.kind == "O":
        inferred = types.infer_dtype(values, skipna=True)
        return {"boolean": "bool", "string": "str"}.get(inferred, str(values.dtype))
    return str(values.dtype)


def _bounded(column: Column, values: pd.Series, spec: Spec) -> Column:
    """With its range or its categories."""
    if "score" in column.roles:
        return replace(column, low=0.0, high=1.0)
    if {"target", "prediction"} & set(column.roles) and spec.task is not Task.REGRESSION:
        return replace(column, categories=spec.classes)
    if column.kind is Kind.NUMERIC:
        known = numbers(values)
        known = known[np.isfinite(known)]
        if len(known):
            return replace(column, low=float(known.min()), high=float(known.max()))
    if column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN):
        return replace(column, categories=_categories(values))
    return column


def _categories(values: pd.Series) -> tuple[str, ...]:
    """Most frequent first; for a pandas categorical in its own order; none if there are too
    many."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        names = encoded(pd.Series(values.cat.categories))[1]
    else:
        codes, names = encoded(values)
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        names = [names[place] for place in np.argsort(-counts, kind="stable")]
    return tuple(names) if len(names) <= MAX_CATEGORIES else ()
