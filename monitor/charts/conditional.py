"""Each group's gap as it is, and among people of the same stratum, one dot above the other."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from monitor.charts import dots, theme
from monitor.charts.figure import Figure
from monitor.charts.words import count, interval
from monitor.measures.wording import format_value
from monitor.terms import Verdict

RAW: Final = "demographic_parity_difference"
GIVEN: Final = "conditional_demographic_parity_difference"
LIFT: Final = 0.16  # of a group's band, so that the two dots stand apart


def figure(frame: pd.DataFrame, *, stratum: str) -> Figure:
    """``frame`` has rows of both differences, by group; ``rows`` are the group's own."""
    names = list(dict.fromkeys(frame["group"].astype(str)))[::-1]  # plotly draws bottom up
    chart = theme.blank(
        height=100 + 56 * len(names),
        top=48,
        hovermode="closest",
        yaxis=dots.axis([_label(frame[frame["group"] == name].iloc[-1]) for name in names]),
        xaxis=theme.value_axis(RAW),
        **theme.upright({"": 0.0}),
    )
    raw, given = (frame[frame["metric"] == name] for name in (RAW, GIVEN))
    dots.draw(chart, _placed(raw, names, raised=LIFT), dots.HOLLOW, said="everybody")
    dots.draw(chart, _placed(given, names, raised=-LIFT), dots.FULL, said=f"same {stratum}")
    return chart


def _placed(rows: pd.DataFrame, names: list[str], *, raised: float) -> pd.DataFrame:
    at = [names.index(str(group)) + raised for group in rows["group"]]
    told = [f"{theme.plain(row['group'])}: {interval(row)}" for row in rows.to_dict("records")]
    return rows.assign(at=at, told=told)


def _label(row: Any) -> str:
    small = ", not judged" if row["verdict"] == Verdict.NOT_ENOUGH_DATA else ""
    return dots.label(row["group"], f"n = {count(row['rows'])}{small}")


def describe(frame: pd.DataFrame, *, stratum: str) -> str:
    """Both differences of each group."""
    said = []
    for group, rows in frame.groupby("group", sort=False):
        values = rows.dropna(subset="value").set_index("metric")["value"]
        told = [
            f"{format_value(name, float(values[name]))} {words}"
            for name, words in ((RAW, "over everybody"), (GIVEN, f"within the same {stratum}"))
            if name in values
        ]
        said.append(f"{group} {' and '.join(told) or 'no value'}")
    return f"Selection rate difference: {'; '.join(said)}."
