"""Taking files in: hashed, checked, split by period, stored, queued; nothing is scored here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.errors import ContractError
from monitor.jobs import periods
from monitor.jobs.examine import Examination, compared, examine
from monitor.jobs.periods import Period
from monitor.jobs.reading import open_table, partition, safe_name, to_parquet
from monitor.jobs.retention import check_kept
from monitor.jobs.version import Version, active_versions, champion_of
from monitor.models.contract import Report
from monitor.models.sensitive import cuts_said
from monitor.models.spec_file import spec_to_json
from monitor.store import queue, writes
from monitor.store.engine import Connection, Store
from monitor.terms import JobKind, Role, counted


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a file: its batches, oldest first, their jobs, and one sentence."""

    batches: tuple[str, ...]
    jobs: tuple[int, ...]
    rows: int
    repeated: bool
    report: Report
    sentence: str


@dataclass(frozen=True, slots=True)
class Part:
    """One period of a file, stored."""

    period: Period
    file_sha256: str
    rows_sha256: str
    rows: int
    size_bytes: int


def receive(
    store: Store,
    model: str,
    path: Path,
    *,
    name: str,
    source: str,
    batch_name: str | None = None,
    period: Period | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Makes a file's rows into batches and queues their scoring.

    A ``period`` given overrules the timestamps; without either the period is the present one.
    BatchError (ContractError) says what to do; a file received before changes nothing.
    """
    now = now or store.now()
    seen = examine(store, model, path, name=name)
    if seen.repeated:
        return again(seen)
    if seen.report.fatal:
        raise ContractError(seen.report.sentence)
    with store.files.scratch() as folder:
        parts = _store_parts(store, path, name, seen, period, now, folder)
    with store.write() as connection:
        receipt = record(
            connection, model, parts, seen,
            name=safe_name(name), batch_name=batch_name, source=source, now=now,
        )  # fmt: skip
        check_kept(store, *(part.file_sha256 for part in parts))
        return receipt


def again(seen: Examination) -> Receipt:
    sentence = f"These rows were received before, as {_listed(seen.repeated)}; nothing was added."
    return Receipt(seen.repeated, (), seen.rows, True, seen.report, sentence)


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _store_parts(
    store: Store,
    path: Path,
    name: str,
    seen: Examination,
    period: Period | None,
    now: datetime,
    folder: Path,
) -> list[Part]:
    table = open_table(path, name=safe_name(name))
    if period is None and seen.periods:
        timestamp = str(seen.spec.columns.timestamp)
        split = partition(table, timestamp=timestamp, cadence=seen.spec.cadence, folder=folder)
        new = [one for one in split if one[0] not in seen.known]
        return [part_of(store, *one, seen.digests[one[0]]) for one in new]
    whole, when = folder / "whole.parquet", period or periods.period_of(now, seen.spec.cadence)
    to_parquet(table, whole)
    return [part_of(store, when, whole, seen.rows, seen.digests[None])]


def part_of(store: Store, period: Period, path: Path, rows: int, rows_sha256: str) -> Part:
    return Part(period, store.files.keep(path), rows_sha256, rows, path.stat().st_size)


def record(
    connection: Connection,
    model: str,
    parts: list[Part],
    seen: Examination,
    *,
    name: str,
    batch_name: str | None,
    source: str,
    now: datetime,
) -> Receipt:
    version = champion_of(connection, model)
    writes.hold_model(connection, version.model_id)
    seen = compared(connection, version, seen, Role.RECORDS)
    if seen.repeated:
        return again(seen)
    known = {seen.digests[period] for period in seen.known}
    parts = [part for part in parts if part.rows_sha256 not in known]
    first = ""
    if version.contract is None:
        first = " They are the reference from now on."
        first += "".join(f" {said}." for _, said in cuts_said(version.spec, seen.spec))
        promised = {"spec": spec_to_json(seen.spec), "contract": seen.contract.to_json()}
        writes.describe_version(connection, version.id, promised)
    versions = active_versions(connection, version.model_id)
    names, jobs = [], []
    for part in parts:
        several = part.rows < seen.rows
        label = _batch_name(batch_name, name, part.period, seen, several=several)
        label = writes.free_name(connection, version.model_id, label)
        batch_id = writes.add_batch(
            connection, batch_row(version, part, seen, label, name, source, now)
        )
        names.append(label)
        jobs += [_enqueue(connection, one, batch_id, part.period, now) for one in versions]
    size = sum(part.rows for part in parts)
    said = _said(names, size) + first + _left_out(seen, seen.rows - size)
    return Receipt(tuple(names), tuple(jobs), size, False, seen.report, said)


def batch_row(
    version: Version,
    part: Part,
    seen: Examination,
    label: str,
    file_name: str,
    source: str,
    now: datetime,
) -> dict[str, Any]:
    return {
        "model_id": version.model_id,
        "name": label,
        "role": Role.RECORDS,
        "sha256": seen.sha256,
        "file_sha256": part.file_sha256,
        "rows_sha256": part.rows_sha256,
        "file_name": file_name,
        "source": source,
        "starts_at": part.period.starts_at,
        "ends_at": part.period.ends_at,
        "rows": part.rows,
        "size_bytes": part.size_bytes,
        "notes": _notes(seen.report),
        "received_at": now,
    }


def _notes(found: Report) -> dict[str, Any]:
    return {"findings": [finding.sentence for finding in found.findings][:1000]}


def _batch_name(
    given: str | None, file_name: str, period: Period, seen: Examination, *, several: bool
) -> str:
    if not several:
        return given or Path(file_name).name.split(".")[0] or "batch"
    label = periods.label(period, seen.spec.cadence)
    return f"{given} {label}" if given else label


def _enqueue(
    connection: Connection, version: Version, batch_id: int, period: Period, now: datetime
) -> int:
    added = queue.enqueue(
        connection,
        kind=JobKind.SCORE,
        key=f"score:{version.id}:{batch_id}",
        model_id=version.model_id,
        version_id=version.id,
        batch_id=batch_id,
        order_at=period.starts_at,
        now=now,
    )
    assert added is not None, "a new batch has no job yet"
    return added


def _said(names: list[str], rows: int) -> str:
    if len(names) == 1:
        return f"Received {rows:,} rows as batch {names[0]}; scoring is queued."
    return (
        f"Received {rows:,} rows as {len(names)} batches, {names[0]} to {names[-1]}; "
        "scoring is queued."
    )


def _left_out(seen: Examination, rows: int) -> str:
    if not rows:
        return ""
    names = _listed(tuple(seen.known.values()))
    return f" Left out: {counted(rows, 'row')} that came before, as {names}."
