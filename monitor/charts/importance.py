"""How far each column moved beside how much it matters to the model."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from monitor.charts import theme
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


def figure(frame: pd.DataFrame, *, limit: float) -> go.Figure:
    """``frame`` as ``joined`` gives it; the upper right is what matters and moved."""
    chart = theme.blank(height=300, top=32, hovermode="closest")
    named = set(_named(frame)["feature"])
    verdicts = frame["verdict"].fillna(Verdict.HEALTHY)
    for verdict in reversed(Verdict):
        some = frame[verdicts == verdict]
        if some.empty:
            continue
        chart.add_scatter(
            x=[round(float(w), 5) for w in some["weight"]],
            y=[float(f"{v:.5g}") for v in some["psi"]],
            mode="markers+text",
            marker={
                "symbol": theme.SYMBOL[verdict],
                "color": theme.STATUS[verdict],
                "size": 11 if verdict in BEYOND else 8,
            },
            text=[theme.plain(f) if f in named else "" for f in some["feature"]],
            textposition="top center",
            textfont={"size": 11},
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
        annotation_text=f"limit {limit:g}",
        annotation_position="top right",
        annotation_font_size=11,
    )
    top = max(float(frame["psi"].max()), limit) * ROOM
    chart.update_yaxes(title="PSI", range=[-0.04 * top, top], nticks=5, zeroline=False)
    right = float(frame["weight"].max()) * ROOM
    chart.update_xaxes(
        title="Share of the importance",
        range=[-0.06 * right, right],
        tickformat=".0%",
        nticks=6,
        zeroline=False,
    )
    return chart


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
    names = ", ".join(failing["feature"].astype(str).head(3))
    return (
        f"{len(failing)} of {len(frame)} columns have surely drifted and hold "
        f"{percent(failing['weight'].sum())} of the importance: {names}."
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns worth a name: those that moved, then the important ones."""
    moved = frame["verdict"].isin(BEYOND)
    ranked = frame.assign(moved=moved).sort_values(
        ["moved", "weight"], ascending=False, kind="stable"
    )
    return ranked.head(max(NAMED, int(moved.sum())) if moved.sum() <= 2 * NAMED else 2 * NAMED)
