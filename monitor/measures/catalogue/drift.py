"""Metrics of how differently values are spread now."""

from __future__ import annotations

from math import inf, log, sqrt

from monitor.measures.catalogue.definition import (
    HIGHER,
    NEITHER,
    SHARE,
    SIGNED,
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
        "hellinger",
        "Hellinger distance",
        "√(1 − Σ√(c·r)) over shares",
        "How differently values are spread now, from 0 (alike) to 1 (nothing shared).",
        range=SHARE,
    ),
    drift(
        "TVD",
        "Total variation distance",
        "½·Σ|c − r| over shares",
        "The share of rows that would have to change their bin to look like the reference again.",
        range=SHARE,
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
        "p of N·Σ(p − q)²/p̄ / φ with N = nm/(n + m)",
        "How often so large a difference would come by chance alone, "
        "allowing for how much the reference itself varies over time.",
        better=HIGHER,
        neutral=None,
        range=SHARE,
    ),
    drift(
        "overdispersion",
        "Variation over time, φ",
        "1 + N·(mean χ²/df − 1)/N̄ over the reference's own pieces, N = nm/(n + m)",
        "How many times as much as by chance this column's counts vary from time to time anyway.",
        source="Fairwatch, after McCullagh and Nelder",
        neutral=1.0,
        range=Range(1.0, inf),
    ),
    drift(
        "missing_rate_change",
        "Change of missing values",
        "share missing − share missing in the reference",
        "How many more of the values are missing than in the reference.",
        source="Fairwatch",
        unit="points",
        denominator="rows of the batch, and of the reference",
        range=SIGNED,
    ),
    drift(
        "drifted_columns",
        "Drifted columns",
        "features whose drift is failing; the model fails where they hold 10 % of the importance",
        "How many columns are spread clearly and surely differently from the reference.",
        source="Fairwatch",
        denominator="columns that can be compared",
    ),
    drift(
        "importance",
        "Importance",
        "the model's own, else drop of its metric when the column is shuffled, else mutual "
        "information with the prediction; as a share of the sum",
        "How much of what the model goes by this column is.",
        source="Fairwatch, after Breiman",
        better=NEITHER,
        neutral=None,
        unit="percent",
        denominator="reference rows the model was asked about",
        range=SHARE,
    ),
    drift(
        "drifted_importance",
        "Drifted importance",
        "Σ importance of the features whose drift is failing",
        "How much of what the model goes by is spread differently from the reference.",
        source="Fairwatch",
        unit="percent",
        range=SHARE,
    ),
    drift(
        "domain_classifier_auc",
        "Told apart from the reference",
        "mean over 5 folds of P(score of a batch row > score of a reference row)",
        "How well trees can tell this batch's rows from the reference's by all columns together: "
        "0.5 not at all, 1 without fail.",
        source="Fairwatch, after Lopez-Paz and Oquab; DeLong; Nadeau and Bengio",
        neutral=0.5,
        denominator="sampled rows of the batch, and of the reference",
        range=SHARE,
        sampled=True,
    ),
)
