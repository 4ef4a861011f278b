"""The demo: three made models and half a year of weekly batches, ending last week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

import monitor
from monitor.clock import utc_now
from monitor.errors import NotFound
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.periods import Period, period_of
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.store import writes
from monitor.store.engine import Store
from monitor.terms import Cadence

SAMPLES = Path(monitor.__file__).parent.parent / "sample_data"
MODELS = ("credit", "tickets", "claims")
WHO = "demo"


def load(store: Store, *, now: datetime | None = None) -> Iterator[str]:
    """Registers the models and queues their batches; yields a sentence for each step.

    Doing it again adds nothing.  Messages go to a folder, for there is no mail server to rely on.
    """
    if not SAMPLES.exists():
        raise NotFound("folder", str(SAMPLES))
    now = now or utc_now()
    config = {"path": str((store.settings.home / "mail").resolve()), "to": "on-call@example.org"}
    writes.save_channel(store, name="demo-mailbox", kind="folder", config=config, who=WHO, now=now)
    for name in MODELS:
        folder = SAMPLES / name
        # Only one of them is a pickle; it is ours and its hash is in the repository.
        yield register(store, read_spec(folder / "spec.toml"), who=WHO, trust=True).sentence
        rows = _receive_batches(store, name, folder, now)
        yield f"{name}: 26 weekly batches, {rows:,} rows, queued."
        yield f"{name}: {_receive_labels(store, name, folder)}"


def _receive_batches(store: Store, model: str, folder: Path, now: datetime) -> int:
    files = sorted((folder / "batches").glob("week-*.parquet"))
    last = period_of(now, Cadence.WEEK).starts_at  # this week's Monday ends the last full week
    rows = 0
    for back, file in enumerate(reversed(files)):
        ends_at = last - timedelta(weeks=back)
        period = Period(ends_at - timedelta(weeks=1), ends_at)
        receipt = receive(store, model, file, name=file.name, source="demo", period=period, now=now)
        rows += receipt.rows
    return rows


def _receive_labels(store: Store, model: str, folder: Path) -> str:
    """All labels at once, as one late file."""
    files = sorted((folder / "labels").glob("week-*.parquet"))
    with store.files.scratch() as scratch:
        path = scratch / "labels.parquet"
        pd.concat([pd.read_parquet(file) for file in files]).to_parquet(path, index=False)
        name = f"labels-{files[0].stem}-to-{files[-1].stem}.parquet"
        return receive_labels(store, model, path, name=name, source="demo").sentence
