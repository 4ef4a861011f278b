"""Deleting the rows of a person, by their ids, wherever Fairwatch keeps them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import Busy, NotFound, PassingFault, RowsDeleted, StoreError
from monitor.jobs.datasets import files_of
from monitor.jobs.retention import MEANWHILE, check_kept, discard
from monitor.jobs.row_ids import Bools, RowIds, found_in, has_ids, write_without
from monitor.jobs.sweeping import sweep
from monitor.store import places, reports, row_files, rows, writes
from monitor.store.engine import Connection, Store
from monitor.store.files import HASH_DIGITS
from monitor.store.frames import model_id
from monitor.store.row_files import Holding, Named, Place
from monitor.terms import counted

ROUNDS = 20  # batches may arrive, and be scored, while files are written anew
SAID = "What was said here named a row that was deleted."
ALL_DELETED = "all of them were deleted by their ids"


@dataclass(frozen=True, slots=True)
class Hit:
    """Rows found in files that hold the same rows."""

    title: str
    rows: int
    files: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was found, or deleted, and in ``elsewhere`` what Fairwatch cannot reach; ``leftovers``
    are files that no batch names any more."""

    hits: tuple[Hit, ...] = ()
    leftovers: int = 0
    elsewhere: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(hit.rows for hit in self.hits)

    @property
    def files(self) -> int:
        return sum(hit.files for hit in self.hits) + self.leftovers


@dataclass(frozen=True, slots=True)
class _Found:
    """A holding, and which of its rows are to go; ``files`` are those that have them."""

    holding: Holding
    gone: Bools

    @property
    def hit(self) -> Hit:
        return Hit(self.holding.title, int(self.gone.sum()), len(self.holding.files))


def look_for(store: Store, model: str, ids: Collection[str]) -> Forgotten:
    """What ``forget`` would delete; nothing is changed."""
    owner, columns, wanted = _asked(store, model, ids)
    found = tuple(one.hit for one in _search(store, owner, wanted))
    return Forgotten(found, len(_leftovers(store, columns, wanted)), _elsewhere(store, owner))


def forget(
    store: Store, model: str, ids: Collection[str], *, who: str, now: datetime | None = None
) -> Forgotten:
    """Deletes the rows with these ids from every file of the model; StoreError says what to do
    where that cannot be.

    The database names the files without them before those with them go, so that a process killed
    anywhere leaves every batch readable; forgetting again finishes its work.
    """
    now = now or store.now()
    owner, columns, wanted = _asked(store, model, ids)
    hits: list[Hit] = []
    for _ in range(ROUNDS):
        found = list(_search(store, owner, wanted))
        if not found:
            break
        hits += [one.hit for one in found if _delete(store, owner, one, who=who, now=now)]
    else:
        raise Busy("Batches change faster than their rows can be deleted: try again.")
    left = _leftovers(store, columns, wanted)
    discard(store, left)
    sweep(store, now=now)
    _clear_errors(store, owner, wanted)
    return Forgotten(tuple(hits), len(left), _elsewhere(store, owner))


def _asked(store: Store, model: str, ids: Collection[str]) -> tuple[int, tuple[str, ...], RowIds]:
    """Id of the model, the columns its row ids may stand in, and the ids."""
    wanted = RowIds.of(ids)
    if not wanted.texts:
        raise StoreError("No id was given: name at least one.")
    with store.read() as connection:
        owner = model_id(connection, model)
        columns = row_files.id_columns(rows.versions(connection, owner))
    if not columns:
        raise StoreError(
            f"{model} names no id column, so nobody's rows can be found: delete whole batches, or "
            f"keep rows for fewer days."
        )
    return owner, columns, wanted


def _search(store: Store, owner: int, ids: RowIds) -> Iterator[_Found]:
    with store.read() as connection:
        kept = row_files.holdings(connection, owner)
    for holding in kept:
        for one in _apart(store, holding):
            with suppress(NotFound):  # replaced meanwhile, which the next round sees
                first = one.files[0]
                gone = found_in(store.files.path(first.sha256), first.ids, ids)
                if gone is not None and gone.any():
                    yield _Found(one, gone)


def _apart(store: Store, holding: Holding) -> Iterator[Holding]:
    """Where a batch's rows are not ours, its predictions are, each with ids of its own."""
    if _listed_at(store, holding) is None:
        yield holding
        return
    for named in holding.files[1:]:
        title = f"predictions of {holding.title}"
        yield Holding(title, (named,), batch=holding.batch)


def _listed_at(store: Store, holding: Holding) -> str | None:
    """The folder that a batch's rows lie in, empty where its own file was removed; None where they
    lie in that."""
    first = holding.files[0]
    if first.place is not Place.ROWS:
        return None
    try:
        listed = files_of(store.files.path(first.sha256))
    except NotFound:
        return ""
    return None if listed is None else listed[0].uri.rpartition("/")[0]


def _delete(store: Store, owner: int, found: _Found, *, who: str, now: datetime) -> bool:
    """Writes the files without the rows, and lets the database name those; False where it names
    others by now."""
    holding, hit = found.holding, found.hit
    with store.files.scratch() as folder:
        without = [_written(store, named, found.gone, folder) for named in holding.files]
    try:
        with store.write() as connection:
            writes.hold_model(connection, owner)
            gone = _renamed(connection, holding, without, now=now)
            check_kept(store, *filter(None, without))
            deleted = f"{counted(hit.rows, 'row')} by id from {counted(hit.files, 'file')}"
            what = f"deleted {deleted}: {hit.title} of {rows.model_name(connection, owner)}"
            writes.audit(connection, who=who, what=what, now=now)
    except (PassingFault, RowsDeleted, NotFound):
        return False
    discard(store, gone)
    return True


def _written(store: Store, named: Named, gone: Bools, folder: Path) -> str | None:
    """The hash of the new file; None where no row would be left in it, or where there is no file to
    begin with."""
    if gone.all():
        return None
    target = folder / named.sha256
    try:
        write_without(store.files.path(named.sha256), gone, target)
    except NotFound:
        return None
    return store.files.keep(target)


def _renamed(
    connection: Connection, holding: Holding, without: Sequence[str | None], *, now: datetime
) -> set[str]:
    """The files that are named no more; PassingFault where one of them is not already."""
    if holding.files[0].place is Place.ROWS and without[0] is None:
        batch = rows.batch_with_rows(connection, holding.files[0].of)
        if batch.file_sha256 != holding.files[0].sha256:
            raise PassingFault(MEANWHILE)
        return row_files.delete_rows(connection, batch, why=ALL_DELETED, now=now)
    if not row_files.is_whole(connection, holding):
        raise PassingFault(MEANWHILE)
    for named, after in zip(holding.files, without, strict=True):
        if not row_files.rename(connection, named, after):
            raise PassingFault(MEANWHILE)
    dropped = row_files.drop_reports(connection, batch=holding.batch, version=holding.version)
    return dropped | {named.sha256 for named in holding.files}


def _leftovers(store: Store, columns: tuple[str, ...], ids: RowIds) -> set[str]:
    """Files that no row of the database uses and that hold rows with these ids: of a deleted batch,
    of older predictions, or of a process that was killed; and pages, in which no ids are looked
    for."""
    with store.read() as connection:
        used = row_files.used_files(connection)
    unused = [name for name in store.files.names() if name[:HASH_DIGITS] not in used]
    where = tuple({*columns, "id"})
    return {
        name[:HASH_DIGITS]
        for name in unused
        if name.endswith(reports.SUFFIX) or _holds(store, name, where, ids)
    }


def _holds(store: Store, name: str, columns: tuple[str, ...], ids: RowIds) -> bool:
    try:
        return has_ids(store.files.path(name), columns, ids)
    except (NotFound, FileNotFoundError):
        return False


def _clear_errors(store: Store, owner: int, ids: RowIds) -> None:
    """Replaces what jobs said when they failed, where an id stands in it."""
    named = "|".join(re.escape(text) for text in sorted(ids.texts, key=len, reverse=True))
    with store.write() as connection:
        writes.hold_model(connection, owner)
        pattern = re.compile(rf"(?<!\w)({named})(?!\w)")
        row_files.replace_errors(connection, owner, pattern, SAID)
    store.settle()  # whatever was replaced: this process may go on with what a killed one left


def _elsewhere(store: Store, owner: int) -> tuple[str, ...]:
    """Where batches lie whose files stay with their owners."""
    with store.read() as connection:
        kept = row_files.holdings(connection, owner)
    found = ((holding.title, _listed_at(store, holding)) for holding in kept)
    return tuple(f"{title}: {places.shown(place)}" for title, place in found if place)
