"""Rules as stored: the present ones, and every version there has been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.writes import audit

KEY = ("metric", "feature", "attribute", "group")  # what a model has one rule of
DEFINITION = (
    *KEY, "against", "low", "high", "critical_low", "critical_high", "severity", "conditions",
    "telling", "enabled",
)  # fmt: skip


def of_model(connection: Connection, model_id: int) -> list[Mapping[str, Any]]:
    """The model's rules, those switched off included, in the order they were made."""
    return [dict(row) for row in connection.execute(_RULES, {"model": model_id}).mappings()]


_RULES: Final = (
    select(t.rules).where(t.rules.c.model_id == bindparam("model")).order_by(t.rules.c.id)
)


def add(
    connection: Connection,
    model_id: int,
    rules: Sequence[Mapping[str, Any]],
    *,
    who: str,
    now: datetime,
    note: str = "",
) -> list[int]:
    """Adds the rules that the model does not have yet, each as version 1; returns their ids.

    Those it has stay as people left them.
    """
    have = {tuple(row[name] for name in KEY) for row in of_model(connection, model_id)}
    new = [rule for rule in rules if tuple(rule[name] for name in KEY) not in have]
    return [_add(connection, model_id, rule, who=who, now=now, note=note) for rule in new]


def _add(
    connection: Connection,
    model_id: int,
    rule: Mapping[str, Any],
    *,
    who: str,
    now: datetime,
    note: str,
) -> int:
    row = {**_definition(rule), "model_id": model_id, "version": 1}
    made = insert(t.rules).values(**row).returning(t.rules.c.id)
    added: int = connection.execute(made).scalar_one()
    _keep(connection, added, 1, rule, who=who, now=now, note=note)
    return added


def change(
    connection: Connection,
    rule_id: int,
    changes: Mapping[str, Any],
    *,
    who: str,
    now: datetime,
    note: str = "",
) -> int:
    """Makes the rule with these ``changes`` its next version; returns the version's number.

    The next batch is judged by it.  Nothing is written where nothing differs.
    """
    known = connection.execute(select(t.rules).where(t.rules.c.id == rule_id)).mappings()
    found = known.one_or_none()
    if found is None:
        raise NotFound("rule", str(rule_id))
    before = dict(found)
    rule = _definition({**before, **changes})
    if rule == _definition(before):
        return int(before["version"])
    version = int(before["version"]) + 1
    values = {**rule, "version": version}
    connection.execute(update(t.rules).where(t.rules.c.id == rule_id).values(**values))
    _keep(connection, rule_id, version, rule, who=who, now=now, note=note)
    said = f"rule {rule_id} ({rule['metric']}) version {version}: {_difference(before, rule)}"
    audit(connection, who=who, what=said, now=now)
    return version


def save(
    store: Store,
    rule_id: int,
    changes: Mapping[str, Any],
    *,
    who: str,
    now: datetime,
    note: str = "",
) -> int:
    """As ``change``, in a transaction of its own."""
    with store.write() as connection:
        return change(connection, rule_id, changes, who=who, now=now, note=note)


def versions(store: Store, rule_id: int) -> list[Mapping[str, Any]]:
    """Every version, newest first: version, definition, who, note, at."""
    v = t.rule_versions
    query = select(v).where(v.c.rule_id == rule_id).order_by(v.c.version.desc())
    with store.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _definition(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule[name] for name in DEFINITION}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    changed = (name for name in DEFINITION if before[name] != after[name])
    return ", ".join(f"{name} {after[name]} (was {before[name]})" for name in changed)


def _keep(
    connection: Connection,
    rule_id: int,
    version: int,
    rule: Mapping[str, Any],
    *,
    who: str,
    now: datetime,
    note: str,
) -> None:
    row = {"rule_id": rule_id, "version": version, "definition": _definition(rule)}
    connection.execute(insert(t.rule_versions).values(**row, who=who, note=note, at=now))
