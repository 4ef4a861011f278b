"""An interval that holds at every look: a confidence sequence.

Source: the normal mixture of Robbins 1970, as in Howard, Ramdas, McAuliffe and Sekhon 2021.
"""

from __future__ import annotations

from math import log, sqrt
from typing import Final

TIGHTEST: Final = 14.0  # batches after which it is as tight as it can be


def half_width(information: float, *, first: float, alpha: float) -> float:
    """How far the truth is from the estimate, at most, in all batches together but for ``alpha``.

    ``information`` is one over the estimate's variance, ``first`` that of the first batch.

    >>> round(half_width(100.0, first=10.0, alpha=0.05), 3)
    0.305
    """
    c = -2 * log(alpha) + log(-2 * log(alpha) + 1)
    prior = c / (TIGHTEST * first)
    return sqrt((information + 1 / prior) * log((prior * information + 1) / alpha**2)) / information
