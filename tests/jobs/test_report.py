"""Pages that Evidently made: asked for once, kept with their run, gone when it is scored again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from monitor.api.reports import report_route
from monitor.errors import NotFound
from monitor.jobs.intake import Receipt
from monitor.store import queue, reports
from monitor.store.engine import Store
from monitor.terms import JobKind
from tests.jobs.conftest import Give
from tests.jobs.loans import loans, work_off

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def scored(store: Store, give: Give) -> Receipt:
    receipt = give(loans(week=2))
    work_off(store)
    return receipt


def test_a_page_is_asked_for_once_and_found_with_its_run(store: Store, scored: Receipt):
    (batch,) = scored.batches
    before = reports.report(store, "loans", batch=batch).iloc[0]
    assert before.isna().all()
    for _ in range(2):
        reports.request(store, "loans", batch=batch, now=NOW)
    asked = reports.report(store, "loans", batch=batch).iloc[0]
    assert (asked["sha256"], asked["status"]) == (None, "queued")
    job = queue.claim(store, worker="w", now=NOW)
    assert job is not None
    assert job.kind is JobKind.REPORT
    assert queue.claim(store, worker="w", now=NOW) is None
    with store.write() as connection:
        queue.finish(connection, job, now=NOW)
        assert job.version_id is not None
        reports.save(connection, job.version_id, job.batch_id, {"sha256": "a" * 64, "rows": 9})
    made = reports.report(store, "loans", batch=batch).iloc[0]
    assert (made["sha256"], made["rows"], made["status"]) == ("a" * 64, 9, "done")


def test_a_page_that_failed_is_asked_for_again(store: Store, scored: Receipt):
    (batch,) = scored.batches
    reports.request(store, "loans", batch=batch, now=NOW)
    job = queue.claim(store, worker="w", now=NOW)
    assert job is not None
    queue.fail(store, job, "Evidently failed.", now=NOW)
    assert reports.report(store, "loans", batch=batch).iloc[0]["error"] == "Evidently failed."
    reports.request(store, "loans", batch=batch, now=NOW)
    again = reports.report(store, "loans", batch=batch).iloc[0]
    assert (again["status"], again["error"]) == ("queued", None)


def test_a_batch_that_is_none_is_named(store: Store):
    with pytest.raises(NotFound, match="batch"):
        reports.request(store, "loans", batch="nope", now=NOW)


def test_the_worker_makes_a_page_that_calls_nowhere_and_the_server_boxes_it_in(
    store: Store, scored: Receipt
):
    (batch,) = scored.batches
    reports.request(store, "loans", batch=batch, now=NOW)
    work_off(store)
    made = reports.report(store, "loans", batch=batch).iloc[0]
    assert (made["error"], made["status"]) == (None, "done")
    assert made["rows"] == 400
    page = store.files.path(made["sha256"], suffix=reports.SUFFIX).read_text()
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.?https?:", page)
    answer = served(store, made["sha256"])
    assert isinstance(answer, FileResponse)
    assert answer.path == store.files.path(made["sha256"], suffix=reports.SUFFIX)
    policy = answer.headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    download = served(store, made["sha256"], b"download=1")
    assert download.headers["content-disposition"].startswith("attachment;")
    for wrong in ("0" * 64, "../fairwatch.db", "x", made["sha256"].upper()):
        assert served(store, wrong).status_code == 404


def served(store: Store, sha256: str, query: bytes = b"") -> Response:
    scope = {"type": "http", "path_params": {"sha256": sha256}, "query_string": query}
    answer: Response = report_route(lambda: store).endpoint(Request(scope))
    return answer


def test_without_evidently_the_page_says_so_and_scoring_goes_on(
    store: Store, give: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "broken" / "evidently"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('pandas is too new')")
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    (batch,) = give(loans(week=2)).batches
    work_off(store)
    reports.request(store, "loans", batch=batch, now=NOW)
    work_off(store)
    failed = reports.report(store, "loans", batch=batch).iloc[0]
    assert failed["status"] == "failed"
    assert failed["error"].startswith("Evidently cannot be imported here (ImportError: pandas is")
