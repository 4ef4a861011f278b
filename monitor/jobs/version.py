"""A version as the jobs see it: spec, contract, layout and facts, read back from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.measures.layout import Layout
from monitor.models.contract import Contract
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_from_json
from monitor.store import rows
from monitor.store.engine import Connection
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
    return _version(connection, rows.version(connection, version_id))


def champion_of(connection: Connection, model: str) -> Version:
    """The version whose numbers the pages show."""
    return _version(connection, champion(connection, model))


def active_versions(connection: Connection, model_id: int) -> list[Version]:
    """Champion and challengers: all of them score every batch."""
    active = rows.active_versions(connection, model_id)
    return [_version(connection, row) for row in active]


def _version(connection: Connection, row: Any) -> Version:
    return Version(
        row.id,
        row.model_id,
        rows.model_name(connection, row.model_id),
        row.number,
        Stage(row.stage),
        spec_from_json(row.spec),
        None if row.contract is None else Contract.from_json(row.contract),
        None if row.layout is None else Layout.from_json(row.layout),
        row.facts,
    )
