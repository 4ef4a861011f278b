"""SQL reaches the database only through parameters: nothing is put together out of text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

MONITOR = Path(__file__).parents[2] / "monitor"
RUNS = {"execute", "exec_driver_sql", "text", "scalar", "scalars", "executemany", "executescript"}
# Names of settings of SQLite, written in the line above.
ALLOWED = {("store/engine.py", "f'PRAGMA {pragma}'")}


def built() -> Iterator[tuple[str, str]]:
    """Every text with something in it, or sum of texts, that is handed over as SQL."""
    for file in MONITOR.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in RUNS and node.args:
                first = node.args[0]
                mixed = isinstance(first, ast.JoinedStr | ast.BinOp) or (
                    isinstance(first, ast.Call) and _name(first.func) in {"format", "join"}
                )
                if mixed:
                    yield file.relative_to(MONITOR).as_posix(), ast.unparse(first)


def _name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def test_no_sql_is_put_together_out_of_text() -> None:
    assert set(built()) == ALLOWED
