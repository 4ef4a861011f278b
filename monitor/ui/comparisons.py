"""What a batch compares: features alone, crossed or within strata, and the rate behind each gap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final

import pandas as pd

from monitor.alerts.sides import sides_of
from monitor.charts.records import records
from monitor.measures.pairs import Joint, Pair
from monitor.ui.speech import measurement

# Which rate of one group stands behind a number that compares two.
BEHIND: Final = {
    "demographic_parity_difference": "selection_rate",
    "demographic_parity_ratio": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "equal_opportunity_ratio": "true_positive_rate",
    "equalized_odds_difference": "false_positive_rate",
    "equalized_odds_ratio": "false_positive_rate",
    "average_odds_difference": "false_positive_rate",
    "false_positive_rate_difference": "false_positive_rate",
    "false_negative_rate_difference": "false_negative_rate",
    "predictive_parity_difference": "precision",
    "accuracy_difference": "accuracy",
    "treatment_ratio": "false_negatives_per_false_positive",
    "predicted_share_difference": "predicted_share",
    "mean_absolute_error_difference": "mean_absolute_error",
    "mean_absolute_error_ratio": "mean_absolute_error",
    "root_mean_squared_error_difference": "root_mean_squared_error",
    "root_mean_squared_error_ratio": "root_mean_squared_error",
    "mean_residual_difference": "mean_residual",
    "mean_prediction_difference": "mean_prediction",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """The attributes of a batch by what they are made of."""

    alone: tuple[str, ...]
    crossed: tuple[Pair, ...]
    within: tuple[Pair, ...]

    def named(self, pairs: Iterable[Pair]) -> dict[str, Pair]:
        """The pairs by the name of their attribute."""
        return {pair.attribute: pair for pair in pairs}


def compared(frame: pd.DataFrame) -> Compared:
    """``frame`` are the measurements of one batch about no single column."""
    there = list(dict.fromkeys(frame["attribute"]))
    gaps = frame[frame["metric"].isin(BEHIND) & (frame["attribute"] != "")]
    sensitive = list(dict.fromkeys(gaps["attribute"]))
    crossed = _pairs(sensitive, permutations(sensitive, 2), Joint.CROSSED)
    made = {pair.attribute for pair in crossed}
    alone = tuple(name for name in sensitive if name not in made)
    within = _pairs(there, ((a, s) for a in alone for s in there if a != s), Joint.WITHIN)
    return Compared(alone, crossed, within)


def _pairs(
    there: list[str], candidates: Iterable[tuple[str, str]], joint: Joint
) -> tuple[Pair, ...]:
    """In the order in which their attributes are stored."""
    found = {p.attribute: p for p in (Pair(a, b, joint) for a, b in candidates)}
    return tuple(found[name] for name in there if name in found)


def related(asked: str, pairs: Iterable[Pair]) -> str:
    """The attribute of the first pair that ``asked`` is part of; "" where there is none.

    >>> related("age", [Pair("sex", "race", Joint.CROSSED), Pair("sex", "age", Joint.CROSSED)])
    'sex × age'
    """
    return next((p.attribute for p in pairs if asked in (p.first, p.second)), "")


def reference_of(mine: pd.DataFrame) -> str:
    """The group of one attribute that no row compares with another; "" where that is not one."""
    grouped = mine[mine["group"] != ""]
    gaps = set(grouped[grouped["metric"].isin(BEHIND)]["group"])
    rates = grouped[grouped["metric"].isin(set(BEHIND.values()))]["group"]
    left = [str(g) for g in dict.fromkeys(rates) if g not in gaps and not g.startswith("(")]
    return left[0] if len(left) == 1 else ""


def rate_behind(metric: str, mine: pd.DataFrame) -> str:
    """The rate a comparison was made from: equal opportunity may rest on either true rate."""
    gaps = mine[(mine["metric"] == metric) & (mine["group"] != "")]
    found = (rate_of(row, mine) for row in gaps.to_dict("records"))
    return next(filter(None, found), BEHIND[metric])


def rate_of(gap: Any, mine: pd.DataFrame) -> str:
    """The rate that gives this very gap's number; "" where none of this batch alone does."""
    own = measurement(gap)
    beside = mine[mine["group"].isin({own.group, *_uncompared(own.metric, mine)})]
    sides = sides_of(own, [measurement(row) for row in records(beside)])
    return sides[0].metric if sides else ""


def _uncompared(metric: str, mine: pd.DataFrame) -> set[str]:
    """Groups that a metric compares with no other: the reference group is one."""
    return set(mine["group"]) - set(mine[mine["metric"] == metric]["group"])


def rows_of(frame: pd.DataFrame, metric: str) -> dict[str, Any]:
    """The rows of one metric by group; that over all groups is left out."""
    mine = frame[(frame["metric"] == metric) & (frame["group"] != "")]
    return {str(row["group"]): row for row in records(mine)}
