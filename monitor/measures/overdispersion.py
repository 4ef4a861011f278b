"""How much more a column's counts vary from time to time than chance alone would make them.

Batches of a living process differ: Mondays are not Sundays.  A test that knows only of chance calls
that drift.  How much more pieces of the reference differ than chance allows is therefore measured
once, and every later test allows for as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from monitor.measures import distance
from monitor.measures.merging import merged_counts
from monitor.measures.profile import Profile
from monitor.measures.significance import two_sample_chi2

FEWEST_PIECES = 8


def excess_of(
    pieces: Sequence[Mapping[str, Profile]], reference: Mapping[str, Profile]
) -> dict[str, float]:
    """The extra variance per row of each column's counts; 0 where pieces differ as chance has it.

    Each piece is compared with the rest of the reference: χ²/df is 1 + excess·N on average, with
    N = nm/(n+m) of its rows n and the rest's m.  Columns of which fewer than eight pieces can be
    compared are left out.
    """
    found = {}
    for name, whole in reference.items():
        ratios = [_ratio(piece[name], whole) for piece in pieces if name in piece]
        known = [ratio for ratio in ratios if ratio is not None]
        if len(known) >= FEWEST_PIECES:
            phi, size = np.mean(known, axis=0)
            found[name] = max(float(phi) - 1.0, 0.0) / float(size)
    return found


def phi(excess: float, n: float, m: float) -> float:
    """The over-dispersion φ of a comparison of n rows with m: variance over that of chance alone.

    It grows with the rows: what differs between days shows the more, the surer chance is known.

    >>> phi(0.01, 100, 100)
    1.5
    """
    return 1.0 + excess * n * m / (n + m) if n and m else 1.0


def _ratio(piece: Profile, whole: Profile) -> tuple[float, float] | None:
    """χ²/df of a piece against the rest, and the N of both; None where there is one bin."""
    if not 0 < piece.known < whole.known:
        return None
    c, r = merged_counts(piece, whole)
    statistic, df, _ = two_sample_chi2(*distance.joined(c, r - c))
    n, m = piece.known, whole.known - piece.known
    return (statistic / df, n * m / (n + m)) if df else None
