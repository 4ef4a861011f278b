"""What a measurement says, in the one set of words that page, mail and Slack use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import ESTIMATED
from monitor.measures.catalogue.sequence import MOSTLY, SINCE
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_interval, format_value
from monitor.terms import Verdict, counted

CLASS = "class"  # the attribute under which numbers per predicted class are kept

# Which side of the limit is worse for the group that is compared; where neither is known to be,
# the sentence does not say who is worse off.
_LOW_HURTS = ("demographic_parity", "equal_opportunity", "accuracy", "predictive_parity")
_HIGH_HURTS = ("mean_absolute_error",)

_NEXT_STEPS = {
    "performance": "Look at the suspected causes, and check that the labels are complete "
    "and right.",
    "fairness": "Assess whether the difference between groups has a reason you can defend; "
    "if it has none, mitigate it before the next decisions are made.",
    "drift": "Compare the columns with the reference, and ask their source what changed.",
    "quality": "Ask whoever delivers the column what changed, and have the rows sent again.",
    "estimated": "Compare newer labels with what the reference promised; if inputs now mean "
    "another outcome than they did, train the model again.",
    "sequence": "Look at which numbers it comes from; when somebody is on it, acknowledge it: the "
    "evidence then begins anew.",
    "service": "Upload the batch that is missing, or ask whoever delivers it.",
    "labels_overdue": "Add the labels, or ask whoever delivers them; if they always take longer, "
    "the model's label wait is too short.",
    "failed_jobs": "Read under Batches what stopped it, mend that, and try the job again.",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of two groups behind a difference: its rate, where known, and its rows."""

    group: str
    value: float | None
    n: int
    metric: str = ""


def sentence(m: Measurement, *, sides: Iterable[Side] = (), since: datetime | None = None) -> str:
    """Metric, value, limit, evidence and, where a group may be worse off, which one.

    ``sides`` are the compared group and the reference group of a difference or ratio.
    """
    pair = tuple(sides)
    if m.metric in _OF_THE_MODEL and m.value is not None:
        return _OF_THE_MODEL[m.metric](m)
    if m.value is None:
        return _join(f"{about(m, pair)}: no value.", m.reason)
    head = f"{about(m, pair)}: {format_value(m.metric, m.value)}{_evidence(m, pair)}"
    told = f"{head}{_beside_limit(m)}{_since(since)}."
    return _join(_what_is_worse(m), told, _counts(pair), *_remarks(m, pair))


def headline(m: Measurement, sides: Iterable[Side] = ()) -> str:
    """What the number is about, for where it stands alone: evidence of change says of what."""
    sources = m.reason.removeprefix(MOSTLY).rstrip(".")
    if m.metric != "change_evidence" or sources == m.reason.rstrip("."):
        return about(m, sides)
    return f"{about(m, sides)} in {one_line(sources)}"


def about(m: Measurement, sides: Iterable[Side] = ()) -> str:
    """What the number is about.

    >>> about(Measurement("missing_rate", 0.2, 900, feature="income"))
    'Missing values in income'
    """
    named = title(m.metric)
    if m.feature and not m.attribute:
        return f"{named} in {one_line(m.feature)}"
    if m.feature:  # a class of several, in one group
        named = f"{named} ({one_line(m.feature)})"
    attribute, group = one_line(m.attribute), one_line(m.group)
    if not m.attribute:
        return named
    if not m.group:
        return f"{named} over the groups of {attribute}"
    if m.attribute == CLASS:
        return f"{named} of class {group}"
    if not is_gap(m.metric):
        return f"{named} of {group} ({attribute})"
    return f"{named}, {group} against {_other(tuple(sides))} ({attribute})"


def title(metric: str) -> str:
    """The metric's name for people."""
    return METRICS[metric].title if metric in METRICS else metric.replace("_", " ").capitalize()


def family(m: Measurement) -> str:
    """What kind of number it is; one of a group is about fairness."""
    if m.metric in METRICS and METRICS[m.metric].family == "sequence":
        return "sequence"
    if m.attribute not in ("", CLASS):
        return "fairness"
    return METRICS[m.metric].family if m.metric in METRICS else "performance"


def section(m: Measurement) -> str:
    """Where on a model's page the number stands."""
    found = family(m)
    return {"estimated": "performance", "sequence": "evidence"}.get(found, found)


def is_gap(metric: str) -> bool:
    """Whether the metric compares a group with another; calibration compares it with its scores."""
    return metric in METRICS and _stem(metric) != metric and metric != "calibration_ratio"


def broken_limit(m: Measurement) -> float | None:
    """The limit the value is beyond; where it is within both, the nearer one."""
    limits = [limit for limit in (m.limit_low, m.limit_high) if limit is not None]
    if m.value is None or not limits:
        return limits[0] if limits else None
    value = m.value
    return min(limits, key=lambda limit: abs(limit - value))


def limits(m: Measurement) -> str:
    """Both limits in words, "" where there are none."""
    if m.limit_low is not None and m.limit_high is not None:
        return format_interval(m.metric, m.limit_low, m.limit_high)
    if m.limit_low is not None:
        return f"at least {format_value(m.metric, m.limit_low)}"
    return f"at most {format_value(m.metric, m.limit_high)}" if m.limit_high is not None else ""


def next_step(m: Measurement) -> str:
    """What to do now, one sentence."""
    return _NEXT_STEPS.get(m.metric) or _NEXT_STEPS[family(m)]


def day(instant: datetime) -> str:
    """A day, with the hour only where it matters.

    >>> day(datetime(2026, 10, 5)), day(datetime(2026, 10, 5, 14))
    ('5 Oct 2026', '5 Oct 2026 14:00 UTC')
    """
    written = f"{instant.day} {instant:%b %Y}"
    return written if (instant.hour, instant.minute) == (0, 0) else f"{written} {instant:%H:%M} UTC"


def for_how_long(time: timedelta) -> str:
    """Hours, or days from two of them on.

    >>> for_how_long(timedelta(minutes=90)), for_how_long(timedelta(hours=49))
    ('1 hour', '2 days')
    """
    hours = max(1, time // timedelta(hours=1))
    return counted(hours // 24, "day") if hours >= 48 else counted(hours, "hour")


def one_line(text: str) -> str:
    """The text without line breaks, control characters and marks that turn writing around."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def mrkdwn(text: str, limit: int = 2900) -> str:
    """The text as Slack must get it: its three special characters escaped, not too long.

    >>> mrkdwn("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped if len(escaped) <= limit else mrkdwn(text[: limit // 5 - 1] + "…", limit)


def _what_is_worse(m: Measurement) -> str:
    """What evidence of change is of, before its number, which says nothing to a stranger."""
    if m.metric != "change_evidence" or m.verdict is not Verdict.FAILING:
        return ""
    return f"Worse than on the reference: {m.reason.removeprefix(MOSTLY)}" if m.reason else ""


def _batch_overdue(m: Measurement) -> str:
    if not m.value:
        return "Batch overdue: none is missing."
    periods = "1 period has" if m.value == 1 else f"{m.value:.0f} periods have"
    return f"Batch overdue: {periods} ended without a batch."


def _labels_overdue(m: Measurement) -> str:
    if not m.value:
        return "Labels overdue: none are."
    batches = "1 batch has" if m.value == 1 else f"{m.value:.0f} batches in a row have"
    return f"Labels overdue: {batches} none, though the label wait is over ({one_line(m.reason)})."


def _failed_jobs(m: Measurement) -> str:
    if not m.value:
        return "Failed jobs: none is left."
    newest = "the newest: " if m.value > 1 else ""
    return f"Failed jobs: {m.value:.0f} ({newest}{one_line(m.reason)})."


_OF_THE_MODEL = {
    "batch_overdue": _batch_overdue,
    "labels_overdue": _labels_overdue,
    "failed_jobs": _failed_jobs,
}


def _evidence(m: Measurement, sides: tuple[Side, ...]) -> str:
    interval = m.low is not None and m.high is not None
    parts = [f"95 % interval {format_interval(m.metric, m.low, m.high)}"] if interval else []
    if m.n and not sides:
        parts.append(_rows(m.n))
    if m.window:
        parts.append(m.window)
    return f" ({', '.join(parts)})" if parts else ""


def _beside_limit(m: Measurement) -> str:
    limit = broken_limit(m)
    if m.value is None or limit is None:
        return ""
    if m.verdict is Verdict.HEALTHY:
        return f", within its limit ({limits(m)})"
    if m.verdict is not Verdict.FAILING:
        return ""
    side = "below" if m.value < limit else "above"
    return f", {side} the limit of {format_value(m.metric, limit)}"


def _since(since: datetime | None) -> str:
    return f", since {day(since)}" if since else ""


def _counts(sides: tuple[Side, ...]) -> str:
    """Both groups with their rows: no difference is told without them."""
    if len(sides) != 2:
        return ""
    told = [
        f"{one_line(side.group)} {format_value(side.metric, side.value)} ({_rows(side.n)})"
        if side.metric
        else f"{one_line(side.group)} ({_rows(side.n)})"
        for side in sides
    ]
    lead = f"{title(sides[0].metric)}: " if sides[0].metric else ""
    return f"{lead}{' and '.join(told)}."


def _remarks(m: Measurement, sides: tuple[Side, ...]) -> list[str]:
    if m.verdict is Verdict.FAILING:
        # The sentence has said it, with the interval.
        repeats = "the limit of" in m.reason or m.reason.startswith(MOSTLY)
        return ["" if repeats else m.reason, _who(m, sides)]
    return [] if m.verdict is Verdict.HEALTHY else [m.reason]


def _who(m: Measurement, sides: tuple[Side, ...]) -> str:
    limit = broken_limit(m)
    if not (is_gap(m.metric) and m.group and m.value is not None and limit is not None):
        return ""
    stem, below = _stem(m.metric).removeprefix(ESTIMATED), m.value < limit
    if stem not in _LOW_HURTS + _HIGH_HURTS:
        return "The model may disadvantage one of these groups."
    worse = one_line(m.group) if below is (stem in _LOW_HURTS) else _other(sides)
    return f"The model may disadvantage {worse}."


def _other(sides: tuple[Side, ...]) -> str:
    return one_line(sides[1].group) if len(sides) == 2 else "the reference group"


def _stem(metric: str) -> str:
    return metric.removesuffix(SINCE).removesuffix("_difference").removesuffix("_ratio")


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
