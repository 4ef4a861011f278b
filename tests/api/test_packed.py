"""Scripts of the interface come compressed to who takes it, and are the same to everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from monitor.api.lighter import LIGHTER
from monitor.api.packed import Packed
from tests.api.asking import in_a_loop

SCRIPT = b"let answer = 42;\n" * 500


Ask = Callable[..., httpx.Response]


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    """A server with two files."""
    for name in ("app.js", "letters.woff2"):
        (tmp_path / name).write_bytes(SCRIPT)
    files = [Mount(f"/{name}", StaticFiles(directory=tmp_path)) for name in ("static", "else")]
    return Starlette(routes=files, middleware=[Middleware(Packed)])


@pytest.fixture
def ask(app: Starlette) -> Ask:
    """A browser that takes gzip."""

    async def get(path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
            return await browser.get(path, headers=headers)

    return lambda path, **headers: in_a_loop(
        get(path, {name.replace("_", "-"): value for name, value in headers.items()})
    )


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_script_is_small_on_its_way_and_whole_at_its_end(ask: Ask, time: str) -> None:
    if time == "second":
        ask("/static/app.js")
    answer = ask("/static/app.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(SCRIPT) / 10
    assert "accept-encoding" in answer.headers["vary"].lower()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/app.js", {"accept_encoding": "identity"}),
        ("/static/app.js", {"range": "bytes=0-16"}),
        ("/static/letters.woff2", {}),
        ("/else/app.js", {}),
        ("/static/none.js", {}),
    ],
)
def test_all_else_goes_by_as_it_is(ask: Ask, path: str, headers: dict[str, str]) -> None:
    ask("/static/app.js")
    answer = ask(path, **headers)
    assert "content-encoding" not in answer.headers
    assert answer.content in (SCRIPT, SCRIPT[:17], b"Not Found")


def test_a_browser_that_has_a_copy_is_told_to_keep_it(ask: Ask) -> None:
    first = ask("/static/app.js")
    again = ask("/static/app.js", if_none_match=first.headers["etag"])
    assert again.status_code == 304


def test_a_browser_that_leaves_in_the_middle_leaves_the_script_whole_for_others(
    app: Starlette, ask: Ask
) -> None:
    async def left() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def unheard(message: object) -> None:
        pass

    scope = {
        "type": "http", "method": "GET", "path": "/static/app.js", "root_path": "",
        "query_string": b"", "headers": [(b"accept-encoding", b"gzip")],
    }  # fmt: skip
    in_a_loop(app(scope, left, unheard))
    assert ask("/static/app.js").content == SCRIPT


LIGHT = "/static/media/icons.woff2"


@pytest.fixture
def lighter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "icons.woff2").write_bytes(SCRIPT)
    monkeypatch.setitem(LIGHTER, LIGHT, lambda whole: whole[:40])


@pytest.mark.usefixtures("lighter")
def test_a_file_that_is_made_lighter_is_asked_about_each_time_and_sent_once(ask: Ask) -> None:
    first = ask(LIGHT)
    assert (first.content, first.headers["cache-control"]) == (SCRIPT[:40], "no-cache")
    again = ask(LIGHT, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert ask(LIGHT, if_none_match='"of the whole one"').content == SCRIPT[:40]


@pytest.mark.usefixtures("lighter")
def test_a_part_of_a_file_is_a_part_of_the_whole_one(ask: Ask) -> None:
    assert ask(LIGHT, range="bytes=0-99").content == SCRIPT[:100]
