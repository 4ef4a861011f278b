"""How much a browser that was never here fetches before a page is there.

python -m benchmarks.first_load HOME [DATABASE_URL]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.server import serving

CHROMIUM = "/usr/bin/chromium"
SETTLED_MS = 8000  # what comes later is counted no more
PATHS = ("/", "/model")


def fetched_kb(browser: Browser, address: str) -> float:
    """As they came over the wire: scripts, styles, letters, and the page's own messages."""
    context = browser.new_context()
    page = context.new_page()
    found = [0.0]

    def loaded(event: dict[str, Any]) -> None:
        found[0] += event["encodedDataLength"]

    def heard(event: dict[str, Any]) -> None:
        found[0] += len(event["response"]["payloadData"]) * 3 / 4  # told in base 64

    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", loaded)
    wire.on("Network.webSocketFrameReceived", heard)
    page.goto(address, timeout=90_000)
    page.wait_for_selector("h1", timeout=90_000)
    page.wait_for_timeout(SETTLED_MS)
    context.close()
    return found[0] / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("database_url", nargs="?", default="")
    asked = parser.parse_args()
    with serving(asked.home, asked.database_url) as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in PATHS:
            print(f"{path}: {fetched_kb(browser, server.address + path):,.0f} kB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
