"""What probably caused a broken limit, in a few words: of a batch's other numbers, or nothing.

Columns whose data broke go first; then those that are known to have moved the number; and where
that was not looked at yet, those that drifted, by how much the model goes by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.alerts.words import family, one_line
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import SINCE
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import SIGNIFICANT
from monitor.measures.wording import format_value
from monitor.terms import Verdict

NAMED = 3
WORTH = 0.1  # of all that was lost; what explains less is passed over
NOBODY = "No column stands out."
NOT_YET = "No column has drifted beyond its limit; other causes were not looked for yet."
DRIFT = "psi"
_BEYOND = (Verdict.FAILING, Verdict.AT_RISK)
_SELECTIONS = "demographic_parity_contribution"


def is_evidence(metric: str) -> bool:
    """Whether numbers of this metric may say what caused another's."""
    found = METRICS[metric].family if metric in METRICS else ""
    return metric == DRIFT or found in ("causes", "quality")


def suspected(m: Measurement, batch: Sequence[Measurement], weights: Mapping[str, float]) -> str:
    """A few words on ``m``; "" for what has no cause among columns, such as a missing batch.

    ``batch`` are the numbers of the same batch, ``weights`` the features' shares of importance.
    """
    if _about(m) not in ("performance", "fairness", "drift"):
        return ""
    columns = [one for one in batch if one.feature and one.key != m.key]
    whole = {one.metric: one for one in batch if not one.feature}
    explained = _contributions(m, columns)
    moved = _moved(m, explained, whole) if explained else _drifted(columns, weights)
    facts: dict[str, list[str]] = {}
    for column, fact in (*_broken(columns), *moved):
        facts.setdefault(column, []).append(fact)
    named = [f"{one_line(column)} ({', '.join(said)})" for column, said in facts.items()]
    told = ", ".join(named[:NAMED])
    nobody = NOBODY if explained or _about(m) == "drift" else NOT_YET
    return " ".join(filter(None, (f"{told}." if told else nobody, _left_over(m, whole))))


def _about(m: Measurement) -> str:
    """What kind of number it is; an estimate is about what it estimates, a gap since deployment
    about the gap, and evidence of change about whatever moved."""
    found = family(m)
    if found == "sequence":
        return "fairness" if m.attribute else "drift"
    return "performance" if found == "estimated" else found


def _broken(rows: Sequence[Measurement]) -> Iterator[tuple[str, str]]:
    """Columns with more missing, infinite, unseen or outlying values than their limit allows."""
    for one in rows:
        quality = one.metric in METRICS and METRICS[one.metric].family == "quality"
        if quality and one.verdict in _BEYOND:
            what = METRICS[one.metric].title.lower()
            yield one.feature, f"{format_value(one.metric, one.value)} {what}"


def _contributions(m: Measurement, columns: Sequence[Measurement]) -> list[Measurement]:
    """Those to that very number; of a gap that has none, those to the gap in selection rates."""
    if _about(m) == "drift":
        return []
    if _about(m) == "performance":
        return [one for one in columns if one.metric in ("loss_contribution", "error_contribution")]
    own = [one for one in columns if (one.attribute, one.group) == (m.attribute, m.group)]
    exact = [one for one in own if one.metric == _contribution_to(m)]
    return exact or [one for one in own if one.metric == _SELECTIONS]


def _contribution_to(m: Measurement) -> str:
    named = m.metric.removeprefix("estimated_").removesuffix(SINCE)
    stem = named.removesuffix("_difference").removesuffix("_ratio")
    return f"{stem}_contribution"


def _moved(
    m: Measurement, explained: Sequence[Measurement], whole: Mapping[str, Measurement]
) -> Iterator[tuple[str, str]]:
    """Established contributions that do harm, largest first; "lost" is told where it is known."""
    lost = next((whole[k].value for k in ("loss_change", "error_change") if k in whole), None)
    lost = lost if _about(m) == "performance" else None
    for one in sorted(explained, key=lambda one: -abs(one.value or 0.0)):
        sure = one.p is not None and one.p <= SIGNIFICANT
        large = lost is None or (one.value or 0.0) >= WORTH * lost
        if sure and large and _harms(m, one):
            yield one.feature, _share(m, one, lost)


def _harms(m: Measurement, one: Measurement) -> bool:
    """Whether it goes where the broken number went."""
    if one.value is None or m.value is None:
        return False
    if _about(m) == "performance":
        return one.value > 0
    neutral = METRICS[m.metric].neutral or 0.0 if m.metric in METRICS else 0.0
    other = one.metric != _contribution_to(m)  # another gap may lie on the other side
    return other or (one.value > 0) == (m.value > neutral)


def _share(m: Measurement, one: Measurement, lost: float | None) -> str:
    value = format_value(one.metric, one.value)
    if _about(m) == "fairness":
        of = "the gap" if one.metric == _contribution_to(m) else "the gap in selection rates"
        return f"{value} of {of}"
    if not lost:
        return f"worth {value}"
    total = format_value(one.metric, lost)
    growth = one.metric == "error_contribution"
    return f"{value} of the {total} added to the error" if growth else f"{value} of {total} lost"


def _drifted(
    rows: Sequence[Measurement], weights: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    """Features beyond the limit of drift, by drift times importance."""
    moved = [one for one in rows if one.metric == DRIFT and one.verdict in _BEYOND]
    features = [one for one in moved if one.feature not in ("prediction", "score", "target")]
    for one in sorted(features, key=lambda one: -_weighed(one, weights)):
        yield one.feature, f"PSI {format_value('psi', one.value)}"


def _weighed(one: Measurement, weights: Mapping[str, float]) -> float:
    return (one.value or 0.0) * (weights.get(one.feature, 0.0) if weights else 1.0)


def _left_over(m: Measurement, whole: Mapping[str, Measurement]) -> str:
    """What no column explains, where it is established."""
    if _about(m) != "performance":
        return ""
    for metric in ("loss_unexplained", "error_unexplained"):
        left = whole.get(metric)
        if left is not None and left.low is not None and left.low > 0:
            return f"Explained by no column: {format_value(metric, left.value)}."
    return ""
