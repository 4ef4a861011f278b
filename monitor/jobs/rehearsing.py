"""Rehearsing a rule in a process of its own: what measures need would weigh on the pages' own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from monitor.alerts.rule import Rule
from monitor.errors import ReportError
from monitor.settings import Settings

SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the rule would have said of the past, and of each damage whether it was caught."""

    sentence: str
    caught: tuple[tuple[str, bool], ...]


def ask(settings: Settings, model: str, rule: Rule) -> Told:
    """The child's answer; ReportError says why there is none."""
    question = json.dumps({"model": model, "rule": {**rule.to_row(), "id": rule.id}})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "monitor.jobs.rehearse_child"],
            input=question,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, **_where(settings)},
        )
    except subprocess.TimeoutExpired:
        raise ReportError(f"Trying the rule took longer than {SECONDS:.0f} seconds.") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise ReportError(f"The rule could not be tried ({last}).")
    said = json.loads(done.stdout)
    return Told(said["sentence"], tuple((words, found) for words, found in said["caught"]))


def _where(settings: Settings) -> dict[str, str]:
    home = {"FAIRWATCH_HOME": str(settings.home.resolve()), "OMP_NUM_THREADS": "1"}
    database = settings.database_url
    return home | ({"FAIRWATCH_DATABASE_URL": database} if database else {})
