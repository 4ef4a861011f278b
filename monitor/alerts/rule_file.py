"""Rules as a YAML file: a list for each model, with only what is not as it would be unasked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

import yaml

from monitor.alerts.rule import Conditions, Rule, Telling
from monitor.alerts.rule_values import OF, reader
from monitor.errors import RuleError

KEY: Final = ("metric", "feature", "attribute", "group")  # what a model has one rule of
NAMES: Final = (
    *KEY, "against", "low", "high", "critical_low", "critical_high", "severity", "evidence",
    "minimum_rows", "minimum_coverage", "wait_days", OF, "trailing", "channels", "remind_hours",
    "escalate_hours", "escalate_to", "relapse_days", "enabled",
)  # fmt: skip
_HEAD: Final = """\
# Rules of each model, in the order they were made.  `fairwatch rules diff` says what this file
# would change, `fairwatch rules apply` makes it so.  What is left out is as it would be unasked.
"""


def to_entry(rule: Rule) -> dict[str, Any]:
    """The rule as a mapping of plain values, in the order of ``NAMES``; the severity is always
    said, of the rest only what differs from a rule that names just its metric."""
    mine, unasked = as_values(rule), as_values(Rule(rule.metric))
    return {
        name: mine[name]
        for name in NAMES
        if name in ("metric", "severity") or mine[name] != unasked[name]
    }


def as_values(rule: Rule) -> dict[str, Any]:
    """All that a file can say of the rule."""
    c, telling = rule.conditions, rule.telling
    return {
        **{name: getattr(rule, name) for name in (*KEY, "low", "high")},
        "critical_low": rule.critical_low,
        "critical_high": rule.critical_high,
        "against": str(rule.against),
        "severity": str(rule.severity),
        "evidence": str(c.evidence),
        "minimum_rows": c.minimum_rows,
        "minimum_coverage": c.minimum_coverage,
        "wait_days": c.wait_days,
        OF: f"{c.breaches} of {c.window}",
        "trailing": c.trailing,
        "channels": list(telling.channels),
        "remind_hours": telling.remind_hours,
        "escalate_hours": telling.escalate_hours,
        "escalate_to": telling.escalate_to,
        "relapse_days": telling.relapse_days,
        "enabled": rule.enabled,
    }


def dumps(rules: Mapping[str, Iterable[Rule]]) -> str:
    """The file's text."""
    entries = {model: [to_entry(rule) for rule in mine] for model, mine in rules.items()}
    text: str = yaml.safe_dump(
        entries, sort_keys=False, allow_unicode=True, default_flow_style=None
    )
    return _HEAD + text


def loads(text: str) -> dict[str, list[Rule]]:
    """The rules of each model; RuleError with a sentence for each thing that is wrong."""
    try:
        twice = [*_twice(yaml.compose(text, Loader=yaml.SafeLoader), set())]
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuleError([f"This is not YAML: {' '.join(str(error).split())}."]) from error
    if twice:
        raise RuleError(twice)
    if not isinstance(found, dict):
        raise RuleError(["Wanted a list of rules under the name of each model."])
    wrong: list[str] = []
    rules = {str(model): _rules(str(model), entries, wrong) for model, entries in found.items()}
    if wrong:
        raise RuleError(wrong)
    return rules


def _twice(node: Any, seen: set[int]) -> Iterator[str]:
    """Keys that a mapping has twice, of which YAML would take the last without a word."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    pairs = isinstance(node, yaml.MappingNode)
    keys = [key.value for key, _ in node.value] if pairs else []
    line = node.start_mark.line + 1
    yield from (
        f"{key!r} is there twice in what begins in line {line}."
        for at, key in enumerate(keys)
        if key in keys[:at]
    )
    for one in node.value:
        yield from _twice(one[1] if pairs else one, seen)


def _rules(model: str, entries: Any, wrong: list[str]) -> list[Rule]:
    if not isinstance(entries, list):
        wrong.append(f"{model}: wanted a list of rules.")
        return []
    read: list[Rule] = []
    for place, entry in enumerate(entries, 1):
        rule, said = _rule(entry)
        if rule is not None and any(key_of(rule) == key_of(other) for other in read):
            said = ["The same metric, feature, attribute and group are there before."]
        wrong += [f"{model}, rule {place}{_named(entry)}: {one}" for one in said]
        read += [rule] if rule is not None else []
    return read


def key_of(rule: Rule) -> tuple[str, str, str, str]:
    return rule.metric, rule.feature, rule.attribute, rule.group


def _named(entry: Any) -> str:
    return f" ({entry['metric']})" if isinstance(entry, dict) and "metric" in entry else ""


def _rule(entry: Any) -> tuple[Rule | None, list[str]]:
    """The rule, or what is wrong with its entry."""
    if not isinstance(entry, dict) or "metric" not in entry:
        return None, ["Wanted a mapping that names at least a metric."]
    wrong = [_unknown(str(key)) for key in entry if key not in NAMES]
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key in NAMES:
            try:
                values[key] = reader(key)(value)
            except ValueError as error:
                wrong.append(f"{key} is {value!r}, wanted {error}.")
    return (None, wrong) if wrong else (_made(values), [])


def _unknown(key: str) -> str:
    near = get_close_matches(key, NAMES, n=1)
    return f"There is no {key!r}; {'did you mean ' + near[0] if near else ', '.join(NAMES)}?"


def _made(values: Mapping[str, Any]) -> Rule:
    def some(*names: str) -> dict[str, Any]:
        return {name: values[name] for name in names if name in values}

    breaches, window = values.get(OF, (1, 1))
    return Rule(
        **some(*KEY, "against", "low", "high", "critical_low", "critical_high", "severity"),
        **some("enabled"),
        conditions=Conditions(
            **some("evidence", "minimum_rows", "minimum_coverage", "wait_days", "trailing"),
            breaches=breaches,
            window=window,
        ),
        telling=Telling(
            **some("channels", "remind_hours", "escalate_hours", "escalate_to", "relapse_days")
        ),
    )
