"""How far off a regression is likely to be, and for which groups, before any label has arrived.

It holds while inputs shift and what they say about the error does not, and is called not reliable
where the batch is too unlike the reference.  When labels come, what they say beyond it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from monitor.measures.catalogue.estimated import ERRORS, ESTIMATED, REALISED
from monitor.measures.domain import Told
from monitor.measures.interval import Z95
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.significance import normal_p
from monitor.measures.unlabelled import group_errors
from monitor.measures.unlabelled.applicability import unlike
from monitor.measures.unlabelled.beforehand import Sides, exceed, foresee
from monitor.measures.unlabelled.expected_errors import estimate_of, measured, rooted
from monitor.measures.unlabelled.prices import Priced, learn
from monitor.measures.verdict import HIDDEN_BELOW, enough, hidden
from monitor.terms import Verdict

ROWS: Final = 200  # with fewer labelled reference rows there is too little to learn from
FEW_LABELS: Final = (
    f"The reference has too few labels to learn from how far off predictions are: {ROWS} rows are "
    "needed, there are {}."
)
NO_PREDICTIONS: Final = "No row of this batch has a prediction."
BEYOND: Final = "mean of error − that expected of the row; normal"


def measure(batch: Rows, reference: Rows, layout: Layout, told: Told) -> list[Measurement]:
    """Estimates of everybody, of every group and of the gaps between groups, and realised minus
    estimated over the rows with a label, of a regression.

    ``told`` is how the rows of batch and reference are told apart.  Where nothing can be estimated,
    one measurement says why.
    """
    now, then = Priced.of(batch, layout), Priced.of(reference, layout)
    then = then.where(then.labelled)
    reason = _too_little(now, then) or told.reason
    if reason:
        name = f"{ESTIMATED}{ERRORS[0]}"
        return [Measurement(name, None, now.n, verdict=Verdict.NOT_ENOUGH_DATA, reason=reason)]
    prices = learn(then)
    like, beyond = told.reference[then.places], then.costs - prices.left_out
    sides = Sides(now, prices(now.values), then, beyond, like)
    groups = group_errors.measure(sides, batch.groups, reference.groups, layout)
    found = [*_whole(sides), *groups, *_surprises(sides)]
    why = unlike(told, rows=sides.worth(np.ones(then.n, dtype=bool)))
    return [_doubted(m, why) for m in found] if why else found


def _too_little(now: Priced, then: Priced) -> str:
    if then.n < ROWS:
        return FEW_LABELS.format(f"{then.n:,}" if then.n else "none")
    return "" if now.n else NO_PREDICTIONS


def _doubted(m: Measurement, why: str) -> Measurement:
    """The estimate as it is shown and not judged, because of ``why``."""
    told = why if m.value is not None else m.reason
    return replace(m, verdict=Verdict.NOT_ENOUGH_DATA, reason=told)


def _whole(sides: Sides) -> Iterator[Measurement]:
    means = foresee(sides, *(np.ones(rows.n, dtype=bool) for rows in (sides.now, sides.then)))
    before = np.average(sides.then.costs, axis=0, weights=sides.then.weight)
    for place in range(len(ERRORS)):
        one = measured(estimate_of(means, place, group=""))
        yield replace(one, reference=rooted(place, before[place]))


def _surprises(sides: Sides) -> Iterator[Measurement]:
    """Realised minus estimated mean absolute error; nothing without a label."""
    rows = int(sides.now.labelled.sum())
    if not rows:
        return
    name = f"{REALISED}{ERRORS[0]}"
    about = Measurement(
        name, None, rows, method=BEYOND, denominator=rows, verdict=Verdict.NOT_ENOUGH_DATA
    )
    if rows < HIDDEN_BELOW:
        yield replace(about, reason=hidden(rows))
        return
    means = exceed(sides)
    value, error = float(means.value[0]), float(means.error[0])
    thin = enough(rows=rows, denominator=rows)
    yield replace(
        about,
        value=value,
        low=value - Z95 * error,
        high=value + Z95 * error,
        p=normal_p(value / error) if error else 1.0,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )
