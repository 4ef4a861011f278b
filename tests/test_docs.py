"""What the README says is what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from monitor.measures.catalogue import METRICS
from monitor.models.spec_file import parse_spec
from monitor.terms import GLOSSARY

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_glossary_is_that_of_the_code() -> None:
    table = README.split("## Glossary")[1]
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.M))
    rows.pop("word")
    rows.pop("---", None)
    assert rows == GLOSSARY


def test_the_spec_in_the_readme_is_read() -> None:
    text = re.search(r"```toml\n(.+?)```", README, re.S)
    assert text
    spec = parse_spec(tomllib.loads(text[1]), folder=ROOT)
    assert spec.name == "credit"
    assert spec.outcome.favourable == ("0",)


def test_every_metric_the_readme_names_is_in_the_catalogue() -> None:
    section = README.split("## What is meant by fairness here")[1].split("## How it works")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))
    assert named <= set(METRICS)
    assert len(named) > 10


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_command_is_in_the_readme() -> None:
    from monitor.cli import app

    named = {command.name or command.callback.__name__ for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    assert all(f"`fairwatch {name}" in README or f"`{name}" in README for name in named | groups)


def test_every_folder_is_on_the_map() -> None:
    folders = {
        path.name for path in (ROOT / "monitor").iterdir() if (path / "__init__.py").exists()
    }
    assert all(f"monitor/{name}`" in README for name in folders)
