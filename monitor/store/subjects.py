"""What there is to name: a model's versions, attributes, groups and features, and channels."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy import Connection, select

from monitor.errors import NotFound
from monitor.measures.layout import PSEUDO_COLUMNS
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import model_id

MOST_NAMED = 20  # of more only those nearest to what was asked are told


def check_subject(
    store: Store,
    model: str,
    *,
    version: int | None = None,
    attribute: str | None = None,
    feature: str | None = None,
) -> None:
    """NotFound, with those there are, for what no batch of this model can have a value for.

    A model whose columns are not known yet has nothing that could be missed.
    """
    with store.read() as connection:
        owner = model_id(connection, model)
        v = t.versions.c
        specs = {
            row.number: row.spec
            for row in connection.execute(
                select(v.number, v.spec).where(v.model_id == owner).order_by(v.number)
            )
        }
        attributes = [name for spec in specs.values() for name in spec.get("sensitive", {})]
        attributes += [*_each(specs.values(), "segments"), *_seen(connection, owner, "attribute")]
        features = [*_each(specs.values(), "features"), *_seen(connection, owner, "feature")]
    _check(f"version of {model}", None if version is None else str(version), map(str, specs))
    _check(f"attribute of {model}", attribute, [*attributes, "class"])
    if features:
        _check(f"feature of {model}", feature, [*features, *PSEUDO_COLUMNS])


def _seen(connection: Connection, owner: int, kind: str) -> list[str]:
    """Those that something was measured of."""
    column = t.series.c[kind]
    mine = select(column).distinct().join(t.versions, t.versions.c.id == t.series.c.version_id)
    return [name for name in connection.scalars(mine.where(t.versions.c.model_id == owner)) if name]


def _each(specs: Iterable[dict[str, dict[str, list[str]]]], kind: str) -> list[str]:
    return [name for spec in specs for name in spec["columns"].get(kind, ())]


def _check(kind: str, name: str | None, there_are: Iterable[str]) -> None:
    present = tuple(dict.fromkeys(there_are))
    if name and name not in present:
        few = len(present) <= MOST_NAMED
        raise NotFound(kind, name, present if few else tuple(get_close_matches(name, present)))


def groups_seen(connection: Connection, model: str) -> dict[str, set[str]]:
    """Each attribute's groups, those of every version, of which something was measured."""
    s = t.series.c
    query = (
        select(s.attribute, s.group).distinct().join(t.versions, t.versions.c.id == s.version_id)
    )
    mine = query.where(t.versions.c.model_id == model_id(connection, model), s.group != "")
    found: dict[str, set[str]] = {}
    for attribute, group in connection.execute(mine):
        found.setdefault(attribute, set()).add(group)
    return found


def channel_names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(t.channels.c.name).order_by(t.channels.c.name)))


def model_names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(t.models.c.name).order_by(t.models.c.name)))
