"""How unequal outcomes are over all groups at once, and from person to person."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from monitor.measures.bootstrap import DRAWS, again, alike, basic, chance, resample
from monitor.measures.crosstab import Crosstab, crosstab
from monitor.measures.groupings import EVERYBODY
from monitor.measures.indices import differential_fairness, generalized_entropy, theil
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.outcomes import Outcomes
from monitor.measures.pairs import Joint
from monitor.measures.rows import Floats, Texts
from monitor.measures.verdict import enough
from monitor.terms import Task, Verdict

INDICES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "generalized_entropy_index": generalized_entropy,
    "theil_index": theil,
}
TOO_FEW = "Fewer than two groups have enough rows to be compared."
NO_LABELS = "No row has a label."


def measure(outcomes: Outcomes, layout: Layout, *, draws: int) -> list[Measurement]:
    """ε over the groups of every sensitive feature and of every intersection, and the inequality of
    benefits among everybody; without ``draws`` there are no intervals.
    """
    crossed = (pair.attribute for pair in layout.joined(Joint.CROSSED))
    found: list[Measurement] = []
    if layout.task is not Task.REGRESSION or layout.favourable_range:
        found += [_epsilon(outcomes, name, draws) for name in (*layout.attributes, *crossed)]
    if layout.favourable and layout.task is not Task.REGRESSION:
        found += _benefits(outcomes, layout, draws)
    return found


def _epsilon(outcomes: Outcomes, attribute: str, draws: int) -> Measurement:
    """Over the groups that are shown; half a row in each outcome keeps all of them finite."""
    table = crosstab(outcomes.cells, attribute).shown
    about = Measurement(
        "differential_fairness",
        None,
        int(table.rows.sum()),
        attribute=attribute,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if len(table.groups) < 2:
        return changed(about, reason=TOO_FEW)
    value = float(differential_fairness(table.counts))
    smallest = int(table.sizes.min())
    thin = enough(rows=smallest, denominator=smallest)
    found = changed(
        about,
        value=value,
        denominator=smallest,
        method="Dirichlet ½",
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=f"{table.groups[int(table.sizes.argmin())]}: {thin}" if thin else "",
    )
    return _epsilon_drawn(found, table, value) if draws else found


def _epsilon_drawn(found: Measurement, table: Crosstab, value: float) -> Measurement:
    low, high = basic(value, differential_fairness(again(table.counts))).bounds
    p, band = chance(value, differential_fairness(alike(table.counts)))
    method = f"Dirichlet ½, {DRAWS:,} multinomial draws"
    return changed(found, low=low, high=high, p=p, baseline=band, method=method)


def _benefits(outcomes: Outcomes, layout: Layout, draws: int) -> list[Measurement]:
    """Of b = predicted − actual + 1 where favourable counts 1: 0 is a favour denied, 2 one too many
    (Speicher et al. 2018).
    """

    def benefit(actual: Texts, predicted: Texts) -> Texts:
        was, said = (np.isin(labels, layout.favourable) for labels in (actual, predicted))
        return np.where(actual == "", "", (said.astype(int) - was + 1).astype(str)).astype(object)

    table = crosstab(outcomes.cells, EVERYBODY, benefit)
    n = int(table.rows.sum())
    if not n:
        nothing = Measurement("", None, 0, verdict=Verdict.NOT_ENOUGH_DATA, reason=NO_LABELS)
        return [changed(nothing, metric=metric) for metric in INDICES]
    benefits = np.array(table.outcomes, dtype=np.float64)
    drawn = resample(table.counts[0], effective=table.effective) if draws else None
    return [
        _index(metric, of, table.counts[0], benefits, drawn, n=n) for metric, of in INDICES.items()
    ]


def _index(
    metric: str,
    of: Callable[[Floats, Floats], Floats],
    counts: Floats,
    benefits: Floats,
    drawn: Floats | None,
    *,
    n: int,
) -> Measurement:
    value = float(of(counts, benefits))
    if np.isnan(value):
        reason = "Everybody was denied a favourable outcome that they should have had."
        return Measurement(metric, None, n, verdict=Verdict.NOT_ENOUGH_DATA, reason=reason)
    found = Measurement(metric, value, n, denominator=n)
    if drawn is None:
        return found
    low, high = basic(value, of(drawn, benefits)).bounds
    return changed(found, low=low, high=high, method=f"{DRAWS:,} multinomial draws")
