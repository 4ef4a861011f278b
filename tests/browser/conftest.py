"""A real server, a real worker and a real browser, shared by the tests of one session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from sqlalchemy import delete, func, select

from monitor.settings import Settings
from monitor.store import reads
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from monitor.terms import JobKind, JobStatus

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a server whose folder this is; it is gone afterwards, worker and all."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "FAIRWATCH_HOME": str(home)}
    environment.pop("FAIRWATCH_DATABASE_URL", None)
    command = [sys.executable, "-m", "monitor", "serve", "--port", str(port)]
    with (home.parent / f"server-{port}.log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def answers(address: str) -> bool:
    """Whether anything answers there, well or not."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_until(true: Callable[[], bool], *, seconds: float = 240.0) -> None:
    """Fails the test when it does not become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "The browser tests need Chromium: install the package chromium."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        yield opened
        opened.close()


@contextmanager
def a_page(
    browser: Browser, *, width: int = 1440, height: int = 1000, dark: bool = False
) -> Iterator[Page]:
    """A page that fails its test for a request to the outside or an exception on it."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB"
    )
    page, outside = context.new_page(), []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            outside.append(request.url)

    page.on("request", note)
    yield page
    assert outside == []
    expect(page.get_by_test_id("stException")).to_have_count(0)
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with a_page(browser) as opened:
        yield opened


def settle(page: Page) -> None:
    """Waits until the script has run and nothing on the page is stale."""
    app = '[data-testid=stApp][data-test-connection-state="CONNECTED"]'
    page.wait_for_selector(f'{app}[data-test-script-state="notRunning"]', timeout=PATIENCE_MS)
    expect(page.locator('[data-stale="true"]')).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo") / "home"
    home.mkdir()
    return home


@pytest.fixture(scope="session")
def demo(browser: Browser, demo_home: Path) -> Iterator[str]:
    """A server that started empty and whose visitor pressed *Load the demo*."""
    with serving(demo_home) as address:
        with a_page(browser) as page:
            page.goto(address)
            expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_be_visible()
            page.locator(".st-key-load_demo button").click()
            expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_have_count(
                0, timeout=4 * PATIENCE_MS
            )
        with leaving_to_the_worker(demo_home) as store:
            wait_until(lambda: only_explanations_wait(store), seconds=600)
            explain_the_newest_only(store)
        wait_until(lambda: idle(address))
        yield address


@contextmanager
def leaving_to_the_worker(home: Path) -> Iterator[Store]:
    """The server's store, opened beside it."""
    store = open_store(Settings(home=home, database_url=""))
    yield store
    store.close()


def only_explanations_wait(store: Store) -> bool:
    """Whether every batch is scored and has its labels."""
    jobs = reads.jobs(store)
    return bool((jobs["kind"] == JobKind.EXPLAIN)[jobs["finished_at"].isna()].all())


def explain_the_newest_only(store: Store) -> None:
    """The newest batches are explained first; no test looks at what explains those before them."""
    job = t.jobs.c
    explains = job.kind == JobKind.EXPLAIN
    newest = select(func.max(job.order_at)).where(explains).scalar_subquery()
    older = (explains, job.status == JobStatus.QUEUED, job.order_at < newest)
    with store.write() as connection:
        connection.execute(delete(t.jobs).where(*older))


def idle(address: str) -> bool:
    """Whether the worker has nothing left to do."""
    import json

    with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
        return bool(json.load(answer)["waiting"] == 0)
