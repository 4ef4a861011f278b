"""Draws the pictures of the README from the running app: python -m tests.browser.shots docs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import BROWSERS, FLAGS, a_page, idle, serving, settle, wait_until

SHOTS = {
    "overview": "/",
    "fairness": "/model?model=credit&section=fairness&attribute=sex",
    "incident": "/alerts?incident=1",
}


def draw(folder: Path) -> None:
    """Loads the demo, waits for the worker, and writes one PNG a page."""
    folder.mkdir(exist_ok=True)
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) / "home"
        home.mkdir()
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        with serving(home) as address:
            with a_page(browser) as page:
                page.goto(address)
                page.locator(".st-key-load_demo button").click()
                page.get_by_text("Models needing attention").wait_for(timeout=240_000)
            wait_until(lambda: idle(address))
            for name, path in SHOTS.items():
                with a_page(browser, width=1280, height=800) as page:
                    page.goto(f"{address}{path}")
                    _whole(page)
                    page.screenshot(path=folder / f"{name}.png")
        browser.close()


def _whole(page: Page) -> None:
    """Grows the window until the page, which scrolls inside, is seen whole."""
    settle(page)
    page.wait_for_timeout(1500)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(height, 2400)})
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
