"""A small story in a real store: one failing, one healthy and one brand-new model."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from sqlalchemy import Connection, Table, insert, select
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.manifest_scanner import scan_component_manifests as scan
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import local_script_runner

from monitor.alerts.incidents import Batch, Change, Event
from monitor.alerts.rule import Rule
from monitor.jobs.incidents import facts_of
from monitor.measures import verdict
from monitor.measures.catalogue import METRICS
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally
from monitor.settings import Settings
from monitor.store import results, rules, writes
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from monitor.terms import Severity, Stage, Task, Verdict

WEEKS = 26
FIRST = datetime(2026, 5, 18, tzinfo=UTC)
WEEK = timedelta(days=7)
COLUMNS = ("income", "age", "debt", "purpose", "region", "prediction", "score")
SPEC = {
    "name": "credit",
    "task": "binary",
    "columns": {
        "id": "row_id",
        "timestamp": "at",
        "target": "repaid",
        "prediction": "said",
        "features": ["income"],
    },
    "sensitive": {"sex": {"reference": "male"}},
}


@pytest.fixture(autouse=True)
def texts_as_the_server_has_them() -> Iterator[None]:
    """As ``memory.settle`` leaves them, which tests of pages do not start."""
    with pd.option_context("future.infer_string", False):
        yield


@pytest.fixture(scope="session", autouse=True)
def packages_read_once() -> Iterator[None]:
    """Streamlit reads what every installed package says of itself for each page that a test opens:
    half of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_compiled_once() -> Iterator[None]:
    """As a server does it; for a test each rerun would compile its page anew."""
    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The Fairwatch home that the pages open."""
    monkeypatch.setenv("FAIRWATCH_HOME", str(tmp_path))
    monkeypatch.delenv("FAIRWATCH_DATABASE_URL", raising=False)
    yield tmp_path
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def store(home: Path, empty_home: Path) -> Iterator[Store]:
    """An empty store."""
    shutil.copytree(empty_home, home, dirs_exist_ok=True)
    yield from _opened()


@pytest.fixture
def story(home: Path, told: Path) -> Iterator[Store]:
    """Half a year of three models."""
    shutil.copytree(told, home, dirs_exist_ok=True)
    yield from _opened()


@pytest.fixture
def one_row(store: Store) -> Store:
    """One model, one batch, and of each number only one."""
    add_model(store, "credit", weeks=1, measure=credit)
    return store


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, written once and copied for each test."""
    folder = tmp_path_factory.mktemp("told")
    opened = open_store(Settings(home=folder, database_url=""))
    tell(opened)
    opened.close()
    return folder


def _opened() -> Iterator[Store]:
    opened = open_store(Settings())
    yield opened
    opened.close()


def tell(store: Store) -> None:
    add_model(store, "credit", weeks=WEEKS, measure=credit)
    add_model(store, "routing", weeks=WEEKS, measure=healthy)
    add_model(store, "claims", weeks=0, measure=healthy)
    _incident(store)


def add_model(
    store: Store,
    name: str,
    *,
    weeks: int,
    measure: Callable[[int], list[Measurement]],
    task: Task = Task.BINARY,
) -> int:
    """A champion with batches; every number that has limits is judged."""
    with store.write() as connection:
        model = writes.add_model(
            connection,
            {"name": name, "task": task, "owner": "Ada", "cadence": "week", "wait_days": 42},
            now=FIRST,
        )
        version = writes.add_version(
            connection,
            model,
            {"spec": {**SPEC, "name": name}, "facts": {"sha256": "ab" * 32, "python": "3.11"}},
            stage=Stage.CHAMPION,
            now=FIRST,
        )
        rules.add(connection, model, RULES, who="Ada", now=FIRST)
        layout, counted = _counted()
        writes.describe_version(connection, version, {"layout": layout.to_json()})
        results.save_tallies(connection, version, results.REFERENCE, counted)
        for week in range(weeks):
            batch = writes.add_batch(connection, _batch(model, week, weeks))
            results.save_run(connection, version, batch, _run(week))
            judged = [(m, None if m.verdict is None else 1) for m in measure(week)]
            results.save_measurements(connection, version, batch, judged)
            results.save_tallies(connection, version, batch, counted)
    return model


@cache
def _counted() -> tuple[Layout, dict[str, bytes]]:
    """400 rows counted once: shapes are drawn from them, whichever batch is asked for."""
    chance = np.random.default_rng(7)
    score = chance.uniform(size=400)
    predicted = np.where(score > 0.5, "1", "0").astype(object)
    rows = Rows(
        columns={"income": chance.normal(size=400)},
        groups={"sex": chance.choice(["male", "female"], 400).astype(object)},
        predicted=predicted,
        actual=np.where(score + chance.normal(0, 0.3, 400) > 0.5, "1", "0").astype(object),
        scores=score[:, None],
        weight=None,
        n=400,
    )
    layout = build_layout(
        rows,
        task=Task.BINARY,
        classes=("0", "1"),
        positive="1",
        favourable=("1",),
        favourable_range=None,
        threshold=0.5,
        attributes=("sex",),
        segments=(),
        reference_groups={"sex": "male"},
    )
    counted = tally(rows, layout)
    kinds = {"profiles": counted.profiles.to_bytes(), "outcomes": counted.outcomes.to_bytes()}
    return layout, kinds


def _batch(model: int, week: int, weeks: int) -> dict[str, object]:
    return {
        "model_id": model,
        "name": f"week-{week:02d}",
        "role": "records",
        "sha256": f"{model:032x}{week:032x}",
        "file_sha256": f"{week:064x}",
        "file_name": f"week-{week:02d}.parquet",
        "source": "page",
        "starts_at": FIRST + week * WEEK,
        "ends_at": FIRST + (week + 1) * WEEK,
        "rows": 2000,
        "size_bytes": 90_000,
        "labelled": 1950 if week < max(weeks - 6, 1) else 0,
        "notes": {"findings": ["Column 'income': found 12 rows missing"]},
        "received_at": FIRST + (week + 1) * WEEK,
    }


def _run(week: int) -> dict[str, object]:
    return {"facts": {}, "seconds": 1.5, "finished_at": FIRST + (week + 1) * WEEK}


RULES = [
    Rule("accuracy", low=0.8).to_row(),
    Rule("demographic_parity_difference", low=-0.1, high=0.1, attribute="sex").to_row(),
    Rule("missing_rate", high=0.05, feature="*").to_row(),
]


def credit(week: int) -> list[Measurement]:
    """Drift from week 12, a gap from week 16, missing incomes from week 20, late labels."""
    gap = 0.02 + 0.15 * (week >= 16)
    found = [
        *_groups("selection_rate", {"male": 0.62, "female": 0.62 - gap, "other": 0.5}, week),
        _judged(_measured("demographic_parity_difference", -gap, 900, "sex", "female"), -0.1, 0.1),
        _judged(_measured("demographic_parity_difference", -0.1, 12, "sex", "other"), -0.1, 0.1),
        *_columns(week),
    ]
    if week < WEEKS - 6:
        value = 0.86 + 0.01 * math.sin(week)
        found += [
            _judged(_measured("accuracy", value, 1950), 0.8, None),
            _measured("label_coverage", 0.975, 2000),
            _measured("roc_auc", value + 0.05, 1950),
            *_groups("accuracy", {"male": 0.87, "female": 0.85, "other": 0.8}, week),
        ]
    return found


def healthy(week: int) -> list[Measurement]:
    return [
        _judged(_measured("accuracy", 0.9, 2000), 0.8, None),
        _measured("label_coverage", 1.0, 2000),
        *_columns(0),
    ]


def _groups(metric: str, rates: dict[str, float], week: int) -> list[Measurement]:
    sizes = {"male": 1100, "female": 888, "other": 12}
    everybody = _measured(metric, sum(rates.values()) / 3, 2000) if metric != "accuracy" else None
    wave = 0.01 * math.cos(week)
    groups = [_measured(metric, r + wave, sizes[g], "sex", g) for g, r in rates.items()]
    return groups if everybody is None else [everybody, *groups]


def _columns(week: int) -> list[Measurement]:
    found = []
    for place, column in enumerate(COLUMNS):
        drift = 0.01 + (0.03 * (week - 11) if week > 11 and place < 2 else 0)
        missing = 0.3 if week >= 20 and column == "income" else 0.01
        psi = Measurement("psi", drift, 2000, feature=column, p=0.001, family=7)
        found += [
            _judged(psi, None, 0.2),
            Measurement("ks", drift / 2, 2000, feature=column),
            _judged(Measurement("missing_rate", missing, 2000, feature=column), None, 0.05),
        ]
    drifted = Measurement("drifted_columns", 2.0 * (week > 17), 2000)
    return [*found, _judged(drifted, None, 0.5), Measurement("row_count", 2000.0, 2000)]


def _measured(
    metric: str, value: float, n: int, attribute: str = "", group: str = ""
) -> Measurement:
    half = 1.96 * math.sqrt(0.25 / n)
    return Measurement(
        metric, value, n, low=value - half, high=value + half, attribute=attribute, group=group,
        method="Wilson", denominator=n, reference=0.87 if metric == "accuracy" else None,
        baseline=0.6 if metric == "accuracy" else None,
    )  # fmt: skip


def _judged(m: Measurement, low: float | None, high: float | None) -> Measurement:
    return verdict.judge(m, low=low, high=high, parity=METRICS[m.metric].neutral)


def _incident(store: Store) -> None:
    """An open gap that was told to one channel, once."""
    with store.write() as connection:
        rule = connection.scalar(
            select(t.rules.c.id).where(t.rules.c.metric == "demographic_parity_difference")
        )
        batch = connection.scalar(select(t.batches.c.id).where(t.batches.c.name == "week-25"))
        incident = _add(connection, t.incidents, **OPENED, rule_id=rule, batch_id=batch)
        event = _add(
            connection,
            t.incident_events,
            incident_id=incident,
            kind="opened",
            sentence="Opened.",
            at=OPENED["opened_at"],
            facts={},
        )
        channel = _add(
            connection, t.channels, name="team", kind="folder", config={"path": "/x"}, enabled=1
        )
        _add(
            connection,
            t.outbox,
            incident_id=incident,
            channel_id=channel,
            event_id=event,
            status="sent",
            attempt=1,
            due_at=FIRST,
            created_at=FIRST,
            sent_at=OPENED["opened_at"],
        )


OPENED: dict[str, Any] = {
    "model_id": 1,
    "subject": "sex=female",
    "state": "open",
    "severity": "critical",
    "opened_at": FIRST + 17 * WEEK,
    "since_at": FIRST + 16 * WEEK,
    "sentence": "Selection rate difference, female against male (sex): −17.0 pt.",
    "facts": facts_of(
        Change(
            Event.OPENED,
            rule_id=1,
            subject="sex=female",
            severity=Severity.CRITICAL,
            measurement=Measurement(
                "demographic_parity_difference",
                -0.17,
                900,
                -0.21,
                -0.13,
                attribute="sex",
                group="female",
                limit_low=-0.1,
                verdict=Verdict.FAILING,
            ),
            batch=Batch(1, "week-16", FIRST + 16 * WEEK, FIRST + 17 * WEEK),
            since_at=FIRST + 16 * WEEK,
            at=FIRST + 17 * WEEK,
            sentence="Selection rate difference, female against male (sex): −17.0 pt.",
            sends=True,
        ),
        1,
    ),
}


def _add(connection: Connection, table: Table, **values: Any) -> int:
    row = insert(table).values(**values).returning(table.c.id)
    added: int = connection.execute(row).scalar_one()
    return added
