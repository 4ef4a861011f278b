"""A rule in words: what it is about, when it is broken, and who hears of it."""

from __future__ import annotations

from typing import Final

from monitor.alerts.rule import EVERY, Against, Conditions, Evidence, Rule, Telling
from monitor.alerts.words import one_line, title
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_rows, format_value
from monitor.terms import counted

BUDGET: Final = "change_evidence"  # its limit is a number of batches
ELSEWHERE: Final = {
    Against.REFERENCE: "the reference",
    Against.PREVIOUS: "the batch before",
    Against.WEEKDAY: "the same weekday before",
}


def name(rule: Rule) -> str:
    """Metric and subject.

    >>> name(Rule("missing_rate", feature="*")), name(Rule("accuracy", attribute="sex", group="f"))
    ('Missing values: every column', 'Accuracy: sex, f')
    """
    column = "every column" if rule.feature == EVERY else rule.feature
    about = ", ".join(one_line(part) for part in (column, rule.attribute, rule.group) if part)
    return f"{title(rule.metric)}: {about}" if about else title(rule.metric)


def limits(rule: Rule) -> str:
    """What is allowed.

    >>> limits(Rule("roc_auc", low=-0.05, against=Against.REFERENCE))
    'at most 0.05 below the reference'
    >>> limits(Rule("demographic_parity_difference", low=-0.1, high=0.1, attribute="sex"))
    'at least −10.0 pt and at most 10.0 pt'
    """
    return _both(rule, rule.low, rule.high) or "as the measurement itself is judged"


def critical_limits(rule: Rule) -> str:
    """What is allowed before it is critical; "" where the severity says it all."""
    return _both(rule, rule.critical_low, rule.critical_high)


def _both(rule: Rule, low: float | None, high: float | None) -> str:
    if rule.metric == BUDGET:
        return "" if high is None else f"one false alarm in {counted(round(high), 'batch')} at most"
    sides = ((low, "below", "at least"), (high, "above", "at most"))
    told = [_side(rule, limit, *words) for limit, *words in sides if limit is not None]
    return " and ".join(told)


def _side(rule: Rule, limit: float, beyond: str, bound: str) -> str:
    """``beyond`` is the side on which the rule is broken, ``bound`` what the limit is."""
    if rule.against is Against.ABSOLUTE:
        return f"{bound} {format_value(rule.metric, limit)}"
    if rule.against is Against.REFERENCE_RATIO:
        return f"{bound} {limit:g} times the reference"
    where, distance = _distance(rule, limit)
    outward = (limit < 0) == (beyond == "below")
    if limit == 0:
        return f"not {beyond} {where}"
    if outward:
        return f"at most {distance} {beyond} {where}"
    return f"at least {distance} {'above' if limit > 0 else 'below'} {where}"


def _distance(rule: Rule, limit: float) -> tuple[str, str]:
    if rule.against is Against.TRAILING:
        before = counted(rule.conditions.trailing, "batch")
        return f"the mean of the {before} before", f"{abs(limit):g} σ"
    unit = METRICS[rule.metric].unit if rule.metric in METRICS else "number"
    if unit in ("percent", "points"):
        return ELSEWHERE[rule.against], f"{abs(100 * limit):.3g} pt"
    return ELSEWHERE[rule.against], f"{abs(limit):.4g}"


def conditions(rule: Rule) -> str:
    """What else must hold; "" where nothing must but that the whole interval is beyond.

    >>> conditions(Rule("accuracy", low=0.8, conditions=Conditions(breaches=2, window=3)))
    '2 of 3 batches'
    """
    c = rule.conditions
    told = [
        f"{c.breaches} of {counted(c.window, 'batch')}" if c.window > 1 else "",
        f"from {format_rows(c.minimum_rows)}" if c.minimum_rows else "",
        _labels(c),
        "the value alone, whatever its interval" if c.evidence is Evidence.VALUE else "",
    ]
    return ", ".join(part for part in told if part)


def _labels(c: Conditions) -> str:
    if not c.minimum_coverage:
        return ""
    wait = "the model's label wait" if c.wait_days is None else counted(c.wait_days, "day")
    return f"{c.minimum_coverage:.0%} of labels or {wait}"


def telling(rule: Rule) -> str:
    """Who hears of it and how often.

    >>> telling(Rule("accuracy", telling=Telling(("team",), remind_hours=24)))
    'team; again every 24 h'
    """
    t = rule.telling
    whom = ", ".join(one_line(channel) for channel in t.channels) or "every channel"
    again = f"again every {t.remind_hours:g} h" if t.remind_hours else ""
    return "; ".join(part for part in (whom, again, _escalation(t)) if part)


def _escalation(t: Telling) -> str:
    """Nothing unless it is said both when and to whom."""
    told = t.escalate_hours and t.escalate_to
    return f"{one_line(t.escalate_to)} after {t.escalate_hours:g} h" if told else ""
