"""Rules as code: a file of rules out of the store, and into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from monitor.alerts import rule_words
from monitor.alerts.rule import Rule
from monitor.alerts.rule_changes import RuleChange, Step, changes
from monitor.alerts.rule_checks import objections
from monitor.alerts.rule_file import dumps, key_of, loads
from monitor.errors import RuleError
from monitor.jobs.conclude import rules_of
from monitor.measures.layout import Layout
from monitor.store import rules, writes
from monitor.store.engine import Connection, Store
from monitor.store.frames import champion, model_id
from monitor.store.subjects import channel_names, groups_seen, model_names


def export(store: Store, model: str | None = None) -> str:
    """The file's text, of one model or of all."""
    with store.read() as connection:
        return dumps(
            {name: rules_of(connection, owner) for name, owner in _asked(connection, model)}
        )


def table(store: Store, model: str | None = None) -> pd.DataFrame:
    """Columns model, and those of the table of rules but for model_id; of one model or of all."""
    with store.read() as connection:
        rows = [
            {"model": name, **row}
            for name, owner in _asked(connection, model)
            for row in rules.of_model(connection, owner)
        ]
    return pd.DataFrame(rows).drop(columns="model_id", errors="ignore")


def in_words(store: Store, model: str | None = None) -> pd.DataFrame:
    """Columns model, id, rule, allowed, critical unless, only if, tells, severity, on, version."""
    with store.read() as connection:
        return pd.DataFrame(
            {
                "model": name,
                "id": rule.id,
                "rule": rule_words.name(rule),
                "allowed": rule_words.limits(rule),
                "critical unless": rule_words.critical_limits(rule),
                "only if": rule_words.conditions(rule),
                "tells": rule_words.telling(rule),
                "severity": str(rule.severity),
                "on": "yes" if rule.enabled else "no",
                "version": rule.version,
            }
            for name, owner in _asked(connection, model)
            for rule in rules_of(connection, owner)
        )


def _asked(connection: Connection, model: str | None) -> list[tuple[str, int]]:
    names = model_names(connection) if model is None else [model]
    return [(name, model_id(connection, name)) for name in names]


def read(store: Store, text: str, model: str | None = None) -> dict[str, list[Rule]]:
    """The rules of the file, or of one of its models.

    RuleError with a sentence for each thing that is wrong with any of them, NotFound for a model
    that there is not.
    """
    found = loads(text)
    if model is not None:
        found = {name: mine for name, mine in found.items() if name == model}
        if not found:
            raise RuleError([f"The file has no rules of {model}."])
    with store.read() as connection:
        wrong = [
            f"{name}, rule {place} ({rule.metric}): {said}"
            for name, mine in found.items()
            for place, rule, said in _objections(connection, name, mine)
        ]
    if wrong:
        raise RuleError(wrong)
    return found


def _objections(
    connection: Connection, model: str, mine: Sequence[Rule]
) -> list[tuple[int, Rule, str]]:
    stored = champion(connection, model).layout
    layout = None if stored is None else Layout.from_json(stored)
    groups, channels = groups_seen(connection, model), channel_names(connection)
    return [
        (place, rule, said)
        for place, rule in enumerate(mine, 1)
        for said in objections(rule, layout, channels, groups=groups)
    ]


def compare(
    store: Store, wanted: Mapping[str, Sequence[Rule]], *, missing: Step = Step.LEAVE
) -> dict[str, list[RuleChange]]:
    """What applying would change of each model; without those of which it would change nothing."""
    with store.read() as connection:
        return _compare(connection, wanted, missing)


def apply(
    store: Store,
    wanted: Mapping[str, Sequence[Rule]],
    *,
    who: str,
    now: datetime,
    note: str = "",
    missing: Step = Step.LEAVE,
) -> dict[str, list[RuleChange]]:
    """Makes it so, all or nothing; what was changed.  Applied twice, the second changes nothing."""
    with store.write() as connection:
        found = _compare(connection, wanted, missing)
        for model, steps in found.items():
            owner = model_id(connection, model)
            writes.hold_model(connection, owner)
            for one in steps:
                _apply(connection, owner, one, who=who, now=now, note=note)
    return found


def _compare(
    connection: Connection, wanted: Mapping[str, Sequence[Rule]], missing: Step
) -> dict[str, list[RuleChange]]:
    found = {
        model: changes(rules_of(connection, model_id(connection, model)), mine, missing=missing)
        for model, mine in wanted.items()
    }
    return {model: steps for model, steps in found.items() if steps}


def _apply(
    connection: Connection, owner: int, one: RuleChange, *, who: str, now: datetime, note: str
) -> None:
    row = {name: value for name, value in one.rule.to_row().items() if name != "version"}
    if one.step is Step.ADD:
        rules.add(connection, owner, [row], who=who, now=now, note=note)
        said = f"rule added ({', '.join(filter(None, key_of(one.rule)))})"
        writes.audit(connection, who=who, what=said, now=now)
    elif one.step is not Step.LEAVE:
        rules.change(connection, one.rule.id, row, who=who, now=now, note=note)
