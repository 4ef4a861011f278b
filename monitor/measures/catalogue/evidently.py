"""Evidently's own drift methods, each by the name Evidently gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monitor.measures.catalogue.definition import (
    ALL,
    HIGHER,
    LOWER,
    NEITHER,
    POSITIVE,
    SHARE,
    Metric,
)

Kind = Literal["num", "cat"]
PREFIX = "evidently_"
SHARE_NAME = "evidently_drift_share"
SHARE_LIMIT = 0.5  # from which share of drifted columns on Evidently calls a data set drifted
ROWS = "sampled rows of the batch, and of the reference, with a value in the column"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of Evidently: what columns it takes, and whether small values mean drift."""

    name: str
    title: str
    kinds: tuple[Kind, ...]
    is_p: bool

    @property
    def metric(self) -> str:
        """The name under which its values are kept; ours of the same name are another number."""
        return PREFIX + self.name


_NUMBERS: tuple[Kind, ...] = ("num",)
_NAMES: tuple[Kind, ...] = ("cat",)
_BOTH: tuple[Kind, ...] = ("num", "cat")

METHODS: dict[str, Method] = {
    one.name: one
    for one in (
        Method("anderson", "Anderson–Darling", _NUMBERS, True),
        Method("chisquare", "χ²", _NAMES, True),
        Method("cramer_von_mises", "Cramér–von Mises", _NUMBERS, True),
        Method("ed", "Energy distance", _NUMBERS, False),
        Method("empirical_mmd", "Maximum mean discrepancy", _NUMBERS, True),
        Method("es", "Epps–Singleton", _NUMBERS, True),
        Method("fisher_exact", "Fisher's exact test", _NAMES, True),
        Method("g_test", "G test", _NAMES, True),
        Method("hellinger", "Hellinger distance", _BOTH, False),
        Method("jensenshannon", "Jensen–Shannon distance", _BOTH, False),
        Method("kl_div", "Kullback–Leibler divergence", _BOTH, False),
        Method("ks", "Kolmogorov–Smirnov", _NUMBERS, True),
        Method("mannw", "Mann–Whitney", _NUMBERS, True),
        Method("psi", "Population stability index", _BOTH, False),
        Method("t_test", "t test", _NUMBERS, True),
        Method("TVD", "Total variation distance", _NAMES, True),
        Method("wasserstein", "Wasserstein distance, normed", _NUMBERS, False),
        Method("z", "Z test", _NAMES, True),
    )
}


def _metric(method: Method) -> Metric:
    p = "p-value" if method.is_p else "distance"
    return Metric(
        method.metric,
        f"{method.title} (Evidently)",
        "drift",
        ALL,
        HIGHER if method.is_p else LOWER,
        None if method.is_p else 0.0,
        "number",
        False,
        f"get_stattest(…, {method.name!r})",
        "Evidently",
        f"The {p} Evidently itself computes, and its own verdict by its own threshold.",
        denominator=ROWS,
        range=SHARE if method.is_p else POSITIVE,
        sampled=True,
    )


EVIDENTLY = (
    *(_metric(method) for method in METHODS.values()),
    Metric(
        SHARE_NAME,
        "Drifted columns (Evidently)",
        "drift",
        ALL,
        NEITHER,
        0.0,
        "percent",
        False,
        "columns Evidently calls drifted / columns it could compare; drift from 50 % on",
        "Evidently",
        "The share of columns that Evidently's default rules call drifted, whatever the rows.",
        denominator="columns Evidently could compare",
        range=SHARE,
        sampled=True,
    ),
)
