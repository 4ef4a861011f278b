"""How right and how even-handed a model is likely to be before any label has arrived.

Each row counts as positive by its calibrated score (CBPE); intervals are those of labels drawn
again and again by such chances.  It holds while inputs shift and their relation to the outcome does
not, and is called not reliable where the batch is too unlike the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.measures.catalogue.estimated import ESTIMATED, OF_GROUPS, WHOLE
from monitor.measures.layout import Layout
from monitor.measures.losses import GroupKey
from monitor.measures.measurement import Measurement, changed
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import Tally
from monitor.measures.unlabelled.applicability import unreliable
from monitor.measures.unlabelled.calibrations import EVERYONE, Calibrations
from monitor.measures.unlabelled.foreseen import foresee, measured
from monitor.measures.unlabelled.gaps import gaps
from monitor.measures.unlabelled.grouped import Counted, by_prediction
from monitor.measures.verdict import JUDGED_FROM, ROWS_JUDGED_FROM
from monitor.terms import Verdict

HEADLINE = f"{ESTIMATED}accuracy"  # stands for all where nothing can be estimated
PER_GROUP = ("accuracy", "precision", "roc_auc", *OF_GROUPS)
NO_ROWS = "No row of this batch has both a prediction and a probability."


def measure(
    outcomes: Outcomes,
    calibrations: Calibrations,
    layout: Layout,
    *,
    earlier: Iterable[Tally] = (),
) -> list[Measurement]:
    """Estimates of everybody and of every group, and the gaps between groups, of a binary task.

    Rows of small groups are taken together with those of ``earlier`` tallies, newest first.  Where
    nothing can be estimated, one measurement says why.
    """
    counted = by_prediction(outcomes)
    if calibrations.reason or EVERYONE not in counted or not counted[EVERYONE].weight:
        return [nothing(outcomes, calibrations.reason or NO_ROWS)]
    why = why_unreliable(counted[EVERYONE], calibrations)
    foreseen = {
        group: foresee(group, total, calibrations, window=window)
        for group, (total, window) in _enlarged(counted, calibrations, earlier).items()
        if total.weight
    }
    found = [measured(foreseen[EVERYONE], metric) for metric in (*WHOLE, *OF_GROUPS)]
    for attribute in layout.attributes:
        groups = {g.group: f for g, f in foreseen.items() if g.attribute == attribute}
        found += [measured(f, metric) for f in groups.values() for metric in PER_GROUP]
        found += gaps(groups, layout, attribute=attribute)
    return [doubted(m, why) for m in found] if why else found


def beside(found: Iterable[Measurement], reference: Iterable[Measurement]) -> list[Measurement]:
    """The same estimates, each with what came true on the reference."""
    before = {m.key: m.value for m in reference}
    return [
        changed(m, reference=before.get((m.metric.removeprefix(ESTIMATED), *m.key[1:])))
        for m in found
    ]


def nothing(outcomes: Outcomes, reason: str) -> Measurement:
    """One measurement that says why there is none."""
    rows = outcomes.cells.rows
    return Measurement(HEADLINE, None, rows, verdict=Verdict.NOT_ENOUGH_DATA, reason=reason)


def why_unreliable(everyone: Counted, calibrations: Calibrations) -> str:
    """Why estimates of these rows are no more than a hope; "" where they are more."""
    reference = calibrations.best(EVERYONE)
    yes, no = everyone.dense()
    return unreliable(reference.weight, yes + no, rows=reference.rows)


def doubted(m: Measurement, why: str) -> Measurement:
    """The estimate as it is shown and not judged, because of ``why``."""
    return changed(
        m, verdict=Verdict.NOT_ENOUGH_DATA, reason=why if m.value is not None else m.reason
    )


def _enlarged(
    counted: Mapping[GroupKey, Counted], calibrations: Calibrations, earlier: Iterable[Tally]
) -> dict[GroupKey, tuple[Counted, str]]:
    """Groups with what earlier batches add to the small ones, and the window in words."""
    found = {group: (one, "") for group, one in counted.items()}
    small = {group for group, one in counted.items() if _is_small(group, one, calibrations)}
    for batches, tally in enumerate(earlier if small else (), start=2):
        older = by_prediction(tally.outcomes)
        for group in small & older.keys():
            found[group] = (found[group][0] + older[group], f"last {batches} batches")
        small = {group for group in small if _is_small(group, found[group][0], calibrations)}
        if not small:
            break
    return found


def _is_small(group: GroupKey, counted: Counted, calibrations: Calibrations) -> bool:
    """Whether a rate over its expected positives or negatives could not be judged."""
    if not counted.weight:
        return True
    chances = calibrations.best(group).fitted(counted.bins)
    share = float((counted.yes + counted.no) @ chances) / counted.weight
    rarer = counted.rows * min(share, 1 - share)
    return counted.rows < ROWS_JUDGED_FROM or rarer < JUDGED_FROM
