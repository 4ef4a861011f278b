"""Signing in through a provider, as a person does it: Streamlit's own login in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import a_page, settle
from tests.browser.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.torture.servers import Server, a_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COOKIE_SECRET = "planted-7f3a-cookie-secret-of-32-characters"
ANN = {"email": "ann@example.org", "email_verified": True, "name": "Ann"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that lets in who has an address of example.org."""
    environ = {
        "FAIRWATCH_LOGIN_CLIENT_ID": CLIENT_ID,
        "FAIRWATCH_LOGIN_METADATA_URL": f"{provider.address}/.well-known/openid-configuration",
        "FAIRWATCH_LOGIN_CLIENT_SECRET": CLIENT_SECRET,
        "FAIRWATCH_LOGIN_COOKIE_SECRET": COOKIE_SECRET,
        "FAIRWATCH_ALLOWED_USERS": "*@example.org",
    }
    with a_server(tmp_path_factory.mktemp("login") / "home", **environ) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with a_page(browser) as opened:
        yield opened


def sign_in(server: Server, page: Page) -> None:
    page.goto(server.address)
    settle(page)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_on_the_list_comes_in_and_goes_again(
    server: Server, provider: Provider, page: Page
) -> None:
    provider.person = ANN
    sign_in(server, page)
    expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_be_visible()
    assert provider.refused == []
    missing = page.request.get(f"{server.address}/report/{'0' * 64}")
    assert missing.status == 404, "which a stranger would not have been told"
    kept = {cookie["name"]: cookie for cookie in page.context.cookies()}["_streamlit_user"]
    assert (kept["httpOnly"], kept["sameSite"]) == (True, "Lax")
    page.get_by_role("button", name=re.compile("^Sign out ann")).click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.request.get(f"{server.address}/report/{'0' * 64}").status == 401


@pytest.mark.parametrize(
    "person",
    [
        {"email": "eve@example.com", "email_verified": True},
        {"email": "ann@example.org", "email_verified": False},
        {"email": "ann@example.org.example.com", "email_verified": True},
        {"name": "ann@example.org"},
    ],
)
def test_whoever_is_not_on_the_list_sees_nothing_and_may_try_another_account(
    server: Server, provider: Provider, page: Page, person: dict[str, object]
) -> None:
    provider.person = person
    sign_in(server, page)
    expect(page.get_by_text("is not on the list of those who may come in")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_have_count(0)
    assert page.request.get(f"{server.address}/report/{'0' * 64}").status == 401
    provider.person = ANN
    page.get_by_role("button", name="Sign in with another account").click()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_stranger_is_refused_nothing_that_the_sign_in_page_needs(
    server: Server, browser: Browser, width: int, dark: bool, tmp_path: Path
) -> None:
    with a_page(browser, width=width, dark=dark) as page:
        refused: list[str] = []
        page.on("response", lambda it: refused.append(it.url) if it.status >= 400 else None)
        page.on("console", lambda it: refused.append(it.text) if it.type == "error" else None)
        page.goto(server.address)
        settle(page)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        page.screenshot(path=tmp_path / "sign_in.png")
        assert refused == []
        assert page.title() == "Fairwatch"


def test_no_secret_of_the_login_is_on_a_page_in_the_log_or_in_the_home(
    server: Server, provider: Provider, page: Page
) -> None:
    provider.person = ANN
    came: list[str] = []
    page.on("websocket", lambda it: it.on("framereceived", lambda said: came.append(str(said))))
    sign_in(server, page)
    expect(page.get_by_role("heading", name="Nothing is being watched yet")).to_be_visible()
    files = [file for file in server.log.parent.rglob("*") if file.is_file()]
    said = [page.content(), *came, *(file.read_bytes().decode("latin-1") for file in files)]
    assert server.log in files
    assert len(came) > 10
    assert not any("planted-7f3a" in text for text in said)
