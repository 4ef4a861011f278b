"""What it takes to make a model's rules those of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from monitor.alerts.rule import Rule
from monitor.alerts.rule_file import NAMES, as_values, key_of, to_entry


class Step(StrEnum):
    ADD = "+"
    CHANGE = "~"
    SWITCH_OFF = "-"
    LEAVE = "?"  # not in the file, and still switched on


@dataclass(frozen=True, slots=True)
class RuleChange:
    """``rule`` is as it is to be; its id is 0 where it is to be added."""

    step: Step
    rule: Rule
    sentence: str


def changes(
    present: Iterable[Rule], wanted: Iterable[Rule], *, missing: Step = Step.LEAVE
) -> list[RuleChange]:
    """In the file's order, and then those that are not in it: left as they are, or switched off.

    Nothing where all is as the file says; a rule that is switched off and not in it is as it says.
    """
    known = {key_of(rule): rule for rule in present}
    asked = {key_of(rule): rule for rule in wanted}
    found = [_change(known.get(key), rule) for key, rule in asked.items()]
    rest = [rule for key, rule in known.items() if key not in asked and rule.enabled]
    return [one for one in found if one is not None] + [_missing(rule, missing) for rule in rest]


def _change(before: Rule | None, rule: Rule) -> RuleChange | None:
    if before is None:
        values = {k: v for k, v in to_entry(rule).items() if k not in _NAMED}
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        return RuleChange(Step.ADD, rule, f"{_name(rule)}: {said}")
    same = replace(rule, id=before.id, version=before.version)
    if same == before:
        return None
    return RuleChange(Step.CHANGE, same, f"{_name(rule)}: {', '.join(_differences(before, rule))}")


def _missing(rule: Rule, step: Step) -> RuleChange:
    if step is Step.SWITCH_OFF:
        off = replace(rule, enabled=False)
        return RuleChange(step, off, f"{_name(rule)}: switched off, for the file does not have it")
    return RuleChange(step, rule, f"{_name(rule)}: not in the file, and left as it is")


_NAMED = ("metric", "feature", "attribute", "group")


def _name(rule: Rule) -> str:
    """As in the file, not in words: ``accuracy (attribute sex, group female)``."""
    about = [f"{name} {getattr(rule, name)}" for name in _NAMED[1:] if getattr(rule, name)]
    return f"{rule.metric} ({', '.join(about)})" if about else rule.metric


def _differences(before: Rule, after: Rule) -> Iterator[str]:
    """What is different, a clause each: "low −0.1 (was −0.05)"."""
    was, now = as_values(before), as_values(after)
    yield from (
        f"{name} {_said(now[name])} (was {_said(was[name])})"
        for name in NAMES
        if now[name] != was[name]
    )


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "all"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value if value != "" else "none")
