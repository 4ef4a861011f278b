"""A version as the jobs see it: spec, contract, layout and facts, read back from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from monitor.errors import NotFound
from monitor.measures.layout import Layout
from monitor.models.contract import Contract
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_from_json
from monitor.store import tables as t
from monitor.store.frames import champion
from monitor.terms import Stage


@dataclass(frozen=True, slots=True)
class Version:
    """``contract`` and ``layout`` are None until a reference is known."""

    id: int
    model_id: int
    model: str
    number: int
    stage: Stage
    spec: Spec
    contract: Contract | None
    layout: Layout | None
    facts: Mapping[str, Any]


def version_of(connection: Connection, version_id: int) -> Version:
    """NotFound when it was deleted in the meantime."""
    row = connection.execute(select(t.versions).where(t.versions.c.id == version_id)).one_or_none()
    if row is None:
        raise NotFound("version", str(version_id))
    return _version(connection, row)


def champion_of(connection: Connection, model: str) -> Version:
    """The version whose numbers the pages show."""
    return _version(connection, champion(connection, model))


def active_versions(connection: Connection, model_id: int) -> list[Version]:
    """Champion and challengers: all of them score every batch."""
    rows = connection.execute(
        select(t.versions).where(
            t.versions.c.model_id == model_id, t.versions.c.stage != Stage.RETIRED
        )
    )
    return [_version(connection, row) for row in rows.all()]


def _version(connection: Connection, row: Any) -> Version:
    name = connection.scalar(select(t.models.c.name).where(t.models.c.id == row.model_id))
    return Version(
        row.id,
        row.model_id,
        str(name),
        row.number,
        Stage(row.stage),
        spec_from_json(row.spec),
        None if row.contract is None else Contract.from_json(row.contract),
        None if row.layout is None else Layout.from_json(row.layout),
        row.facts,
    )
