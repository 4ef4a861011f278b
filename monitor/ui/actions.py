"""Everything a page changes; what is heavy is imported only when it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import streamlit as st

from monitor.alerts.states import Act, Action
from monitor.errors import StoreError
from monitor.jobs import acting
from monitor.store import frames, pauses, queue, reports, rules, stages, subjects, writes
from monitor.ui import data
from monitor.ui.current import store

if TYPE_CHECKING:
    from monitor.alerts.pauses import Pause
    from monitor.alerts.rule import Rule
    from monitor.jobs.examine import Examination
    from monitor.jobs.intake import Receipt
    from monitor.jobs.register import Registered
    from monitor.models.sensitive import Grouping
    from monitor.models.spec import Spec
    from monitor.models.suggest import Suggestion
    from monitor.terms import Task

SOURCE = "page"


class Upload(Protocol):
    """What the upload widget hands over."""

    name: str

    def getbuffer(self) -> memoryview: ...


def who() -> str:
    """The person, where the server knows one."""
    return str(st.user.get("email") or st.user.get("name") or "the dashboard")


def _now() -> datetime:
    return store().now()


@contextmanager
def _on_disk(*uploads: Upload | None) -> Iterator[list[Path]]:
    """Uploads as files whose names are ours, gone afterwards."""
    with store().files.scratch() as folder:
        paths = []
        for place, upload in enumerate(uploads):
            path = folder / f"upload-{place}"
            if upload is not None:
                path.write_bytes(upload.getbuffer())
            paths.append(path)
        yield paths


def examine(model: str, upload: Upload, *, late_labels: bool) -> Examination:
    """The contract check; nothing is stored and nothing scored."""
    from monitor.jobs import examine as examining
    from monitor.terms import Role

    role = Role.LABELS if late_labels else Role.RECORDS
    with _on_disk(upload) as (path,):
        return examining.examine(store(), model, path, name=upload.name, role=role)


def receive(model: str, upload: Upload, *, name: str, period: tuple[Any, Any] | None) -> Receipt:
    """Stores the rows as batches and queues their scoring; ``period`` is two days, both in it."""
    from monitor.jobs import intake
    from monitor.jobs.periods import parse_period

    wanted = None
    if period is not None:
        end = pd.Timestamp(period[1]) + pd.Timedelta(days=1)
        wanted = parse_period(f"{period[0]:%Y-%m-%d}/{end:%Y-%m-%d}")
    with _on_disk(upload) as (path,):
        return intake.receive(
            store(),
            model,
            path,
            name=upload.name,
            source=SOURCE,
            batch_name=name.strip() or None,
            period=wanted,
        )


def receive_labels(model: str, upload: Upload) -> Receipt:
    """Stores late labels and queues the join."""
    from monitor.jobs import label_intake

    with _on_disk(upload) as (path,):
        return label_intake.receive_labels(store(), model, path, name=upload.name, source=SOURCE)


def retry(job: int) -> None:
    queue.retry(store(), job, now=_now())


def make_report(model: str, *, batch: str) -> None:
    """Queues Evidently's page about the batch; the worker makes it."""
    reports.request(store(), model, batch=batch, now=_now())


def delete_batch(batch: int) -> None:
    writes.delete_batch(store(), batch, who=who(), now=_now())


def load_demo() -> Iterator[str]:
    """Registers the three made-up models and queues their batches; a sentence for each step."""
    from monitor.jobs import demo

    return demo.load(store())


def suggest(
    upload: Upload, *, roles: Mapping[str, str] | None = None, task: Task | None = None
) -> Suggestion:
    """What the reference's columns seem to be, for a person to confirm."""
    from monitor.jobs.reading import read_all
    from monitor.models.derive import suggest as guess

    with _on_disk(upload) as (path,):
        frame = read_all(path, name=upload.name)
    name = Path(upload.name).name.split(".")[0] or "model"
    return guess(frame, name=name, roles=roles, task=task)


def groupings(upload: Upload, bins: Mapping[str, tuple[float, ...]]) -> dict[str, Grouping]:
    """How these columns fall into groups; numbers without bins are cut where we propose it."""
    from monitor.jobs.reading import read_all
    from monitor.models.sensitive import grouping

    with _on_disk(upload) as (path,):
        frame = read_all(path, name=upload.name)
    return {name: grouping(frame[name], cuts) for name, cuts in bins.items()}


def register(
    spec: Spec, *, reference: Upload, model_file: Upload | None, trust: bool
) -> Registered:
    """Adds a version of the model with these files; both are kept by their hash."""
    from dataclasses import replace

    from monitor.jobs import register as jobs_register

    uploads = (reference, model_file)
    with store().files.scratch() as folder:
        paths = [_named(folder, place, upload) for place, upload in enumerate(uploads)]
        runner = spec.runner
        if model_file is not None:
            runner = replace(runner, kind="process", file=paths[1])
        filled = replace(spec, reference_file=paths[0], runner=runner)
        return jobs_register.register(store(), filled, who=who(), trust=trust)


def _named(folder: Path, place: int, upload: Upload | None) -> str | None:
    """A file whose ending still says its format; nothing else of the name is used."""
    if upload is None:
        return None
    endings = "".join(s for s in Path(upload.name).suffixes[-2:] if s[1:].isalnum())
    path = folder / f"upload-{place}{endings}"
    path.write_bytes(upload.getbuffer())
    return str(path)


def promote(model: str, version: int, *, reason: str) -> None:
    stages.promote(store(), model, version, who=who(), reason=reason.strip(), now=_now())


def act(
    incident: int,
    action: Action,
    *,
    note: str = "",
    owner: str = "",
    until: datetime | None = None,
) -> None:
    """Does it, in the name of whoever looks at the page; StoreError where it makes no sense.

    ``owner`` is who an assignment is to, ``until`` when a snooze ends.
    """
    acting.do(store(), incident, Act(action, who(), _now(), note, owner, until))


def objections(model: str, rule: Rule) -> list[str]:
    """Why the rule cannot be saved, a sentence each; none where it can."""
    from monitor.alerts.rule_checks import objections as found

    with store().read() as connection:
        groups = subjects.groups_seen(connection, model)
    return found(rule, data.layout(model), set(data.channels()["name"]), groups=groups)


def save_rule(model: str, edited: Rule, *, note: str) -> int:
    """Makes ``edited`` the rule's next version, or a new rule where it has no id; returns the id.

    StoreError where the model has a rule of the same already.
    """
    definition = {k: v for k, v in edited.to_row().items() if k != "version"}
    said: dict[str, Any] = {"who": who(), "now": _now(), "note": note.strip()}
    if edited.id:
        rules.save(store(), edited.id, definition, **said)
        return edited.id
    with store().write() as connection:
        owner = frames.model_id(connection, model)
        added = rules.add(connection, owner, [definition], **said)
        if not added:
            raise StoreError("The model has such a rule already: change that one.")
        what = f"rule {added[0]} ({edited.metric}) added"
        writes.audit(connection, who=said["who"], what=what, now=said["now"])
    return added[0]


def add_pause(pause: Pause) -> None:
    pauses.add(store(), pause.to_row(), who=who(), now=_now())


def remove_pause(pause: int) -> None:
    pauses.remove(store(), pause, who=who(), now=_now())


def save_channel(name: str, kind: str, config: Mapping[str, Any], *, enabled: bool = True) -> None:
    """DeliveryError says what is missing in the configuration; nothing is saved then."""
    from monitor.alerts.channels import validate_config

    validate_config(kind, config)
    writes.save_channel(
        store(), name=name, kind=kind, config=config, enabled=enabled, who=who(), now=_now()
    )


def delete_channel(name: str) -> None:
    writes.delete_channel(store(), name, who=who(), now=_now())


def send_test(name: str) -> str:
    """Sends one message now; the answer is a sentence with what the receiver said."""
    from monitor.jobs.trial import send_trial

    return send_trial(store(), name)
