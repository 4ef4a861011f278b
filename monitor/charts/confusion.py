"""What was predicted of what was true: counts, and shares of each true class."""

from __future__ import annotations

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.words import count, largest, percent


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` has columns actual, predicted, n."""
    grid = _grid(frame)
    shares = grid.div(grid.sum(axis=1).where(lambda s: s > 0), axis=0)
    chart = theme.blank(height=max(220, 80 + 44 * len(grid)), top=28)
    chart.add_heatmap(
        x=[f"predicted {theme.plain(c)}" for c in grid.columns],
        y=[f"is {theme.plain(r)}" for r in grid.index],
        z=shares.fillna(0).round(4).to_numpy().tolist(),
        zmin=0,
        zmax=1,
        colorscale=[[i / 9, colour] for i, colour in enumerate(theme.SEQUENTIAL)],
        showscale=False,
        xgap=2,
        ygap=2,
        text=[
            [_cell(n, share) for n, share in zip(counts, parts, strict=True)]
            for counts, parts in zip(grid.to_numpy(), shares.to_numpy(), strict=True)
        ],
        texttemplate="%{text}",
        hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
    )
    chart.update_yaxes(autorange="reversed", type="category", showgrid=False)
    chart.update_xaxes(type="category", side="top", showgrid=False)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """How many rows were right, and the commonest mistake."""
    total = int(frame["n"].sum())
    wrong = frame[frame["actual"] != frame["predicted"]]
    right = total - int(wrong["n"].sum())
    said = f"{count(right)} of {count(total)} labelled rows were predicted right"
    if not wrong["n"].sum():
        return f"{said}."
    worst = largest(wrong, wrong["n"])
    return (
        f"{said}; the commonest mistake is {worst['predicted']} for {worst['actual']} "
        f"({count(worst['n'])} rows)."
    )


def _grid(frame: pd.DataFrame) -> pd.DataFrame:
    classes = sorted({*frame["actual"].astype(str), *frame["predicted"].astype(str)})
    cells = frame.pivot_table(index="actual", columns="predicted", values="n", aggfunc="sum")
    return cells.reindex(index=classes, columns=classes).fillna(0)


def _cell(n: float, share: float) -> str:
    return f"{count(n)} ({percent(share, digits=0)})" if pd.notna(share) else count(n)
