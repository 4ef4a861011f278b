"""The rules of others, as what they are, on the same draws as ours."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from math import exp, log, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from monitor.measures.interval import Z95, Interval
from monitor.measures.rows import Floats, Texts

FOUR_FIFTHS = 0.8
EVIDENTLYS_SHARE = 0.5  # of columns, from which evidently.legacy's DatasetDriftMetric calls drift


def wald(x: float, n: float) -> Interval:
    """The rate and 1.96 standard errors, as most dashboards draw it."""
    half = Z95 * sqrt(x / n * (1 - x / n) / n)
    return Interval(x / n - half, x / n + half)


def wald_difference(x1: float, n1: float, x2: float, n2: float) -> Interval:
    """The difference and 1.96 standard errors."""
    a, b = x1 / n1, x2 / n2
    half = Z95 * sqrt(a * (1 - a) / n1 + b * (1 - b) / n2)
    return Interval(a - b - half, a - b + half)


def katz(x1: float, n1: float, x2: float, n2: float) -> Interval:
    """The logarithm of the ratio and 1.96 standard errors (Katz and others 1978); none without
    hits."""
    if not x1 or not x2:
        return Interval(nan, nan)
    half = Z95 * sqrt(max(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2, 0.0))
    centre = log(x1 / n1) - log(x2 / n2)
    return Interval(exp(centre - half), exp(centre + half))


def four_fifths(predicted: Texts, groups: Texts) -> bool:
    """Whether fairlearn's demographic parity ratio, a point estimate, is under four fifths.

    So do aequitas ("fairness threshold" .8), AIF360's disparate impact and the 1978 guideline.
    """
    from fairlearn.metrics import demographic_parity_ratio

    said = (predicted == "yes").astype(np.int64)
    return bool(demographic_parity_ratio(said, said, sensitive_features=groups) < FOUR_FIFTHS)


def evidently_drifted(reference: pd.DataFrame, batch: pd.DataFrame) -> list[bool]:
    """Each column by the test and the threshold that Evidently takes where nobody names one.

    Up to 1 000 reference rows Kolmogorov–Smirnov, χ² or z at p < .05, above Wasserstein over the
    standard deviation and Jensen–Shannon from 0.1 on.
    """
    return [_drifted(reference[name].dropna(), batch[name].dropna()) for name in reference]


def _drifted(before: pd.Series[Any], now: pd.Series[Any]) -> bool:
    get_stattest, kinds = _evidently()
    kind = kinds.Numerical if before.dtype.kind in "fiu" else kinds.Categorical
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = get_stattest(before, now, kind, None)
        return bool(test(before, now, kind, None).drifted)


@cache
def _evidently() -> tuple[Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests import get_stattest
        from evidently.legacy.core import ColumnType
    return get_stattest, ColumnType


def three_sigma(values: Sequence[float] | Floats) -> Interval:
    """NannyML's default limits: mean ± 3 standard deviations of the reference's chunks.

    (``StandardDeviationThreshold`` in nannyml/thresholds.py, numpy's population deviation.)
    """
    centre, half = float(np.mean(values)), 3 * float(np.std(values))
    return Interval(centre - half, centre + half)


def control_limits(rate: float, n: float, *, sigmas: float) -> Interval:
    """Shewhart's p chart: the rate and so many standard errors of n rows, as if it were known."""
    half = sigmas * sqrt(rate * (1 - rate) / n)
    return Interval(rate - half, rate + half)
