"""What could be done about an incident, each with its reason in numbers, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.alerts.grouping import Breach, Rung, listed, rung
from monitor.alerts.rule import Rule
from monitor.alerts.suspects import NOBODY, NOT_YET
from monitor.measures.catalogue import METRICS, Better
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_interval, format_rows, format_value
from monitor.terms import Verdict, counted

ENOUGH_LABELS: Final = 0.9  # the share from which the others will hardly move a number
LASTS: Final = 3  # batches in a row after which it will hardly go by itself
OFTEN: Final = 6  # batches from which on the share of broken ones says something of the limit


class Remedy(StrEnum):
    """What can be done, in the order in which we would look at it."""

    PIPELINE = "fix the pipeline"
    WAIT = "wait for labels"
    ROLL_BACK = "roll back"
    RETRAIN = "retrain"
    THRESHOLD = "change the threshold"
    LIMIT = "change the limit"
    NOTHING = "do nothing"


@dataclass(frozen=True, slots=True)
class Labels:
    """How many of the batch's ``rows`` have their label, and how the model's labels usually come:
    within ``wait_days``, of which ``days_gone`` have gone since the batch ended."""

    there: int
    rows: int
    wait_days: int
    days_gone: int


@dataclass(frozen=True, slots=True)
class Rival:
    """Another version, with the same number on the same batch; None where it never scored it."""

    number: int
    measurement: Measurement | None


@dataclass(frozen=True, slots=True)
class Shift:
    """The same number on the same batch, had predictions been made at another threshold, and the
    share of rows predicted positive before and then."""

    threshold: float
    measurement: Measurement
    share_before: float
    share: float


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the incident.

    ``together`` are the broken limits of the same batch that are not over, the incident's own among
    them, and ``broke`` all of them, as they were when they broke.  ``course``
    is the verdict on the same number in the newest batches, oldest first, ``endings`` how many
    batches each earlier incident about the same lasted.  ``shifts`` are what other thresholds than
    ``threshold`` would have made of it, none where no score decides.  ``surprise`` is how far
    labels fell short of what scores had promised, ``suspects`` the suspected causes in words.
    """

    rule: Rule
    version: int
    together: Sequence[Breach]
    broke: Sequence[Breach] = ()
    course: Sequence[Verdict] = ()
    endings: Sequence[int] = ()
    labels: Labels | None = None
    rivals: Sequence[Rival] = ()
    threshold: float = 0.5
    shifts: Sequence[Shift] = ()
    surprise: Measurement | None = None
    suspects: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One remedy; ``reason`` is what speaks for it in numbers, or why it is not ``available``."""

    remedy: Remedy
    title: str
    reason: str
    available: bool = True
    recommended: bool = False


Found = tuple[Option, bool]  # and whether its numbers speak for it


def _not(remedy: Remedy, title: str, reason: str) -> Found:
    return Option(remedy, title, reason, available=False), False


def _pipeline(m: Measurement, context: Context) -> Found:
    title = "Fix the pipeline"
    broken = _on(context, Rung.SERVICE, Rung.QUALITY)
    if broken:
        asked = f"{listed(broken)}: ask whoever delivers it, and have the rows sent again."
        return Option(Remedy.PIPELINE, title, asked), True
    moved = _on(context, Rung.INPUT)
    if moved:
        asked = f"{listed(moved)}: ask whoever delivers it whether that was meant."
        return Option(Remedy.PIPELINE, title, f"{asked} No column's data is broken."), False
    if context.suspects and not context.suspects.startswith((NOBODY, NOT_YET)):
        asked = f"{context.suspects} Ask whoever delivers them whether they mean what they meant."
        # A model that is trained again learns such a change, and the gap with it.
        return Option(Remedy.PIPELINE, "Ask about the suspected columns", asked), bool(m.attribute)
    return _not(Remedy.PIPELINE, title, "No limit of data quality or drift broke in this batch.")


def _on(context: Context, *rungs: Rung) -> list[Breach]:
    return [one for one in context.together if rung(one.measurement) in rungs]


def _wait(m: Measurement, context: Context) -> Found:
    title, labels = "Wait for labels", context.labels
    if m.metric not in METRICS or not METRICS[m.metric].needs_labels:
        return _not(Remedy.WAIT, title, "The number is not made of labels.")
    if labels is None or not labels.rows:
        return _not(Remedy.WAIT, title, "The batch that it was about is not there any more.")
    if labels.there >= labels.rows:
        return _not(Remedy.WAIT, title, f"All {labels.rows:,} labels are there.")
    told = f"{labels.there:,} of {labels.rows:,} labels are there"
    days = counted(labels.wait_days, "day")
    if labels.days_gone >= labels.wait_days:
        late = f"{told}, and the {days} that they usually take have gone: more may never come."
        return Option(Remedy.WAIT, title, late), False
    soon = f"{told}; they usually take {days}, of which {labels.days_gone} have gone."
    few = labels.there < ENOUGH_LABELS * labels.rows
    return Option(Remedy.WAIT, title, soon), few


def _roll_back(m: Measurement, context: Context) -> Found:
    title = "Roll back to another version"
    if not _of_the_model(m):
        return _not(Remedy.ROLL_BACK, title, "It is not the model that broke.")
    if not context.rivals:
        return _not(Remedy.ROLL_BACK, title, "There is no other version.")
    measured = [one for one in context.rivals if _value(one) is not None and m.value is not None]
    if not measured:
        unknown = max(one.number for one in context.rivals)
        told = f"Version {unknown} has not scored this batch: nothing says that it would be better."
        return Option(Remedy.ROLL_BACK, f"Roll back to version {unknown}", told), False
    best = min(measured, key=lambda one: _badness(m, _value(one)))
    told = _beside(m, best, context.version)
    if _badness(m, _value(best)) >= _badness(m, m.value):
        return _not(Remedy.ROLL_BACK, title, f"No other version is better: {told}")
    holds = best.measurement is not None and best.measurement.verdict is not Verdict.FAILING
    option = Option(Remedy.ROLL_BACK, f"Roll back to version {best.number}", told)
    return option, holds and not _on(context, Rung.QUALITY)


def _of_the_model(m: Measurement) -> bool:
    return rung(m) in (Rung.OUTPUT, Rung.OUTCOME, Rung.EVIDENCE)


def _value(rival: Rival) -> float | None:
    return None if rival.measurement is None else rival.measurement.value


def _badness(m: Measurement, value: float | None) -> float:
    """Larger is worse; infinite where there is no value."""
    definition = METRICS.get(m.metric)
    if value is None or definition is None:
        return float("inf")
    if definition.better is Better.NEITHER:
        return abs(value - (definition.neutral or 0.0))
    return value if definition.better is Better.LOWER else -value


def _beside(m: Measurement, best: Rival, version: int) -> str:
    theirs, ours = format_value(m.metric, _value(best)), format_value(m.metric, m.value)
    rows = format_rows(best.measurement.n if best.measurement else 0)
    return (
        f"On the same batch version {best.number} has {theirs} ({rows}), version {version} {ours}."
    )


def _retrain(m: Measurement, context: Context) -> Found:
    title = "Train the model again"
    if not _of_the_model(m):
        return _not(Remedy.RETRAIN, title, "It is not the model that broke.")
    broken = _on(context, Rung.QUALITY)
    if broken:
        told = f"Mend the data first, or it learns the fault: {listed(broken)}."
        return _not(Remedy.RETRAIN, title, told)
    streak = _streak(context.course)
    lasts = f"Broken in {counted(streak, 'batch')} in a row."
    said = _surprised(context.surprise)
    told = f"{said} {lasts}" if said else f"{lasts} One batch is little to learn from."
    if streak >= LASTS and not said:
        told = f"{lasts} No column's data is broken."
    return Option(Remedy.RETRAIN, title, told), bool(said) or streak >= LASTS


def _surprised(m: Measurement | None) -> str:
    """That inputs mean another outcome than they did, where that is established."""
    if m is None or m.verdict is not Verdict.FAILING:
        return ""
    between = format_interval(m.metric, m.low, m.high)
    value = format_value(m.metric, m.value)
    return f"Labels fell short of what scores promised by {value} ({between})."


def _streak(course: Sequence[Verdict]) -> int:
    """How many of the newest are failing, this one at least."""
    good = next((i for i, one in enumerate(reversed(course)) if one is not Verdict.FAILING), None)
    return max(1, len(course) if good is None else good)


def _threshold(m: Measurement, context: Context) -> Found:
    """Never recommended: who is to be selected is not for numbers to decide."""
    title = "Change the decision threshold"
    if not _of_the_model(m):
        return _not(Remedy.THRESHOLD, title, "It is not the model that broke.")
    if not context.shifts:
        told = "That it follows from a score and a threshold is not known of this number."
        return _not(Remedy.THRESHOLD, title, told)
    holding = [one for one in context.shifts if _within(m, one.measurement.value)]
    if not holding:
        tried = ", ".join(f"{one.threshold:g}" for one in context.shifts)
        told = f"None of {tried} would have kept it within its limit on this batch."
        return _not(Remedy.THRESHOLD, title, told)
    nearest = min(holding, key=lambda one: abs(one.threshold - context.threshold))
    told = _shifted(nearest, context.threshold)
    return Option(Remedy.THRESHOLD, f"{title} to {nearest.threshold:g}", told), False


def _within(m: Measurement, value: float | None) -> bool:
    """Whether the value is on the right side of the limits that ``m`` is judged by."""
    limits = (m.limit_low, m.limit_high)
    if value is None or limits == (None, None):
        return False
    low, high = limits
    return (low is None or value >= low) and (high is None or value <= high)


def _shifted(shift: Shift, threshold: float) -> str:
    m = shift.measurement
    shares = (f"{100 * share:.1f} %" for share in (shift.share, shift.share_before))
    return (
        f"At {shift.threshold:g} instead of {threshold:g} it would have been "
        f"{format_value(m.metric, m.value)} on the same batch ({format_rows(m.n)}); "
        f"predicted positive {' instead of '.join(shares)}."
    )


def _limit(m: Measurement, context: Context) -> Found:
    title = "Change the limit"
    if context.rule.low is None and context.rule.high is None:
        return _not(Remedy.LIMIT, title, "The rule takes the verdict that the number comes with.")
    broken, judged = context.course.count(Verdict.FAILING), len(context.course)
    short = sum(one <= 1 for one in context.endings)
    told = f"Broken in {broken} of the newest {counted(judged, 'batch')}"
    if context.endings:
        told += f"; {short} of {counted(len(context.endings), 'earlier incident')} lasted one batch"
    noisy = len(context.endings) >= LASTS and 2 * short > len(context.endings)
    always = judged >= OFTEN and 2 * broken >= judged
    return Option(Remedy.LIMIT, title, f"{told}."), noisy or always


def _nothing(m: Measurement, context: Context) -> Found:
    short, earlier = sum(one <= 1 for one in context.endings), len(context.endings)
    told = "It is the first incident about this; the next batch says whether it lasts."
    if earlier:
        told = f"{short} of {counted(earlier, 'earlier incident')} ended with the next batch."
    return Option(Remedy.NOTHING, "Do nothing yet, and look at the next batch", told), True


OPTIONS: Mapping[Remedy, Callable[[Measurement, Context], Found]] = {
    Remedy.PIPELINE: _pipeline,
    Remedy.WAIT: _wait,
    Remedy.ROLL_BACK: _roll_back,
    Remedy.RETRAIN: _retrain,
    Remedy.THRESHOLD: _threshold,
    Remedy.LIMIT: _limit,
    Remedy.NOTHING: _nothing,
}
