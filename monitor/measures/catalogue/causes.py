"""Numbers that say where a change comes from: columns and slices, made of samples of rows."""

from __future__ import annotations

from monitor.measures.catalogue.definition import (
    ALL,
    ANY,
    BY_UNIT,
    CLASSES,
    LOWER,
    NEITHER,
    REGRESSION,
    Better,
    Metric,
    Unit,
)
from monitor.terms import Task

_ROWS = "rows of the batch's sample with a label"
_SLICE = "rows of the slice in the half of the sample that confirmed it"


def _cause(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    unit: Unit = "points",
    better: Better = NEITHER,
    needs_labels: bool = True,
    denominator: str = _ROWS,
) -> Metric:
    return Metric(
        name,
        title,
        "causes",
        tasks,
        better,
        0.0,
        unit,
        needs_labels,
        formula,
        "Fairwatch",
        words,
        sampled=True,
        denominator=denominator,
        range=ANY if unit == "number" else BY_UNIT[unit],
    )


def _losses(stem: str, loss: str, tasks: tuple[Task, ...], unit: Unit) -> tuple[Metric, ...]:
    """What is told of a loss: the share of wrong predictions, or the mean absolute error."""
    return (
        _cause(
            f"{stem}_change",
            f"{loss.capitalize()} since the reference",
            tasks,
            f"{loss} of the batch − that of the reference",
            "How much worse predictions are than on the reference.",
            unit=unit,
            better=LOWER,
        ),
        _cause(
            f"{stem}_unexplained",
            "Explained by no column",
            tasks,
            "mean of loss − the loss that trees grown on the reference expect of the row",
            "How much worse predictions are for rows like those the reference holds.",
            unit=unit,
            better=LOWER,
        ),
        _cause(
            f"{stem}_contribution",
            f"Contribution to the {loss}",
            tasks,
            "Σ(q − p)·mean reference loss of the bin, q and p the shares of batch and reference",
            "How much worse predictions would have been on the reference, had this column been "
            "spread there as it is now.",
            unit=unit,
            better=LOWER,
            denominator="rows of the batch's sample, those with a label where there are enough",
        ),
        _cause(
            f"slice_{stem}_difference",
            f"{loss.capitalize()} of a slice against the rest",
            tasks,
            f"{loss} in the slice − that of all other rows",
            "Where the model is weakest: how much worse predictions are for these rows than for "
            "the others of the batch.",
            unit=unit,
            denominator=_SLICE,
        ),
        _cause(
            f"slice_{stem}_change",
            f"Growth of the {loss} in a slice",
            tasks,
            f"change of the {loss} since the reference in the slice − that of all other rows",
            "Where the model became worse: how much more predictions lost for these rows than for "
            "the others.",
            unit=unit,
            denominator=_SLICE,
        ),
    )


def _contribution(
    stem: str, of: str, tasks: tuple[Task, ...], unit: Unit, *, needs_labels: bool = True
) -> Metric:
    return _cause(
        f"{stem}_contribution",
        f"Contribution to the gap in {of}",
        tasks,
        "Σ[(q − p) − (q₀ − p₀)]·mean of the reference's rows in the bin, q₀ and p₀ the shares of "
        "the reference group",
        f"How much the gap in {of} moved because this column moved for one group and not alike "
        "for the other.",
        unit=unit,
        needs_labels=needs_labels,
        denominator="rows of both groups in the batch's sample",
    )


def _slice(stem: str, of: str, tasks: tuple[Task, ...], *, needs_labels: bool = True) -> Metric:
    return _cause(
        f"slice_{stem}_difference",
        f"Gap in {of} of a slice against the rest",
        tasks,
        f"gap in {of} in the slice − that among all other rows",
        f"Where groups are furthest apart: how much wider the gap in {of} is among these rows.",
        needs_labels=needs_labels,
        denominator="rows of either group in the slice, in the half that confirmed it",
    )


CAUSES = (
    *_losses("loss", "share of wrong predictions", CLASSES, "points"),
    *_losses("error", "mean absolute error", REGRESSION, "number"),
    _contribution("demographic_parity", "selection rate", ALL, "points", needs_labels=False),
    _contribution("equal_opportunity", "equal opportunity", CLASSES, "points"),
    _contribution("accuracy", "accuracy", CLASSES, "points"),
    _contribution("mean_absolute_error", "mean absolute error", REGRESSION, "number"),
    _slice("demographic_parity", "selection rate", ALL, needs_labels=False),
    _slice("equal_opportunity", "equal opportunity", CLASSES),
)
