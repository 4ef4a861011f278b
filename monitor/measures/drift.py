"""Whether columns, scores, predictions and labels are spread differently from the reference.

PSI, χ² and the distances of shares look at some 20 bins merged from the kept ones by reference
quantile, or at the 19 commonest categories, the rest, and the unseen; Kolmogorov–Smirnov and
Wasserstein use all kept bins.  Missing and infinite values are left to ``quality``, but for the
change of how many are missing.  A column with too few values is judged together with earlier
batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import log

import numpy as np
from scipy.special import chdtrc

from monitor.measures import distance
from monitor.measures.column_distances import Apart, apart
from monitor.measures.drift_verdict import JUDGED_FROM, Compared, judge_columns
from monitor.measures.interval import Interval, newcombe
from monitor.measures.layout import PSEUDO_COLUMNS, Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.norms import Norms
from monitor.measures.overdispersion import phi
from monitor.measures.pooling import Earlier, Past, Pooled, nothing_earlier, pooled
from monitor.measures.profile import NumericProfile, Profile
from monitor.measures.tally import Outcomes, Profiles, Tally

SHARES = ("psi", "jensenshannon", "hellinger", "TVD", "chisquare")
NUMERIC = (*SHARES, "ks", "wasserstein")
# These go with the square root of what χ² and PSI go with; each with the most it can be.
ROOTED = {"jensenshannon": log(2) ** 0.5, "hellinger": 1.0, "TVD": 1.0}

Side = tuple[str, Pooled, Profile]


def measure(
    profiles: Profiles,
    outcomes: Outcomes,
    reference: Tally,
    layout: Layout,
    *,
    earlier: Earlier = nothing_earlier,
) -> list[Measurement]:
    """The distances of every column, its χ², φ and change of missing values; and drifted_columns
    and drifted_importance of the model.

    Only ``psi`` rows and ``drifted_columns`` are judged.  p-values are Holm's over all columns that
    could be compared.  ``earlier`` gives the tallies before this batch, newest first, to which a
    column with fewer than 200 values is added.
    """
    now, past = Tally(profiles, outcomes), Past(earlier)
    pairs = [
        (name, one, whole)
        for name in layout.edges
        if (one := column_of(now, name, layout)) is not None
        and (whole := column_of(reference, name, layout)) is not None
    ]
    sides = []
    for name, one, whole in pairs:
        pick = partial(column_of, name=name, layout=layout)
        sides.append((name, pooled(one, pick, past, rows=JUDGED_FROM), whole))
    compared = [*_compared(sides, layout.norms)]
    outputs = [name for name in PSEUDO_COLUMNS if layout.edges_beside_features(name) is not None]
    rows = max((profile.n for profile in profiles.columns.values()), default=0)
    changes = [_missing(*pair) for pair in pairs if pair[0] in profiles.columns]
    judged = judge_columns(compared, rows=rows, outputs=outputs, norms=layout.norms)
    return [*changes, *judged]


def column_of(tally: Tally, name: str, layout: Layout) -> Profile | None:
    """The profile of a feature or of a pseudo-column; None where it was not counted."""
    if name == "target" and layout.edges_beside_features(name) is not None:
        return tally.outcomes.target
    return tally.profiles.columns.get(name)


def _compared(sides: Sequence[Side], norms: Norms) -> Iterator[Compared]:
    reasons = [_incomparable(name, both.profile, whole) for name, both, whole in sides]
    known = [
        (both.profile, whole)
        for (_, both, whole), reason in zip(sides, reasons, strict=True)
        if not reason
    ]
    distances = iter(apart(known))
    for (name, both, whole), reason in zip(sides, reasons, strict=True):
        if reason:
            yield _undefined(name, both.profile, reason)
        else:
            yield _compare(name, both, whole, next(distances), norms)


def _compare(name: str, both: Pooled, reference: Profile, found: Apart, norms: Norms) -> Compared:
    current = both.profile
    statistic, df = found.statistic, found.df
    excess = norms.excess.get(name)
    varies = 1.0 if excess is None else phi(excess, current.known, reference.known)
    p = float(chdtrc(df, statistic / varies)) if df else 1.0
    numbers = [
        *_sizes(found, distance.noncentral_band(statistic / varies, df)),
        _chi2(statistic, df, p, current.known, None if excess is None else varies),
    ]
    if excess is not None:
        numbers.append(_overdispersion(varies, current.known, norms))
    if isinstance(current, NumericProfile) and isinstance(reference, NumericProfile):
        numbers += [
            _ks(found.by["ks"], current, reference),
            _wasserstein(found.by.get("wasserstein"), current, reference),
        ]
    known = tuple(changed(m, window=both.window) if both.window else m for m in numbers)
    return Compared(name, known, p, min(current.known, reference.known), window=both.window)


def _chi2(statistic: float, df: int, p: float, n: int, varies: float | None) -> Measurement:
    divided = "" if varies is None else f" ÷ φ {varies:.3g}"
    method = f"two-sample χ² = {statistic:.4g}{divided} on {df} degrees of freedom"
    return Measurement("chisquare", p, n, method=method)


def _overdispersion(varies: float, n: int, norms: Norms) -> Measurement:
    method = f"mean χ²/df over {norms.pieces} pieces of the reference, at these rows"
    return Measurement("overdispersion", varies, n, method=method)


def _sizes(found: Apart, band: Interval) -> list[Measurement]:
    """How large the difference over few bins is; the band says what of it may be real."""
    c, psi = found.few[0], found.by["psi"]
    n, how = int(c.sum()), f"{len(c)} bins; noncentral χ² band"
    return [
        Measurement(
            "psi",
            psi,
            n,
            psi * band.low,
            psi * band.high,
            method=f"½ added to each of {how}; Holm p",
        ),
        *(
            Measurement(
                metric, d, n, d * band.low**0.5, max(d, min(d * band.high**0.5, most)), method=how
            )
            for metric, most in ROOTED.items()
            for d in [found.by[metric]]
        ),
    ]


def _missing(name: str, current: Profile, reference: Profile) -> Measurement:
    """Share missing now minus share missing in the reference."""
    n, m = current.n, reference.n
    if not n or not m:
        reason = "The batch does not have this column." if m else "The reference has no rows."
        return Measurement("missing_rate_change", None, 0, feature=name, reason=reason)
    low, high = newcombe(current.missing, n, reference.missing, m).bounds
    return Measurement(
        "missing_rate_change",
        current.missing / n - reference.missing / m,
        n,
        low,
        high,
        feature=name,
        method="Newcombe",
        denominator=min(n, m),
    )


def _incomparable(name: str, current: Profile, reference: Profile) -> str:
    """Why the two cannot be compared; "" if they can."""
    if current.edges != reference.edges:
        return "The reference was counted in other bins."
    if not reference.known:
        return "The reference has no values of this column."
    if current.known:
        return ""
    if name == "target":
        return "No labels have arrived yet."
    return "Every value is missing." if current.n else "The batch does not have this column."


def _undefined(name: str, current: Profile, reason: str) -> Compared:
    metrics = NUMERIC if isinstance(current, NumericProfile) else SHARES
    found = tuple(Measurement(metric, None, 0, reason=reason) for metric in metrics)
    return Compared(name, found, float("nan"), 0)


def _ks(value: float, current: NumericProfile, reference: NumericProfile) -> Measurement:
    return Measurement(
        "ks",
        value,
        current.known,
        *distance.ks_interval(value, current.known, reference.known).bounds,
        method=f"at {current.edges.size - 1} cuts; Dvoretzky–Kiefer–Wolfowitz band",
    )


def _wasserstein(
    value: float | None, current: NumericProfile, reference: NumericProfile
) -> Measurement:
    if value is None:
        return Measurement(
            "wasserstein",
            None,
            current.known,
            reason="The reference has a single value, so there is no spread to measure by.",
        )
    c, r = current.counts.astype(np.float64), reference.counts.astype(np.float64)
    sums = current.sums / reference.std, reference.sums / reference.std
    return Measurement(
        "wasserstein",
        value,
        current.known,
        *distance.wasserstein_interval(value, c, r, *sums).bounds,
        method="over bin means, in reference standard deviations; simulated noise band",
    )
