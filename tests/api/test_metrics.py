"""What Prometheus is told, and that the dashboard and the alert rules ask for nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace as Row

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families as parsed

from monitor.api import metrics
from monitor.clock import utc_now
from monitor.store.engine import Store
from monitor.store.gauges import Gauges, ModelGauges

DEPLOY = Path(__file__).parents[2] / "docs" / "prometheus"
HOSTILE = 'a"} 1\nfairwatch_workers 99\\<script>'
NOW = utc_now()


@pytest.fixture
def told(store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    """The exposition of a busy database."""
    number = Row(metric="accuracy", attribute="sex", group=HOSTILE, value=.79, n=400,
                 verdict="failing")  # fmt: skip
    found = Gauges(
        jobs=[Row(kind="score", status="queued", n=3)],
        oldest_due_at=NOW - timedelta(seconds=90),
        workers=[Row(seen_at=NOW - timedelta(seconds=s)) for s in (7, 500)],
        deliveries=[Row(channel="mail", status="sent", n=2)],
        incidents=[Row(model="credit", severity="critical", n=1)],
        models=[ModelGauges("credit", 2, NOW, NOW - timedelta(hours=1), [number], 5)],
    )
    monkeypatch.setattr(metrics, "gauges", lambda *_, **__: found)
    return metrics.exposition(store, now=NOW).decode()


def test_an_empty_database_has_no_models_and_no_queue(store: Store) -> None:
    text = metrics.exposition(store, now=NOW).decode()
    families = {family.name: family.samples for family in parsed(text)}
    assert families["fairwatch_workers"][0].value == 0
    assert {sample.value for sample in families["fairwatch_jobs"]} == {0}
    assert families["fairwatch_metric_value"] == []


def test_what_is_told_is_what_was_found(told: str) -> None:
    values = {(s.name, *s.labels.values()): s.value for f in parsed(told) for s in f.samples}
    assert values["fairwatch_jobs", "score", "queued"] == 3
    assert values["fairwatch_jobs", "score", "failed"] == 0
    assert values["fairwatch_oldest_job_age_seconds",] == 90
    assert values["fairwatch_worker_heartbeat_age_seconds",] == 7
    assert values["fairwatch_last_batch_age_seconds", "credit"] == 3600
    assert values["fairwatch_metrics_left_out", "credit"] == 5


def test_a_groups_name_cannot_write_a_line_of_its_own(told: str) -> None:
    samples = [sample for family in parsed(told) for sample in family.samples]
    assert [s.value for s in samples if s.name == "fairwatch_workers"] == [2]
    verdict = next(s for s in samples if s.name == "fairwatch_metric_verdict")
    assert (verdict.labels["group"], verdict.value) == (HOSTILE, 3)


def test_dashboard_and_alerts_ask_only_for_what_is_told(told: str) -> None:
    known = {s.name for family in parsed(told) for s in family.samples}
    board = json.loads((DEPLOY / "dashboard.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
             for rule in group["rules"]]  # fmt: skip
    asked += [rule["expr"] for rule in rules]
    assert {name for expr in asked for name in re.findall(r"fairwatch_\w+", expr)} <= known
    assert all(re.search(r"fairwatch_\w+|up\{", expr) for expr in asked)
    assert all(rule["annotations"]["summary"] and rule["for"] for rule in rules)


@pytest.mark.slow
def test_prometheus_own_tool_takes_the_numbers_and_the_rules_ring_when_they_should(
    told: str,
) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    rules = [tool, "test", "rules", str(DEPLOY / "alerts_test.yml")]
    for command, given in (([tool, "check", "metrics"], told), (rules, "")):
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
