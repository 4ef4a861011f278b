"""Whether columns, scores, predictions and labels are spread differently from the reference.

PSI, Jensen–Shannon and χ² look at some 20 bins merged from the kept ones by reference quantile, or
at the 19 commonest categories, the rest, and the unseen; Kolmogorov–Smirnov and Wasserstein use all
kept bins.  Missing and infinite values are left to ``quality``.
"""

from __future__ import annotations

import numpy as np

from monitor.measures import distance
from monitor.measures.drift_verdict import Compared, judge_columns
from monitor.measures.interval import Interval
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.profile import CategoricalProfile, NumericProfile, Profile
from monitor.measures.rows import Floats, Ints
from monitor.measures.significance import two_sample_chi2
from monitor.measures.tally import Outcomes, Profiles, Tally

BINS = 20
NUMERIC = ("psi", "jensenshannon", "ks", "wasserstein", "chisquare")
CATEGORICAL = ("psi", "jensenshannon", "chisquare")


def measure(
    profiles: Profiles, outcomes: Outcomes, reference: Tally, layout: Layout
) -> list[Measurement]:
    """psi, jensenshannon, chisquare, and for numbers ks and wasserstein, of every column; and
    drifted_columns of the model.

    Only ``psi`` rows and ``drifted_columns`` are judged.  p-values are Holm's over all columns that
    could be compared.
    """
    before = reference.profiles.columns
    pairs = [
        (name, profiles.columns[name], before[name])
        for name in layout.edges
        if name in profiles.columns and name in before
    ]
    if outcomes.target is not None and reference.outcomes.target is not None:
        pairs.append(("target", outcomes.target, reference.outcomes.target))
    rows = max((profile.n for profile in profiles.columns.values()), default=0)
    return judge_columns([_compare(*pair) for pair in pairs], rows=rows)


def _compare(name: str, current: Profile, reference: Profile) -> Compared:
    reason = _incomparable(name, current, reference)
    if reason:
        return _undefined(name, current, reason)
    c, r = merged_counts(current, reference)
    statistic, df, p = two_sample_chi2(*distance.joined(c, r))
    found = [
        *_sizes(c, r, distance.noncentral_band(statistic, df)),
        Measurement(
            "chisquare",
            p,
            current.known,
            method=f"two-sample χ² = {statistic:.4g} on {df} degrees of freedom",
        ),
    ]
    if isinstance(current, NumericProfile) and isinstance(reference, NumericProfile):
        found += [_ks(current, reference), _wasserstein(current, reference)]
    return Compared(name, tuple(found), p, min(current.known, reference.known))


def _sizes(c: Floats, r: Floats, band: Interval) -> list[Measurement]:
    """How large the difference over few bins is; the band says what of it may be real."""
    n, psi, shape = int(c.sum()), distance.psi(c, r), distance.jensenshannon(c, r)
    how = f"{len(c)} bins; noncentral χ² band"
    # The distance goes with the square root of what χ² and PSI go with.
    root = Interval(shape * band.low**0.5, shape * band.high**0.5)
    return [
        Measurement(
            "psi",
            psi,
            n,
            psi * band.low,
            psi * band.high,
            method=f"½ added to each of {how}; Holm p",
        ),
        Measurement("jensenshannon", shape, n, *root.bounds, method=how),
    ]


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
    metrics = NUMERIC if isinstance(current, NumericProfile) else CATEGORICAL
    found = tuple(Measurement(metric, None, 0, reason=reason) for metric in metrics)
    return Compared(name, found, float("nan"), 0)


def merged_counts(current: Profile, reference: Profile) -> tuple[Floats, Floats]:
    """Both profiles' counts in the same few bins, which the reference alone decides."""
    if isinstance(current, NumericProfile):
        bins = distance.coarse(reference.counts.astype(np.float64), bins=BINS)
        _, places = np.unique(bins, return_inverse=True)
        return distance.added(places, current.counts), distance.added(places, reference.counts)
    assert isinstance(reference, CategoricalProfile)
    order = np.argsort(-reference.counts, kind="stable")
    return _commonest(current, order), _commonest(reference, order)


def _commonest(profile: CategoricalProfile, order: Ints) -> Floats:
    """The commonest categories in ``order``, the rest if there are any, and the unseen."""
    counts = profile.counts[order]
    kept = counts if len(counts) <= BINS else [*counts[: BINS - 1], counts[BINS - 1 :].sum()]
    return np.array([*kept, profile.other], dtype=np.float64)


def _ks(current: NumericProfile, reference: NumericProfile) -> Measurement:
    c, r = current.counts.astype(np.float64), reference.counts.astype(np.float64)
    value = distance.ks(c, r)
    return Measurement(
        "ks",
        value,
        current.known,
        *distance.ks_interval(value, current.known, reference.known).bounds,
        method=f"at {len(c) - 1} cuts; Dvoretzky–Kiefer–Wolfowitz band",
    )


def _wasserstein(current: NumericProfile, reference: NumericProfile) -> Measurement:
    scale = reference.std
    if not scale > 0:
        return Measurement(
            "wasserstein",
            None,
            current.known,
            reason="The reference has a single value, so there is no spread to measure by.",
        )
    c, r = current.counts.astype(np.float64), reference.counts.astype(np.float64)
    sums = current.sums / scale, reference.sums / scale
    value = distance.wasserstein(c, r, *sums)
    return Measurement(
        "wasserstein",
        value,
        current.known,
        *distance.wasserstein_interval(value, c, r, *sums).bounds,
        method="over bin means, in reference standard deviations; simulated noise band",
    )
