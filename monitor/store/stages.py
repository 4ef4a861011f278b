"""Which version of a model answers: a challenger made champion, or an old champion again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import model_id
from monitor.store.writes import audit, hold_model
from monitor.terms import Stage


def promote(store: Store, model: str, number: int, *, who: str, reason: str, now: datetime) -> str:
    """Makes the version champion and retires the one before it; says so in a sentence.

    Batches that it scored are shown with its numbers, the others with those they have.
    """
    v = t.versions.c
    with store.write() as connection:
        owner = model_id(connection, model)
        hold_model(connection, owner)
        stages = dict(
            connection.execute(
                select(v.number, v.stage).where(v.model_id == owner).order_by(v.number)
            ).all()
        )
        if number not in stages:
            raise NotFound(f"version of {model}", str(number), tuple(map(str, stages)))
        before = next((n for n, stage in stages.items() if stage == Stage.CHAMPION), None)
        if before == number:
            return f"Version {number} is {model}'s champion already; nothing was changed."
        mine = update(t.versions).where(v.model_id == owner)
        # In this order: there may be only one champion at any time.
        connection.execute(mine.where(v.number == before).values(stage=Stage.RETIRED))
        connection.execute(mine.where(v.number == number).values(stage=Stage.CHAMPION))
        instead = f", in place of version {before}" if before else ""
        why = f": {reason}" if reason else ""
        what = f"made {model} version {number} champion{instead}{why}"
        audit(connection, who=who, what=what, now=now)
    return f"Version {number} of {model} is champion now{instead}."
