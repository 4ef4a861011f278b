"""Many gaps in one order: how large the group is times how wide its gap."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from monitor.charts.groups import OF_JUDGED, is_judged
from monitor.charts.records import records
from monitor.charts.words import count
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value

MOST: Final = 12  # drawn; the table beside it has all
# Made of two rates, of which each group's may be another one: no single rate stands behind it.
OF_TWO: Final = (
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "average_odds_difference",
)


def rank(gaps: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """One gap of every group that is compared, judged ones first, the largest on top.

    ``gaps`` are rows of one difference or ratio, ``rates`` those of the rate behind it, a row a
    group.  Columns are those of ``gaps``, with ``n`` the group's own rows, ``rate``, ``rate_low``,
    ``rate_high``, ``out_of`` (the rows its rate divides by; all of them where two rates are behind
    the gap), ``size`` (``out_of`` times the distance from no gap; of a ratio, from 1), ``judged``.
    """
    own = rates.drop_duplicates("group").set_index("group")
    found = gaps[(gaps["group"] != "") & gaps["group"].isin(own.index)].copy()
    beside = own.loc[found["group"]]
    found["n"] = beside["n"].to_numpy()
    found["out_of"] = beside["denominator"].fillna(beside["n"]).to_numpy()
    found["out_of"] = found["out_of"].where(~found["metric"].isin(OF_TWO), found["n"])
    for name, column in (("rate", "value"), ("rate_low", "low"), ("rate_high", "high")):
        found[name] = beside[column].to_numpy()
    parity = [metric(name).neutral or 0.0 for name in found["metric"]]
    found["size"] = (found["value"] - pd.Series(parity, found.index)) * found["out_of"]
    found["judged"] = [is_judged(row) for row in records(found, *OF_JUDGED)]
    return _ordered(found)


def _ordered(found: pd.DataFrame) -> pd.DataFrame:
    by = found.assign(far=found["size"].abs(), hidden=found["value"].isna())
    order = by.sort_values(
        ["judged", "hidden", "far", "n"], ascending=[False, True, False, False], kind="stable"
    ).index
    return found.loc[order].reset_index(drop=True)


def describe(frame: pd.DataFrame, *, reference: str) -> str:
    """The three largest, with their rows, and how many could not be judged."""
    title = metric(str(frame["metric"].iloc[0])).title
    judged = frame[frame["judged"]]
    small = len(frame) - len(judged)
    left_out = f" Not judged, for too few rows: {small} of {len(frame)}." if small else ""
    if judged.empty:
        return f"{title}: no group has rows enough to be judged.{left_out}"
    told = "; ".join(_short(row) for row in judged.head(3).to_dict("records"))
    return f"{title} from {reference}, by size times gap: {told}.{left_out}"


def _short(row: Any) -> str:
    value = format_value(str(row["metric"]), float(row["value"]))
    return f"{row['group']} {value} (n = {count(row['n'])})"
