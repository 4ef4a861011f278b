"""What import-linter cannot see: app.py and the pages, and that public names are there."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import monitor

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(monitor.__path__, "monitor.")
    if "migrations" not in module.name and not module.name.endswith(("__main__", "child"))
)


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_page_chooses_reads_and_draws_and_nothing_else(page: Path) -> None:
    allowed = ("streamlit", "monitor.ui", "monitor.charts", "monitor.terms")
    assert [name for name in imported(page) if not name.startswith(allowed)] == []
    tree = ast.parse(page.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(page.read_text().splitlines()) <= 60


def test_the_server_stands_on_the_interface_and_on_what_everything_stands_on() -> None:
    below = ("monitor.ui", "monitor.api", "monitor.access", "monitor.settings", "monitor.errors")
    names = {name for name in imported(ROOT / "app.py") if name.startswith("monitor")}
    assert all(name.startswith(below) for name in names)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_and_exports_what_it_lists(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in getattr(module, "__all__", ()))


def test_the_error_tree_is_the_one_drawn() -> None:
    from monitor import errors

    drawn = errors.__doc__ or ""
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    assert all(one.__name__ in drawn for one in classes)
    assert all(issubclass(one, errors.FairwatchError) for one in classes)


def test_the_server_loads_nothing_heavy() -> None:
    code = (
        "import sys, app; heavy = {'sklearn', 'scipy', 'fairlearn', 'evidently'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
