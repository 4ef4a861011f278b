"""How much one batch says that a column is spread differently, beyond what it always varies.

The shares of a column's bins are taken to wander from batch to batch, as a Dirichlet around the
reference's: so little that PSI stays under .1 in 95 of 100 batches without drift, or so much that
it is .2, .4 or .8 on average.  e is the ratio of the two Dirichlet-multinomial likelihoods.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import chdtri, gammaln, logsumexp

from monitor.measures.rows import Floats

USUAL: Final = 0.1  # a PSI that is no drift
SIZES: Final = (0.2, 0.4, 0.8)  # mean PSI of drift that is looked for


def log_evidence(current: Floats, reference: Floats, *, excess: float = 0.0) -> float:
    """ln e of counts bin by bin; NaN where there is a single bin or an empty sample.

    ``excess`` is the extra variance per row that the reference itself shows over time (see
    ``overdispersion``).

    >>> log_evidence(np.array([50.0, 50.0]), np.array([500.0, 500.0])) < 0
    True
    """
    filled = (current + reference) > 0
    c, r = current[filled], reference[filled]
    if c.size < 2 or not c.sum() or not r.sum():
        return float("nan")
    df = c.size - 1
    shares = (r + 0.5) / (r + 0.5).sum()
    usual = USUAL / float(chdtri(df, 0.05)) + excess + 1 / r.sum()
    drifted = [log_likelihood(c, shares, wander=usual + size / df) for size in SIZES]
    return float(logsumexp(drifted) - np.log(len(SIZES)) - log_likelihood(c, shares, wander=usual))


def log_likelihood(counts: Floats, shares: Floats, *, wander: float) -> float:
    """Of counts whose shares are Dirichlet with mean ``shares`` and concentration 1/``wander``, but
    for what does not depend on either."""
    alpha = shares / wander
    total = gammaln(1 / wander) - gammaln(1 / wander + counts.sum())
    return float(total + (gammaln(alpha + counts) - gammaln(alpha)).sum())
