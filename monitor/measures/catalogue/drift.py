"""Metrics of how differently values are spread now."""

from __future__ import annotations

from math import log, sqrt

from monitor.measures.catalogue.definition import (
    HIGHER,
    SHARE,
    Range,
    drift,
)

DRIFT = (
    drift(
        "psi",
        "Population stability index",
        "Σ(c − r)·ln(c/r) over shares, ½ added per bin",
        "How differently values are spread now: under 0.1 hardly, from 0.2 clearly.",
    ),
    drift(
        "jensenshannon",
        "Jensen–Shannon distance",
        "√ ½·KL(c ‖ m) + ½·KL(r ‖ m), m the mean of both",
        "How differently values are spread now, from 0 (alike) to 0.83 (nothing shared).",
        range=Range(0.0, sqrt(log(2))),
    ),
    drift(
        "ks",
        "Kolmogorov–Smirnov distance",
        "max |F_c − F_r|",
        "The largest gap between the two shares of rows below a value.",
        range=SHARE,
    ),
    drift(
        "wasserstein",
        "Wasserstein distance, normed",
        "∫|F_c − F_r| / standard deviation of the reference",
        "How far values moved on average, in the reference's standard deviations.",
    ),
    drift(
        "chisquare",
        "χ² test",
        "p of N·Σ(p − q)²/p̄ with N = nm/(n + m)",
        "How often so large a difference would come by chance alone.",
        better=HIGHER,
        neutral=None,
        range=SHARE,
    ),
    drift(
        "drifted_columns",
        "Drifted columns",
        "columns whose drift is failing",
        "How many columns are spread clearly and surely differently from the reference.",
        source="Fairwatch",
        denominator="columns that can be compared",
    ),
)
