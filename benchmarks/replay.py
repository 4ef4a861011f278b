"""Half a year of the demo as it would have come: week by week, with labels when they are due, and
the messages that somebody on call would have had.

    python -m benchmarks.replay            # prints the table of the README
"""

from __future__ import annotations

import mailbox
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from monitor.jobs import due
from monitor.jobs.deliver import deliver_all
from monitor.jobs.demo import MODELS, SAMPLES
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.open_models import Runners
from monitor.jobs.periods import Period
from monitor.jobs.register import register
from monitor.jobs.remind import remind
from monitor.jobs.step import step
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import writes
from monitor.store.engine import Store, open_store

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)  # the first week begins
WEEK = timedelta(weeks=1)
ARRIVES = timedelta(hours=6)  # a week's file comes on Monday morning
WAITS = {"credit": 6, "tickets": 0, "claims": 0}  # weeks until a week's labels come
WEEKS = 26


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in the mailbox: the week whose file had just come, and the subject."""

    week: int
    at: datetime
    subject: str


class Clock:
    """Says what it is told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def replay(
    home: Path, weeks: Sequence[int] = range(1, WEEKS + 1), *, models: Sequence[str] = MODELS
) -> list[Sent]:
    """Lives through the ``weeks``, and a look once a day in between; the messages in order."""
    store = open_store(Settings(home=home))
    clock = Clock(MONDAY + (weeks[0] - 1) * WEEK)
    begin(store, models, clock())
    with threadpool_limits(1), Runners(store) as runners:
        for week in weeks:
            clock.at = MONDAY + week * WEEK + ARRIVES
            arrive(store, models, week, clock(), first=weeks[0])
            for _ in range(7):
                day(store, runners, clock)
                clock.at += timedelta(days=1)
    store.close()
    return list(sent(home / "mail"))


def begin(store: Store, models: Sequence[str], now: datetime) -> None:
    """The models, and a mailbox."""
    config = {"path": str(store.settings.home / "mail"), "to": "on-call@example.org"}
    writes.save_channel(store, name="mailbox", kind="folder", config=config, who="demo", now=now)
    for name in models:
        register(store, read_spec(SAMPLES / name / "spec.toml"), who="demo", trust=True, now=now)


def arrive(store: Store, models: Sequence[str], week: int, now: datetime, *, first: int) -> None:
    """A week's rows of every model, and the labels that are due by now."""
    for model in models:
        file = SAMPLES / model / "batches" / f"week-{week:02}.parquet"
        period = Period(MONDAY + (week - 1) * WEEK, MONDAY + week * WEEK)
        receive(store, model, file, name=file.name, source="demo", period=period, now=now)
        labelled = week - WAITS[model]
        if labelled >= first:
            labels = SAMPLES / model / "labels" / f"week-{labelled:02}.parquet"
            receive_labels(store, model, labels, name=labels.name, source="demo", now=now)


def day(store: Store, runners: Runners, clock: Clock) -> None:
    """What the worker does in a day: all that is queued, a look round, and the post."""
    while step(store, "replay", runners, clock=clock):
        pass
    for look in (due.watch, remind):
        look(store, now=clock())
    deliver_all(store, clock=clock)


def sent(folder: Path) -> Iterator[Sent]:
    """The mailbox, oldest first; of one instant as they were written."""
    box = mailbox.Maildir(folder, create=True)
    letters = [(parsedate_to_datetime(str(box[key]["Date"])), key) for key in box.iterkeys()]
    for at, key in sorted(letters):
        week = (at - MONDAY) // WEEK
        yield Sent(week, at, str(make_header(decode_header(str(box[key]["Subject"])))))


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        found = replay(Path(home))
    print("| week | message |\n| ---: | --- |")
    for one in found:
        print(f"| {one.week} | {one.subject} |")


if __name__ == "__main__":
    main()
