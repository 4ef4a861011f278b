"""Names and values that are markup, formulas and addresses: on every page they are text."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from monitor.clock import utc_now
from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from monitor.store import reports, writes
from monitor.store.engine import Store, open_store
from monitor.ui.view import SECTIONS
from tests.browser.conftest import a_page, settle
from tests.jobs.loans import loans, undone, work_off
from tests.torture.servers import Server, a_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HIT = '<img src="https://evil.example/i" onerror="window.hit=1"><script>window.hit=1</script>'
MARKUP = "[c](https://evil.example)![i](https://evil.example/i.png) **bold** :red[r] # h"
OTHERS = "$x^2$ {{7*7}} ${HOME} =cmd|' /C calc'!A0 www.evil.example \u202etxt.exe\u202c 'or 1=1--"
EVIL = f"{HIT}{MARKUP}{OTHERS}"
LONG, NUL = "ü" * 10_000, "nu\0l"
MODEL = "tame"  # the only name that is asked to be: it is in addresses and on the command line
FILE = f"{EVIL.replace('/', '|')}.csv"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven weeks of a model all of whose names are hostile; its gap opens in the sixth."""
    folder = tmp_path_factory.mktemp("hostile")
    store = open_store(Settings(home=folder / "home", database_url=""))
    mail = {"path": str(folder / "home" / "mail"), "to": "x@example.org"}
    writes.save_channel(store, name=EVIL, kind="folder", config=mail, who=EVIL, now=utc_now())
    hostile(loans(1500, week=1, seed=9, ids="r")).to_parquet(folder / "reference.parquet")
    table = {
        "name": MODEL, "task": "binary", "owner": EVIL, "cadence": "week",
        "columns": {
            "id": "id", "timestamp": "applied_at", "target": "repaid", "prediction": "answer",
            "score": "chance", "features": [EVIL, f"{EVIL} too", "job"], "segments": ["job"],
        },
        "outcome": {"positive": "1", "favourable": "1"},
        "sensitive": {f"{EVIL} sex": {}},
        "reference": {"file": "reference.parquet"},
    }  # fmt: skip
    register(store, parse_spec(table, folder=folder), who=EVIL)
    for week in range(1, 8):
        path = folder / "upload.parquet"
        hostile(loans(400, week=week), moved=week > 5).to_parquet(path)
        receive(store, MODEL, path, name=FILE, source="page", batch_name=f"{week} {EVIL}")
    work_off(store)
    reports.request(store, MODEL, batch=f"7 {EVIL}", now=utc_now())
    work_off(store)
    assert undone(store) == []
    store.close()
    return folder / "home"


def hostile(frame: pd.DataFrame, *, moved: bool = False) -> pd.DataFrame:
    """The loans, renamed; where they have moved, values are missing and new."""
    jobs = {"cook": EVIL, "clerk": LONG, "coder": "[new](https://evil.example)" if moved else NUL}
    income = frame["income"].where(frame.index % 3 > 0) if moved else frame["income"]
    return pd.DataFrame(
        {
            **frame[["applied_at", "repaid", "answer", "chance"]],
            "id": EVIL + frame["id"],
            EVIL: income * (1 + moved),
            f"{EVIL} too": np.where(frame["age"] > 40, frame["age"], np.inf),
            "job": frame["job"].map(jobs),
            f"{EVIL} sex": frame["sex"].map({"female": EVIL, "male": LONG}),
        }
    )


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with a_server(home) as running:
        yield running


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    opened = open_store(Settings(home=home, database_url=""))
    yield opened
    opened.close()


MODEL_PARTS = [("model", {"section": name}) for name in SECTIONS]
FAIRNESS = ("intersections", "strata", "indices", "classes")
MODEL_PARTS += [("model", {"section": "fairness", "part": name}) for name in FAIRNESS]
OTHER_PARTS = [
    *(("alerts", {"part": name}) for name in ("inbox", "rules", "pauses", "channels", "noise")),
    ("", {}), ("batches", {}), ("settings", {"part": "models"}), ("settings", {"part": "system"}),
    ("alerts", {"incident": "1"}), ("alerts", {"part": "rules", "rule": "1"}),
]  # fmt: skip


OBEYED = {  # what a page has where it takes a name for more than a name
    "a script": "script:text('window.hit')",
    "an address": "[href*='//evil'], [href*='//www.evil'], [src*='//evil']",
    "a formula": ".katex",
    "bold letters": "strong:text-is('bold')",
    "a colour": "span:text-is('r')",
    "a heading": "h1:text-is('h'), h1:text-matches('^h')",
}


def test_hostile_names_are_text_on_every_page(server: Server, browser: Browser) -> None:
    wrong, shown = [], 0
    with a_page(browser) as page:  # which fails for any request to the outside
        for name, address in (*MODEL_PARTS, *OTHER_PARTS):
            query = urlencode({"model": MODEL, **address})
            page.goto(f"{server.address}/{name}?{query}")
            settle(page)
            said = page.locator("body").inner_text()
            shown += "evil.example" in said
            found = [what for what, place in OBEYED.items() if page.locator(place).count()]
            found += ["an event"] if page.evaluate("window.hit") else []
            found += ["no page"] if "could not be drawn" in said else []
            wrong += [(name, address, found)] if found else []
    assert wrong == []
    assert shown > 10, "pages that show names at all"


def test_hostile_names_are_text_in_messages_and_stay_in_the_reports_box(
    home: Path, store: Store, server: Server, browser: Browser
) -> None:
    letters = [path.read_bytes() for path in (home / "mail" / "new").iterdir()]
    assert letters
    for letter in letters:
        message = email.message_from_bytes(letter, policy=email.policy.default)
        html = message.get_body(("html",))
        assert html is None or "<script>window" not in html.get_content()
        assert html is None or '<img src="https://evil' not in html.get_content()
        assert "\n" not in str(message["Subject"])
    sha256 = reports.report(store, MODEL, batch=f"7 {EVIL}")["sha256"].iloc[0]
    with a_page(browser) as opened:
        opened.goto(f"{server.address}/report/{sha256}")
        opened.wait_for_timeout(3000)
