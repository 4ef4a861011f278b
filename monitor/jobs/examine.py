"""Holding a file against the contract: read once, compared with what came before, not kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from monitor.jobs import periods
from monitor.jobs.evaluate import LAYOUT_ROWS
from monitor.jobs.partitions import CHUNK_ROWS
from monitor.jobs.periods import Period
from monitor.jobs.reading import TableFile, open_table, safe_name
from monitor.jobs.sameness import Digests, Fingerprints, received_before
from monitor.jobs.version import Version, champion_of
from monitor.models.contract import Contract, Report, build_contract, inspect, report
from monitor.models.derive import complete
from monitor.models.spec import Spec
from monitor.store.engine import Connection, Store
from monitor.store.files import sha256_of
from monitor.terms import Role


@dataclass(frozen=True, slots=True)
class Examination:
    """What a file looks like beside the contract; ``repeated`` names the batches it already is,
    and ``known`` those that some of its periods are."""

    report: Report
    rows: int
    columns: tuple[str, ...]
    periods: dict[Period, int]
    repeated: tuple[str, ...]
    sha256: str
    spec: Spec
    contract: Contract
    digests: Digests
    known: dict[Period | None, str]


def examine(
    store: Store, model: str, path: Path, *, name: str, role: Role = Role.RECORDS
) -> Examination:
    """Reads the whole file once and holds it against the champion's contract.

    BatchError when it cannot be read; what breaks the contract is in the report.
    """
    with store.read() as connection:
        version = champion_of(connection, model)
    table = open_table(path, name=safe_name(name))
    spec, contract = promises(version, table)
    seen = _survey(table, spec, contract, role, sha256=sha256_of(path))
    with store.read() as connection:
        return compared(connection, version, seen, role)


def compared(
    connection: Connection, version: Version, seen: Examination, role: Role
) -> Examination:
    """With the batches that these rows already are."""
    repeated, known = received_before(
        connection, version.model_id, sha256=seen.sha256, digests=seen.digests, role=role
    )
    return replace(seen, repeated=repeated, known=known)


def promises(version: Version, table: TableFile) -> tuple[Spec, Contract]:
    """The contract; without a reference, the one that this file would make."""
    if version.contract is not None:
        return version.spec, version.contract
    frame = head(table)
    spec = complete(version.spec, frame)
    return spec, build_contract(spec, frame)


def head(table: TableFile) -> pd.DataFrame:
    """The first million rows."""
    frames = list(islice(table.frames(CHUNK_ROWS), LAYOUT_ROWS // CHUNK_ROWS))
    if not frames:
        return pd.DataFrame(columns=list(table.columns))
    return pd.concat(frames, ignore_index=True)


def _survey(
    table: TableFile, spec: Spec, contract: Contract, role: Role, *, sha256: str
) -> Examination:
    empty = pd.DataFrame(columns=list(table.columns))
    seen = inspect(contract, spec, empty, role=role)
    prints = Fingerprints(contract, role=role)
    timestamp = _timestamp(spec, table, role)
    for frame in table.frames(CHUNK_ROWS):
        seen = seen + inspect(contract, spec, frame, role=role)
        starts = None
        if timestamp:
            starts = periods.split(frame, timestamp=timestamp, cadence=spec.cadence)
        prints.add(frame, starts, spec.cadence)
    return Examination(
        report(contract, spec, seen, role=role),
        seen.rows,
        tuple(table.columns),
        prints.periods,
        (),
        sha256,
        spec,
        contract,
        prints.digests(),
        {},
    )


def _timestamp(spec: Spec, table: TableFile, role: Role) -> str | None:
    name = spec.columns.timestamp
    return name if role is Role.RECORDS and name in table.columns else None
