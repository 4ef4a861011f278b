"""Which p-values are corrected together, so that many comparisons do not find what is not there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.measures.disparity import Disparity
from monitor.measures.measurement import Measurement, changed
from monitor.measures.rows import Floats
from monitor.measures.significance import benjamini_hochberg, holm
from monitor.terms import Task

# What a new model is watched for: its sensitive features' groups share one family per feature,
# however many of these metrics there are.  Any other metric is a family of its own.
WATCHED: Mapping[Task, tuple[str, ...]] = {
    Task.BINARY: (
        *("demographic_parity_ratio", "demographic_parity_difference"),
        *("equal_opportunity_ratio", "equal_opportunity_difference"),
        "equalized_odds_difference",
    ),
    Task.MULTICLASS: (
        *("demographic_parity_ratio", "demographic_parity_difference"),
        *("equal_opportunity_ratio", "equal_opportunity_difference"),
        "accuracy_difference",
    ),
    Task.REGRESSION: (
        *("demographic_parity_ratio", "demographic_parity_difference"),
        *("mean_absolute_error_ratio", "mean_residual_difference"),
    ),
}


class Correction(StrEnum):
    """Holm where a finding may alert, Benjamini and Hochberg's where many groups are explored."""

    HOLM = "Holm"
    EXPLORING = "Benjamini-Hochberg"


RULES: Mapping[Correction, Callable[[Sequence[float]], Floats]] = {
    Correction.HOLM: holm,
    Correction.EXPLORING: benjamini_hochberg,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A measurement whose p answers ``hypothesis``, among all of the same ``family``.

    A difference and a ratio of the same rates are two ways to put one hypothesis, which counts
    once.
    """

    measurement: Measurement
    family: Hashable
    hypothesis: Hashable


def question(m: Measurement, disparity: Disparity, task: Task) -> Question:
    """Watched metrics are one family, and any other is its own."""
    watched = disparity.metric in WATCHED[task]
    return Question(m, "watched" if watched else disparity.metric, (disparity.parts, m.group))


def corrected(questions: Iterable[Question], by: Correction = Correction.HOLM) -> list[Measurement]:
    """The measurements in order, their p-values corrected over those of their family that may be
    judged; the others have none.
    """
    asked = list(questions)
    families = dict.fromkeys(q.family for q in asked)
    answers = {family: _answers(asked, family, by) for family in families}
    return [_with(q, answers[q.family], by) for q in asked]


def together(rows: Iterable[Measurement]) -> list[Measurement]:
    """One metric of several groups, corrected by Holm."""
    return corrected(Question(m, m.metric, m.group) for m in rows)


def _answers(asked: Sequence[Question], family: Hashable, by: Correction) -> dict[Hashable, float]:
    raw: dict[Hashable, float] = {}
    for q in asked:
        m = q.measurement
        if q.family == family and m.verdict is None and m.p is not None:
            raw.setdefault(q.hypothesis, m.p)
    return dict(zip(raw, RULES[by](list(raw.values())).tolist(), strict=True))


def _with(q: Question, answers: Mapping[Hashable, float], by: Correction) -> Measurement:
    m = q.measurement
    judged = m.verdict is None and m.p is not None
    return changed(
        m,
        p=answers[q.hypothesis] if judged else None,
        family=max(len(answers), 1),
        method=f"{m.method}; {by} p" if m.value is not None else m.method,
    )
