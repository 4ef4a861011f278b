"""How far each column moved beside how much it matters to the model."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import names, theme
from monitor.charts.figure import Figure
from monitor.charts.names import Box
from monitor.charts.words import percent
from monitor.measures.wording import format_value
from monitor.terms import Verdict

NAMED = 6
BEYOND = (Verdict.FAILING, Verdict.AT_RISK)
ROOM = 1.15  # above the highest point, for its name


def joined(psi: pd.DataFrame, importance: pd.DataFrame) -> pd.DataFrame:
    """Columns feature, psi, n, verdict, weight of one batch, most important first.

    Columns without a PSI, and those of no known importance, are left out.
    """
    weights = importance.set_index("feature")["value"]
    found = psi[psi["value"].notna() & psi["feature"].isin(weights.index)]
    kept = found[["feature", "value", "n", "verdict"]].rename(columns={"value": "psi"})
    weighed = kept.assign(weight=kept["feature"].map(weights).astype(float))
    return weighed.sort_values("weight", ascending=False, kind="stable").reset_index(drop=True)


def figure(frame: pd.DataFrame, *, limit: float) -> Figure:
    """``frame`` as ``joined`` gives it; the upper right is what matters and moved."""
    chart = theme.blank(height=300, top=32, hovermode="closest")
    verdicts = frame["verdict"].fillna(Verdict.HEALTHY)
    for verdict in reversed(Verdict):
        some = frame[verdicts == verdict]
        if some.empty:
            continue
        chart.add_scatter(
            x=[round(float(w), 5) for w in some["weight"]],
            y=[float(f"{v:.5g}") for v in some["psi"]],
            mode="markers",
            marker={
                "symbol": theme.SYMBOL[verdict],
                "color": theme.STATUS[verdict],
                "size": 11 if verdict in BEYOND else 8,
            },
            cliponaxis=False,
            name=str(verdict).capitalize(),
            customdata=[
                [theme.plain(f), percent(w), f"{n:,}"]
                for f, w, n in zip(some["feature"], some["weight"], some["n"], strict=True)
            ],
            hovertemplate="%{customdata[0]}: PSI %{y:.3f} (n = %{customdata[2]}), "
            "%{customdata[1]} of the importance<extra></extra>",
        )
    chart.add_hline(
        y=limit,
        line={"dash": "dash", "color": theme.LIMIT, "width": 1.5},
        words=_limit(limit),
        side="right",
    )
    across, up = _ranges(frame, limit)
    bare = {"zeroline": False, "nticks": 5}
    chart.update_yaxes(bare, title={"text": "PSI"}, range=up)
    share = {"title": {"text": "Share of the importance"}, "tickformat": "~%", "nticks": 6}
    chart.update_xaxes(bare | share, range=across)
    for one in _names(frame, limit):
        chart.add_annotation(**one)
    return chart


def _ranges(frame: pd.DataFrame, limit: float) -> tuple[list[float], list[float]]:
    """From where to where the two axes go, with room for a name at the right and at the top."""
    right = float(frame["weight"].max()) * ROOM or 1.0
    top = max(float(frame["psi"].max()), limit) * ROOM
    return [-0.06 * right, right], [-0.04 * top, top]


def _names(frame: pd.DataFrame, limit: float) -> list[dict[str, Any]]:
    """The names that find room: the points, the limit and its word keep theirs."""
    (left, right), (bottom, top) = _ranges(frame, limit)
    points = dict(
        zip(frame["feature"], zip(frame["weight"], frame["psi"], strict=True), strict=True)
    )
    shares = {
        feature: ((weight - left) / (right - left), (psi - bottom) / (top - bottom))
        for feature, (weight, psi) in points.items()
    }
    taken = [Box(x, y) for x, y in shares.values()]
    taken += names.across((limit - bottom) / (top - bottom), said=_limit(limit))
    places = names.beside([(one, *shares[one]) for one in _named(frame)["feature"]], taken)
    return names.drawn(places, points)


def _limit(limit: float) -> str:
    return f"limit {limit:g}"


def describe(frame: pd.DataFrame) -> str:
    """What moved beyond the limit, and how much of the importance it holds."""
    failing = frame[frame["verdict"] == Verdict.FAILING]
    if failing.empty:
        top = frame.iloc[0]
        return (
            f"None of {len(frame)} columns has surely drifted; the most important, "
            f"{top['feature']} ({percent(top['weight'])}), has PSI "
            f"{format_value('psi', float(top['psi']))}."
        )
    told = ", ".join(failing["feature"].astype(str).head(3))
    return (
        f"{len(failing)} of {len(frame)} columns have surely drifted and hold "
        f"{percent(failing['weight'].sum())} of the importance: {told}."
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns worth a name: those that moved, then the important ones."""
    moved = frame["verdict"].isin(BEYOND)
    ranked = frame.assign(moved=moved).sort_values(
        ["moved", "weight"], ascending=False, kind="stable"
    )
    return ranked.head(max(NAMED, int(moved.sum())) if moved.sum() <= 2 * NAMED else 2 * NAMED)
