"""Tables for a terminal, JSON and CSV for scripts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from monitor.cli.root import Format

if TYPE_CHECKING:
    import pandas as pd


def show_table(table: pd.DataFrame, format: Format) -> None:
    if format == "json":
        rows = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15))
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    elif format == "csv":
        print(table.to_csv(index=False), end="")
    else:
        _print_table(table)


def _print_table(table: pd.DataFrame) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    full = [name for name in table if table[name].notna().any() and (table[name] != "").any()]
    grid = Table(*[escape(str(name)) for name in full], box=None, header_style="bold")
    for row in table[full].itertuples(index=False):
        grid.add_row(*[escape(_cell(value)) for value in row])
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(grid if len(table) else "Nothing yet.")


def _cell(value: object) -> str:
    import pandas as pd

    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
