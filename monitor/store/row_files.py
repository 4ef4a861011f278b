"""Every place that names a file with rows of persons, and changing what it names."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from monitor.errors import RowsDeleted
from monitor.store import tables as t
from monitor.store.reports import FACT as REPORT
from monitor.terms import Role

REFERENCE_FILES = ("reference_sha256", "reference_predictions_sha256")
FIRST_REFERENCE = "reference_was"  # the hash of the hash of the file a version was registered with
WHY = "rows_deleted"  # in a batch's notes


class Place(StrEnum):
    """What a row of the database calls a file; ``of`` such a row is a batch, run or version."""

    ROWS = "rows"
    LATE_LABELS = "labels joined to it"
    PREDICTIONS = "predictions"
    REFERENCE = "reference"
    REFERENCE_PREDICTIONS = "predictions of the reference"


@dataclass(frozen=True, slots=True)
class Named:
    """A file, and the row that names it; ``ids`` are the columns that row ids may stand in, none
    where rows were only numbered."""

    place: Place
    of: int
    sha256: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """Files that hold the same rows in the same order; ``batch`` is None for the reference of a
    ``version``."""

    title: str
    files: tuple[Named, ...]
    batch: int | None = None
    version: int | None = None


def used_files(connection: Connection) -> set[str]:
    """Hashes of the files that some row is read by: without what old facts only mention."""
    b, r, v = t.batches.c, t.runs.c, t.versions.c
    columns = [b.file_sha256, b.labels_sha256, r.predictions_sha256]
    columns += [r.facts[(REPORT, "sha256")].as_string()]
    columns += [v.facts[name].as_string() for name in ("sha256", *REFERENCE_FILES)]
    return {name for one in columns for name in connection.scalars(select(one)) if name}


def holdings(connection: Connection, model_id: int) -> list[Holding]:
    """All that holds rows of a model: references, batches, label files."""
    mine = select(t.versions).where(t.versions.c.model_id == model_id)
    versions = connection.execute(mine.order_by(t.versions.c.number)).all()
    ids = id_columns(versions)
    found = [one for version in versions for one in _of_reference(version, ids)]
    numbered = {version.id for version in versions if not version.spec["columns"].get("id")}
    kept = (t.batches.c.model_id == model_id, t.batches.c.rows_deleted_at.is_(None))
    for batch in connection.execute(select(t.batches).where(*kept).order_by(t.batches.c.id)).all():
        found += _of_batch(connection, batch, ids, numbered)
    return found


def id_columns(versions: Any) -> tuple[str, ...]:
    """What the versions call the column of row ids; none where none of them has one."""
    named = (version.spec["columns"].get("id") for version in versions)
    return tuple(dict.fromkeys(name for name in named if name))


def _of_reference(version: Any, ids: tuple[str, ...]) -> Iterator[Holding]:
    places = zip((Place.REFERENCE, Place.REFERENCE_PREDICTIONS), REFERENCE_FILES, strict=True)
    files = [
        Named(place, version.id, version.facts[name], ids)
        for place, name in places
        if version.facts.get(name)
    ]
    if files and files[0].place is Place.REFERENCE:
        title = f"the reference of version {version.number}"
        yield Holding(title, tuple(files), version=version.id)


def _of_batch(
    connection: Connection, batch: Any, ids: tuple[str, ...], numbered: Collection[int]
) -> Iterator[Holding]:
    """``numbered`` are versions without an id column."""
    runs = connection.execute(select(t.runs).where(t.runs.c.batch_id == batch.id)).all()
    predictions = [
        Named(
            Place.PREDICTIONS,
            run.id,
            run.predictions_sha256,
            () if run.version_id in numbered else ("id",),
        )
        for run in runs
        if run.predictions_sha256
    ]
    rows = Named(Place.ROWS, batch.id, batch.file_sha256, ids)
    what = "label file" if batch.role == Role.LABELS else "batch"
    yield Holding(f"{what} {batch.name}", (rows, *predictions), batch=batch.id)
    if batch.labels_sha256:
        labels = Named(Place.LATE_LABELS, batch.id, batch.labels_sha256, ("id",))
        yield Holding(f"labels joined to {batch.name}", (labels,), batch=batch.id)


def is_whole(connection: Connection, holding: Holding) -> bool:
    """Whether a batch has no other predictions than those that hold its rows: it may have been
    scored meanwhile."""
    if holding.files[0].place is not Place.ROWS:
        return True
    scored = select(t.runs.c.predictions_sha256).where(t.runs.c.batch_id == holding.batch)
    now = set(connection.scalars(scored)) - {None}
    return now == {named.sha256 for named in holding.files[1:]}


def rename(connection: Connection, named: Named, after: str | None) -> bool:
    """Lets the row name another file, or none; False where it names another already."""
    if named.place in (Place.REFERENCE, Place.REFERENCE_PREDICTIONS):
        return _rename_fact(connection, named, after)
    column = {
        Place.ROWS: t.batches.c.file_sha256,
        Place.LATE_LABELS: t.batches.c.labels_sha256,
        Place.PREDICTIONS: t.runs.c.predictions_sha256,
    }[named.place]
    mine = (column.table.c.id == named.of, column == named.sha256)
    changed = update(column.table).where(*mine).values({column.name: after})
    return connection.execute(changed).rowcount == 1


def _rename_fact(connection: Connection, named: Named, after: str | None) -> bool:
    v, r = t.versions.c, t.runs.c
    key = REFERENCE_FILES[named.place is Place.REFERENCE_PREDICTIONS]
    facts = connection.scalar(select(v.facts).where(v.id == named.of))
    if facts is None or facts.get(key) != named.sha256:
        return False
    values = {"facts": _instead(facts, key, after)}
    connection.execute(update(t.versions).where(v.id == named.of).values(values))
    # What a run was once compared with is told by that hash of a hash, too.
    for run in connection.execute(select(r.id, r.facts).where(r.version_id == named.of)).all():
        if run.facts.get(key) == named.sha256:
            values = {"facts": _instead(run.facts, key, None)}
            connection.execute(update(t.runs).where(r.id == run.id).values(values))
    return True


def _instead(facts: Mapping[str, Any], key: str, after: str | None) -> dict[str, Any]:
    changed = {name: value for name, value in facts.items() if name != key}
    if key == REFERENCE_FILES[0]:
        changed.setdefault(FIRST_REFERENCE, told_apart(facts[key]))
    return changed if after is None else {**changed, key: after}


def told_apart(sha256: str) -> str:
    """By which a file is known again whose hash is to be named no more."""
    return hashlib.sha256(sha256.encode()).hexdigest()


def drop_reports(connection: Connection, *, batch: int | None, version: int | None) -> set[str]:
    """Forgets the pages about a batch, and those that show it, or another reference of a version,
    beside others; their hashes."""
    r, v = t.runs.c, t.versions.c
    compared = select(v.id).where(v.facts["reference_batch"].as_integer() == batch)
    about = or_(r.batch_id == batch, r.version_id == version, r.version_id.in_(compared))
    dropped = set[str]()
    for run in connection.execute(select(r.id, r.facts).where(about)).all():
        if REPORT in run.facts:
            dropped.add(run.facts[REPORT]["sha256"])
            facts = {name: value for name, value in run.facts.items() if name != REPORT}
            connection.execute(update(t.runs).where(r.id == run.id).values(facts=facts))
    return dropped


def delete_rows(connection: Connection, batch: Any, *, why: str, now: datetime) -> set[str]:
    """The batch names no file from now on, and says why; the hashes it named.

    ``why`` goes on after "because".
    """
    r, b = t.runs.c, t.batches.c
    mine = r.batch_id == batch.id
    dropped = {batch.file_sha256, batch.labels_sha256}
    dropped |= set(connection.scalars(select(r.predictions_sha256).where(mine)))
    dropped |= drop_reports(connection, batch=batch.id, version=None)
    connection.execute(update(t.runs).where(mine).values(predictions_sha256=None))
    values = {
        "file_sha256": "",
        "labels_sha256": None,
        "rows_deleted_at": now,
        "notes": {**batch.notes, WHY: why},
    }
    connection.execute(update(t.batches).where(b.id == batch.id).values(values))
    return {name for name in dropped if name}


def check_there(batch: Any) -> None:
    """RowsDeleted where the rows of this row of the table of batches are kept no longer."""
    if batch.rows_deleted_at is not None:
        raise RowsDeleted(batch.name, batch.rows_deleted_at, batch.notes.get(WHY, ""))


def hold_files(connection: Connection) -> None:
    """Until the transaction ends nobody begins to use a file that was there before: whoever does
    holds a model, and looks whether the file is still there."""
    every = select(t.models.c.id).order_by(t.models.c.id)
    connection.execute(every.with_for_update(key_share=True)).all()


def replace_errors(connection: Connection, model_id: int, pattern: Any, instead: str) -> None:
    """Writes another text in place of the errors of the model's jobs that the pattern is found
    in."""
    j = t.jobs.c
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is replaced becomes zeros
    said = select(j.id, j.error).where(j.model_id == model_id, func.length(j.error) > 0)
    for row in connection.execute(said).all():
        if pattern.search(row.error):
            connection.execute(update(t.jobs).where(j.id == row.id).values(error=instead))
