"""What changes without a new revision, signs of life and progress, and so is read each time."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from monitor.store import channels, reads
from monitor.ui.current import store


def is_a_channel_down() -> bool:
    return channels.is_one_down(store())


def channels_health() -> pd.DataFrame:
    return channels.channels_health(store())


def last_sign() -> datetime | None:
    """Of life, from any worker."""
    return reads.last_sign(store())


def workers() -> pd.DataFrame:
    return reads.workers(store())


def jobs(
    model: str | None = None,
    *,
    kind: str | None = None,
    batch: str | None = None,
    status: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    return reads.jobs(store(), model, kind=kind, batch=batch, status=status)


def is_working(model: str | None = None) -> bool:
    return reads.is_working(store(), model)


def queue() -> dict[str, int]:
    return reads.queue(store())
