"""One rule: everything it says, what would have come of it, and what it said before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.rule import Against, Conditions, Evidence, Rule, Telling
from monitor.measures.catalogue import METRICS
from monitor.terms import Severity
from monitor.ui import actions, data, links
from monitor.ui.markdown import escape
from monitor.ui.rule_form import AGAINST_WORDS, bounds, shown, sides, stored, unit, without_limits
from monitor.ui.sections import rule_history, rule_trial

SIDES = {
    "low": "At least",
    "high": "At most",
    "critical_low": "Critical below",
    "critical_high": "Critical above",
}
EVIDENCE_WORDS: Final[Mapping[str, str]] = {
    Evidence.INTERVAL: "its whole 95 % interval",
    Evidence.VALUE: "the value, whatever its interval",
}


def show(model: str, rule: Rule) -> None:
    links.link("All rules", "alerts", icon=":material/arrow_back:", part="rules", model=model)
    st.title(escape(rule_words.name(rule)))
    st.caption(f"{escape(model)}, version {rule.version} of this rule. {_words(rule.metric)}")
    edit(model, rule)
    rule_history.show(rule)


def edit(model: str, rule: Rule) -> None:
    """Its fields beside what would come of them; a rule without id is a new one."""
    left, right = st.columns([4, 5], gap="large")
    with left:
        edited = _ask(rule)
        _save(model, rule, edited)
    with right:
        _said(edited)
        rule_trial.show(model, rule, edited)


def _words(metric: str) -> str:
    return escape(METRICS[metric].words) if metric in METRICS else ""


@dataclass(frozen=True, slots=True)
class _Fields:
    """Widgets of one version of one rule, or of one new one: another starts with fresh ones."""

    rule: Rule

    def key(self, name: str) -> str:
        rule = self.rule
        new = (rule.metric, rule.feature, rule.attribute, rule.group)
        of = (rule.id, rule.version) if rule.id else new
        return "_".join(map(str, ("rule", name, *of)))

    def number(self, label: str, name: str, value: float | None, **more: Any) -> float | None:
        found: float | None = st.number_input(label, value=value, key=self.key(name), **more)
        return found

    def whole(self, label: str, name: str, value: int | None, **more: Any) -> int | None:
        found: int | None = st.number_input(label, value=value, step=1, key=self.key(name), **more)
        return found

    def choice(self, label: str, name: str, value: str, *, words: Mapping[str, str]) -> str:
        """One of the keys of ``words``."""
        options, key = list(words), self.key(name)
        place = options.index(value)
        return str(
            st.selectbox(label, options, index=place, format_func=words.__getitem__, key=key)
        )


def _ask(rule: Rule) -> Rule:
    """The rule as the widgets have it."""
    fields = _Fields(rule)
    watched = st.toggle("Watched", value=rule.enabled, key=fields.key("enabled"))
    rule = replace(rule, enabled=watched)
    rule = _limits(fields, rule)
    rule = replace(rule, conditions=_conditions(fields, rule))
    return replace(rule, telling=_telling(fields, rule.telling))


def _limits(fields: _Fields, rule: Rule) -> Rule:
    st.header("What is allowed")
    against = Against(fields.choice("Held against", "against", rule.against, words=AGAINST_WORDS))
    if rule.metric == rule_words.BUDGET:
        st.caption(
            "“At most” N allows one false alarm in N batches at most: a larger N means fewer of "
            "them, and later alarms; empty, nothing is followed over time."
        )
    rule = without_limits(rule, against)
    measure = unit(rule.metric, against)
    places = st.columns(2)
    found: dict[str, float | None] = {}
    for place, name in zip((*places, *places), _asked(rule), strict=False):
        with place:
            label = f"{SIDES[name]} ({measure.sign})" if measure.sign else SIDES[name]
            value = shown(getattr(rule, name), measure)
            key = f"{name}_{against.name}"
            within = bounds(rule, value, measure)
            found[name] = stored(fields.number(label, key, value, format="%.6g", **within), measure)
    severity = st.segmented_control(
        "Severity of a broken rule",
        list(Severity),
        default=rule.severity,
        required=True,
        format_func=str.capitalize,
        key=fields.key("severity"),
    )
    return replace(
        rule,
        severity=Severity(severity or rule.severity),
        low=found.get("low"),
        high=found.get("high"),
        critical_low=found.get("critical_low"),
        critical_high=found.get("critical_high"),
    )


def _asked(rule: Rule) -> tuple[str, ...]:
    """Limits row by row, the critical ones below the others."""
    return tuple(name for name in SIDES if name in sides(rule))


def _conditions(fields: _Fields, rule: Rule) -> Conditions:
    st.header("What else must hold")
    c = rule.conditions
    asked = fields.choice("Beyond the limit must be", "evidence", c.evidence, words=EVIDENCE_WORDS)
    first, second = st.columns(2)
    with first:
        breaches = fields.whole("In at least so many", "breaches", c.breaches, min_value=1)
    with second:
        window = fields.whole("… of the newest batches", "window", c.window, min_value=1)
    first, second = st.columns(2)
    with first:
        rows = fields.whole("Rows at least", "minimum_rows", c.minimum_rows, min_value=0)
    with second:
        trailing = _trailing(fields, rule)
    c = replace(
        c,
        evidence=Evidence(asked),
        breaches=breaches or 1,
        window=window or 1,
        minimum_rows=rows or 0,
        trailing=trailing,
    )
    labels = rule.metric in METRICS and METRICS[rule.metric].needs_labels
    return _labels(fields, c) if labels else c


def _trailing(fields: _Fields, rule: Rule) -> int:
    """Asked only where limits count from a mean."""
    before = rule.conditions.trailing
    if rule.against is not Against.TRAILING:
        return before
    return fields.whole("Batches the mean is of", "trailing", before, min_value=2) or before


def _labels(fields: _Fields, c: Conditions) -> Conditions:
    first, second = st.columns(2)
    with first:
        share = fields.number(
            "Labels at least (%)", "coverage", 100 * c.minimum_coverage,
            min_value=0.0, max_value=100.0, format="%.4g",
        )  # fmt: skip
    with second:
        wait = fields.whole(
            "… or so many days", "wait_days", c.wait_days,
            min_value=0, placeholder="as the model's label wait",
        )  # fmt: skip
    return replace(c, minimum_coverage=(share or 0.0) / 100, wait_days=wait)


def _telling(fields: _Fields, t: Telling) -> Telling:
    st.header("Who is told")
    known = data.channels()["name"].tolist()
    channels = st.multiselect(
        "Channels",
        list(dict.fromkeys([*known, *t.channels])),
        default=list(t.channels),
        placeholder="Every channel",
        key=fields.key("channels"),
    )
    others = {"": "nobody", **{name: name for name in (*known, t.escalate_to) if name}}
    hours: dict[str, Any] = {"min_value": 0.25, "format": "%.4g", "placeholder": "never"}
    first, second = st.columns(2)
    with first:
        remind = fields.number("Again every (h)", "remind", t.remind_hours, **hours)
    with second:
        relapse = fields.number(
            "Back within (days) is the same", "relapse", t.relapse_days,
            min_value=0.0, format="%.4g", placeholder="never",
        )  # fmt: skip
    first, second = st.columns(2)
    with first:
        escalate = fields.number("Unanswered after (h)", "escalate", t.escalate_hours, **hours)
    with second:
        to = fields.choice("… also tell", "escalate_to", t.escalate_to, words=others)
    return Telling(tuple(channels), remind, escalate, to, relapse)


def _said(rule: Rule) -> None:
    """The rule as a sentence, so that nobody saves what they did not mean."""
    st.header("In words")
    lines: list[tuple[str, Callable[[Rule], str]]] = [
        ("Allowed", rule_words.limits),
        ("Critical unless", rule_words.critical_limits),
        ("Broken only if", rule_words.conditions),
        ("Tells", rule_words.telling),
    ]
    told = [(label, words(rule)) for label, words in lines]
    st.markdown("  \n".join(f"**{label}** {escape(said)}" for label, said in told if said))


def _save(model: str, before: Rule, edited: Rule) -> None:
    note = st.text_input(
        "Why", placeholder="Kept with the version", key=_Fields(before).key("note")
    )
    wrong = actions.objections(model, edited)
    for sentence in wrong:
        (st.error if before.id else st.warning)(escape(sentence))
    done = bool(wrong) or (before.id > 0 and edited.to_row() == before.to_row())
    label = "Save as a new version" if before.id else "Add this rule"
    if st.button(label, type="primary", disabled=done, key="save_rule"):
        number = actions.save_rule(model, edited, note=note)
        links.go("alerts", part="rules", model=model, rule=number)
