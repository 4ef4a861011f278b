"""Who may come in, and what every answer forbids the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from monitor.access import Access, access_of, check_listening
from monitor.api.gate import USER_COOKIE, Gate
from monitor.errors import AccessRefused
from monitor.settings import Settings
from tests.api.asking import Answer, ask, opens_a_stream

COOKIE_SECRET = "c" * 32
LOGIN = {
    "login_client_id": "fairwatch",
    "login_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}
SECRETS = {
    "FAIRWATCH_LOGIN_CLIENT_SECRET": "client-secret",
    "FAIRWATCH_LOGIN_COOKIE_SECRET": COOKIE_SECRET,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def access(home: Path, environ: dict[str, str] | None = None, **settings: object) -> Access:
    return access_of(Settings(home=home, **settings), environ or {})  # type: ignore[arg-type]


async def _said(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def behind(gate: Access) -> ASGIApp:
    """A small server behind the gate."""
    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    return Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", _talk),
            Route("/{path:path}", _said, methods=methods),
        ],
        middleware=[Middleware(Gate, gate)],
    )


def signed(user: str) -> dict[str, str]:
    return cookie(create_signed_value(COOKIE_SECRET, USER_COOKIE, user))


def cookie(value: bytes) -> dict[str, str]:
    return {"cookie": f"{USER_COOKIE}={value.decode()}"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "", "nowhere.invalid"])
def test_a_public_address_is_refused_until_there_is_a_login_or_the_word(
    home: Path, host: str
) -> None:
    with pytest.raises(AccessRefused, match="no login is set"):
        check_listening(access(home), host)
    check_listening(access(home, without_login=True), host)
    check_listening(access(home, SECRETS, **LOGIN), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_may_always_be_listened_to(home: Path, host: str) -> None:
    check_listening(access(home), host)


@pytest.mark.parametrize("missing", [*LOGIN, *SECRETS])
def test_a_login_configured_by_half_is_refused_by_the_name_of_what_is_missing(
    home: Path, missing: str
) -> None:
    settings = {name: value for name, value in LOGIN.items() if name != missing}
    secrets = {name: value for name, value in SECRETS.items() if name != missing}
    name = missing if missing.isupper() else f"FAIRWATCH_{missing.upper()}"
    with pytest.raises(AccessRefused, match=name):
        access(home, secrets, **settings)


def test_a_short_cookie_secret_is_refused_and_not_shown(home: Path) -> None:
    with pytest.raises(AccessRefused, match="too short") as refused:
        access(home, SECRETS | {"FAIRWATCH_LOGIN_COOKIE_SECRET": "hunter2"}, **LOGIN)
    assert "hunter2" not in str(refused.value)


def test_secrets_may_be_files_and_are_in_no_repr(home: Path) -> None:
    (home / "secrets").mkdir()
    for name, value in SECRETS.items():
        (home / "secrets" / name).write_text(value + "\n")
    found = access(home, **LOGIN)
    assert found.login is not None
    assert found.login.client_secret == "client-secret"
    assert not any(value in repr(found) + repr(found.login) for value in SECRETS.values())


def test_what_arrives_over_a_public_address_is_refused_however_the_server_was_started(
    home: Path,
) -> None:
    closed, opened = behind(access(home)), behind(access(home, without_login=True))
    assert ask(closed, "/model", server="192.0.2.7").status == 403
    assert ask(closed, "/model").status == 200
    assert ask(opened, "/model", server="192.0.2.7").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("LOCALHOST:8501", 200), ("127.0.0.1:8501", 200), ("[::1]:80", 200),
     ("fair.example.org", 200), ("mine.example.org:8501", 200), ("evil.example.com", 421),
     ("localhost.evil.example.com", 421), ("a@localhost", 421), ("localhost/x", 421),
     ("localhost:port", 421)],
)  # fmt: skip
def test_only_hosts_that_are_ours_are_answered(home: Path, host: str, status: int) -> None:
    gate = access(home, base_url="https://fair.example.org", allowed_hosts="Mine.Example.org, x")
    assert ask(behind(gate), "/model", {"host": host}).status == status
    assert opens_a_stream(behind(gate), {"host": host}) == (status == 200)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost:1", "["])
def test_another_sites_page_gets_nothing_and_opens_no_stream(home: Path, origin: str) -> None:
    server = behind(access(home))
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        assert ask(server, "/model", {"origin": origin}, method=method).status == 403
    assert not opens_a_stream(server, {"origin": origin})


def test_our_own_page_opens_a_stream(home: Path) -> None:
    assert opens_a_stream(behind(access(home)), {"origin": "http://localhost:8501"})


@pytest.mark.parametrize(
    "path", ["/report/" + "0" * 64, "/media/x.csv", "/_stcore/upload_file/a/b", "/nowhere",
             "/component/x", "/static/../report/x"],
)  # fmt: skip
def test_with_a_login_strangers_get_the_way_in_and_nothing_else(home: Path, path: str) -> None:
    server = behind(access(home, SECRETS, **LOGIN, allowed_users="*@example.org"))
    ann = signed('{"is_logged_in": true, "email": "ann@example.org"}')
    assert ask(server, path).status == ask(server, path, method="PUT").status == 401
    assert ask(server, "/").status == ask(server, "/auth/login").status == 200
    assert ask(server, path, ann).status == 200


@pytest.mark.parametrize(
    "user",
    ['{"is_logged_in": true, "email": "ann@evil.example"}', '{"email": "ann@example.org"}',
     '{"is_logged_in": true}', "[]", "nonsense",
     '{"is_logged_in": true, "email": "ann@example.org", "email_verified": false}'],
)  # fmt: skip
def test_signed_in_is_not_yet_admitted(home: Path, user: str) -> None:
    server = behind(access(home, SECRETS, **LOGIN, allowed_users="*@example.org"))
    assert ask(server, "/report/x", signed(user)).status == 401


def test_a_cookie_that_somebody_else_signed_admits_nobody(home: Path) -> None:
    server = behind(access(home, SECRETS, **LOGIN))
    forged = create_signed_value("d" * 32, USER_COOKIE, '{"is_logged_in": true}')
    assert ask(server, "/report/x", cookie(forged)).status == 401
    assert ask(server, "/report/x", signed('{"is_logged_in": true}')).status == 200


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_numbers_for_prometheus_take_the_token(home: Path, path: str) -> None:
    assert ask(behind(access(home)), path).status == 200
    server = behind(access(home, {"FAIRWATCH_METRICS_TOKEN": "planted-token"}))
    for wrong in ("", "Bearer", "Bearer x", "Basic planted-token", "planted-token"):
        answer = ask(server, path, {"authorization": wrong})
        assert answer.status == 401
        assert "planted-token" not in answer.text
    assert ask(server, path, {"authorization": "Bearer planted-token"}).status == 200
    closed = behind(access(home, SECRETS, **LOGIN))
    assert ask(closed, path, {"authorization": "Bearer "}).status == 401


def test_pages_cannot_be_driven_without_a_browser(home: Path) -> None:
    assert ask(behind(access(home)), "/_stcore/agent/interact", method="POST").status == 404


@pytest.mark.parametrize("path", ["/", "/static/x.js", "/nowhere"])
def test_every_answer_has_its_headers_refusals_too(home: Path, path: str) -> None:
    server = behind(access(home, base_url="https://localhost"))
    answers: list[Answer] = [ask(server, path), ask(server, path, {"host": "evil.example.com"})]
    for said in (answer.headers for answer in answers):
        assert said["x-content-type-options"] == "nosniff"
        assert said["referrer-policy"] == "same-origin"
        assert said["strict-transport-security"].startswith("max-age=")
        policy = said["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "sha256-" in scripts


def test_plain_http_is_not_told_to_be_https(home: Path) -> None:
    assert "strict-transport-security" not in ask(behind(access(home)), "/").headers
