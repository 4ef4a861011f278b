"""Taking in rows that stay where they lie: each file is checked by the engine, none is copied."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from monitor.errors import BatchError, ContractError
from monitor.jobs import periods
from monitor.jobs.datasets import Listed, save
from monitor.jobs.engine import spread
from monitor.jobs.examine import Examination, promises
from monitor.jobs.intake import Part, Receipt, record
from monitor.jobs.partitions import CHUNK_ROWS, Partition, opened
from monitor.jobs.periods import Period
from monitor.jobs.refusing import safe_name
from monitor.jobs.retention import check_kept
from monitor.jobs.sameness import Fingerprints
from monitor.jobs.version import champion_of
from monitor.models.contract import Contract, Seen, inspect, report
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_from_json, spec_to_json
from monitor.store import places
from monitor.store.engine import Store
from monitor.terms import Role


@dataclass(frozen=True, slots=True)
class Look:
    """What a worker needs to hold one file against the contract; both promises as JSON."""

    entry: places.Entry
    spec: str
    contract: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one file holds; ``error`` says why it cannot be read.  Row ids are not kept: duplicates
    are counted when the rows are scored."""

    seen: Seen
    periods: Mapping[Period, int]
    digest: str
    error: str = ""


def receive_dataset(
    store: Store,
    model: str,
    uri: str,
    *,
    source: str,
    batch_name: str | None = None,
    period: Period | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Makes the files of a folder or ``s3://`` prefix into batches, and queues their scoring.

    The files stay where they are and must stay as they are.  Without a ``period`` the timestamps of
    each file must lie in one period, and the files of a period become one batch.  BatchError says
    what to do; data received before changes nothing.
    """
    now = now or datetime.now(UTC)
    entries = places.listed(uri)
    if not entries:
        raise BatchError(f"{places.shown(uri)} holds no files: name the folder that has the data.")
    with store.read() as connection:
        version = champion_of(connection, model)
    with opened(Partition(entries[0].uri, None, 0, None)) as table:
        spec, contract = promises(version, table)
    found = _looked(store, entries, spec, contract)
    batches = _by_period(entries, found, period, spec, now)
    seen = _examined(found, batches, spec, contract)
    if seen.report.fatal:
        raise ContractError(seen.report.sentence)
    with store.files.scratch() as folder:
        parts = [
            _stored(store, when, files, str(seen.digests[when]), folder)
            for when, files in batches.items()
        ]
    name = safe_name(places.shown(uri))
    with store.write() as connection:
        receipt = record(
            connection, model, parts, seen,
            name=name, batch_name=batch_name, source=source, now=now,
        )  # fmt: skip
        check_kept(store, *(part.file_sha256 for part in parts))
        return receipt


def look(asked: Look) -> Found:
    """Reads one file through, wherever this runs."""
    spec, contract = spec_from_json(json.loads(asked.spec)), _contract(asked.contract)
    seen, prints = Seen(), Fingerprints(contract, role=Role.RECORDS)
    timestamp = spec.columns.timestamp
    try:
        with opened(Partition(asked.entry.uri, None, 0, None)) as table:
            for frame in table.frames(CHUNK_ROWS):
                one = inspect(contract, spec, frame, role=Role.RECORDS)
                seen = seen + replace(one, ids=np.empty(0, dtype=np.uint64))
                starts = None
                if timestamp in table.columns:
                    starts = periods.split(frame, timestamp=str(timestamp), cadence=spec.cadence)
                prints.add(frame, starts, spec.cadence)
    except BatchError as error:
        return Found(Seen(), {}, "", str(error))
    return Found(seen, prints.periods, prints.digests()[None])


def _contract(told: str) -> Contract:
    return Contract.from_json(json.loads(told))


def _looked(
    store: Store, entries: Sequence[places.Entry], spec: Spec, contract: Contract
) -> list[Found]:
    promised = json.dumps(spec_to_json(spec)), json.dumps(contract.to_json())
    with spread(look, [Look(entry, *promised) for entry in entries], store.settings) as answers:
        found = list(answers)
    wrong = [one.error for one in found if one.error]
    if wrong:
        more = f" {len(wrong) - 1} more files cannot be read." if len(wrong) > 1 else ""
        raise BatchError(wrong[0] + more)
    return found


def _by_period(
    entries: Sequence[places.Entry],
    found: Sequence[Found],
    period: Period | None,
    spec: Spec,
    now: datetime,
) -> dict[Period, list[tuple[Listed, Found]]]:
    batches: dict[Period, list[tuple[Listed, Found]]] = defaultdict(list)
    for entry, one in zip(entries, found, strict=True):
        if one.seen.rows:
            file = Listed(entry.uri, entry.size_bytes, entry.changed, one.seen.rows)
            batches[period or _period(entry, one, spec, now)].append((file, one))
    if not batches:
        raise BatchError("The files hold no rows: there is nothing to score.")
    return dict(sorted(batches.items()))


def _period(entry: places.Entry, found: Found, spec: Spec, now: datetime) -> Period:
    if len(found.periods) > 1:
        raise BatchError(
            f"{places.shown(entry.uri)} holds rows of {len(found.periods)} periods, and files that "
            f"stay where they are cannot be split: write one file a {spec.cadence}, or name the "
            f"time of all of them with --period START/END."
        )
    return next(iter(found.periods), None) or periods.period_of(now, spec.cadence)


def _examined(
    found: Sequence[Found],
    batches: Mapping[Period, list[tuple[Listed, Found]]],
    spec: Spec,
    contract: Contract,
) -> Examination:
    seen = reduce(add, (one.seen for one in found))
    digests: dict[Period | None, str] = {
        when: _digest([one for _, one in files]) for when, files in batches.items()
    }
    whole = digests[None] = _digest(found)
    return Examination(
        report(contract, spec, seen, role=Role.RECORDS),
        seen.rows,
        seen.names,
        {when: sum(file.rows for file, _ in files) for when, files in batches.items()},
        (),
        whole,
        spec,
        contract,
        digests,
        {},
    )


def _digest(found: Sequence[Found]) -> str:
    """The same for the same files in any order, whatever they are called."""
    return hashlib.sha256("".join(sorted(one.digest for one in found)).encode()).hexdigest()


def _stored(
    store: Store,
    when: Period,
    files: Sequence[tuple[Listed, Found]],
    digest: str,
    folder: Path,
) -> Part:
    listed, path = [file for file, _ in files], folder / "files.parquet"
    save(listed, path)
    rows, size = sum(file.rows for file in listed), sum(file.size_bytes for file in listed)
    return Part(when, store.files.keep(path), digest, rows, size)
