"""What people change: models, versions, batches, channels; each audited."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from monitor.errors import NotFound, StoreError
from monitor.store import outbox, queue, sequences
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, Stage


def audit(connection: Connection, *, who: str, what: str, now: datetime) -> None:
    """Appends a line that carries the hash of the line before it."""
    newest = select(t.audit.c.hash).order_by(t.audit.c.id.desc()).limit(1)
    previous = connection.scalar(newest) or "0" * 64
    line = f"{previous}\n{now.isoformat()}\n{who}\n{what}"
    digest = hashlib.sha256(line.encode()).hexdigest()
    connection.execute(
        insert(t.audit).values(at=now, who=who, what=what, previous=previous, hash=digest)
    )


def hold_model(connection: Connection, model_id: int) -> None:
    """Lets nobody else conclude about this model until the transaction ends.

    SQLite has one writer anyway; on PostgreSQL two would each miss what the other adds.
    """
    mine = select(t.models.c.id).where(t.models.c.id == model_id)
    connection.execute(mine.with_for_update(key_share=True))


def add_model(connection: Connection, values: Mapping[str, Any], *, now: datetime) -> int:
    """The model's id; an existing one of that name takes over owner, cadence and label wait."""
    known = connection.scalar(select(t.models.c.id).where(t.models.c.name == values["name"]))
    if known is None:
        row = insert(t.models).values(**values, created_at=now).returning(t.models.c.id)
        added: int = connection.execute(row).scalar_one()
        return added
    task = connection.scalar(select(t.models.c.task).where(t.models.c.id == known))
    if task != values["task"]:
        raise StoreError(
            f"{values['name']} is a {task} model and the new version's task is "
            f"{values['task']}: give the new one a name of its own."
        )
    connection.execute(update(t.models).where(t.models.c.id == known).values(**values))
    found: int = known
    return found


def add_version(
    connection: Connection, model_id: int, values: Mapping[str, Any], *, stage: Stage, now: datetime
) -> int:
    """The new version's id; a new champion retires the old one in the same transaction."""
    mine = t.versions.c.model_id == model_id
    if stage is Stage.CHAMPION:
        connection.execute(
            update(t.versions)
            .where(mine, t.versions.c.stage == Stage.CHAMPION)
            .values(stage=Stage.RETIRED)
        )
    last = connection.scalar(select(func.max(t.versions.c.number)).where(mine)) or 0
    row = insert(t.versions).values(
        **values, model_id=model_id, number=last + 1, stage=stage, created_at=now
    )
    added: int = connection.execute(row.returning(t.versions.c.id)).scalar_one()
    return added


def describe_version(connection: Connection, version_id: int, values: Mapping[str, Any]) -> None:
    """Sets contract, layout, spec or facts of a version."""
    connection.execute(update(t.versions).where(t.versions.c.id == version_id).values(**values))


def add_batch(connection: Connection, values: Mapping[str, Any]) -> int:
    """The new batch's id."""
    row = insert(t.batches).values(**values).returning(t.batches.c.id)
    added: int = connection.execute(row).scalar_one()
    return added


def free_name(connection: Connection, model_id: int, name: str) -> str:
    """The name, or with " (2)" and so on where the model has a batch of that name."""
    names = select(t.batches.c.name).where(t.batches.c.model_id == model_id)
    taken = set(connection.scalars(names.where(t.batches.c.name.startswith(name, autoescape=True))))
    candidates = (name if k == 1 else f"{name} ({k})" for k in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)


def delete_batch(store: Store, batch_id: int, *, who: str, now: datetime) -> None:
    """Removes a batch with its measurements and jobs; its files are swept within a day.

    What the batches after it say together with those before is asked to be measured anew.
    """
    with store.write() as connection:
        name = connection.scalar(select(t.batches.c.name).where(t.batches.c.id == batch_id))
        if name is None:
            raise NotFound("batch", str(batch_id))
        after = sequences.after(connection, batch_id)
        stood_on = t.incidents.c.batch_id == batch_id  # incidents stay, with what people did
        connection.execute(update(t.incidents).where(stood_on).values(batch_id=None))
        connection.execute(delete(t.tallies).where(t.tallies.c.batch_id == batch_id))
        connection.execute(delete(t.batches).where(t.batches.c.id == batch_id))
        for version_id, batch in after:
            queue.enqueue(
                connection,
                kind=JobKind.SEQUENCE,
                key=f"sequence:{version_id}:{batch.id}:{now.isoformat()}",
                model_id=batch.model_id,
                version_id=version_id,
                batch_id=batch.id,
                order_at=batch.starts_at,
                now=now,
            )
        audit(connection, who=who, what=f"deleted batch {name}", now=now)


def trust(store: Store, sha256: str, *, who: str, now: datetime) -> None:
    """Allows a pickle with this hash to be run."""
    with store.write() as connection:
        if connection.scalar(select(t.trusted.c.sha256).where(t.trusted.c.sha256 == sha256)):
            return
        connection.execute(insert(t.trusted).values(sha256=sha256, who=who, at=now))
        audit(connection, who=who, what=f"trusted the pickle {sha256}", now=now)


def save_channel(
    store: Store,
    *,
    name: str,
    kind: str,
    config: Mapping[str, Any],
    who: str,
    now: datetime,
    enabled: bool = True,
) -> int:
    """Adds or changes a channel; secrets belong in the environment and stand as ``${NAME}``."""
    values: dict[str, Any] = {"kind": kind, "config": dict(config), "enabled": int(enabled)}
    values |= {"waits_until": None, "failing_since": None, "error": None}  # it is to be tried anew
    with store.write() as connection:
        known = connection.scalar(select(t.channels.c.id).where(t.channels.c.name == name))
        if known is None:
            row = insert(t.channels).values(name=name, **values).returning(t.channels.c.id)
            known = connection.execute(row).scalar_one()
        else:
            connection.execute(update(t.channels).where(t.channels.c.id == known).values(**values))
            if not enabled:
                outbox.withdraw(connection, known)
        audit(connection, who=who, what=f"channel {name} ({kind}) saved", now=now)
    channel_id: int = known
    return channel_id


def delete_channel(store: Store, name: str, *, who: str, now: datetime) -> None:
    """Removes a channel and what was still to go through it."""
    with store.write() as connection:
        if connection.execute(delete(t.channels).where(t.channels.c.name == name)).rowcount != 1:
            raise NotFound("channel", name)
        audit(connection, who=who, what=f"channel {name} deleted", now=now)


def worker_seen(store: Store, name: str, *, doing: str, now: datetime) -> None:
    """The worker's sign of life."""
    with store.note() as connection:
        values = {"seen_at": now, "doing": doing}
        seen = connection.execute(
            update(t.workers).where(t.workers.c.name == name).values(**values)
        )
        if seen.rowcount == 0:
            connection.execute(insert(t.workers).values(name=name, started_at=now, **values))


def worker_gone(store: Store, name: str) -> None:
    """Takes the worker off the list when it leaves in good order."""
    with store.note() as connection:
        connection.execute(delete(t.workers).where(t.workers.c.name == name))
