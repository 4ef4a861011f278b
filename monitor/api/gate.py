"""The gate before everything that is served: who asks, under which name, from which page."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from monitor.access import Access, is_address, reachable
from monitor.api.headers import PARTS, headers, of_parts

USER_COOKIE = "_streamlit_user"
CLOSED = ("/_stcore/agent/",)  # drives the pages without a browser, and knows no login
COUNTED = ("/metrics", "/_stcore/metrics")
# What a person must get before they are signed in: the empty page, its parts, and the way in.
# The pages themselves come through the stream, and ask who it is before they show anything.
OPEN = (
    "/", "/model", "/alerts", "/batches", "/settings", "/favicon.png", "/manifest.json",
    "/healthz", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/auth/login",
    "/auth/logout", "/oauth2callback",
)  # fmt: skip


class Gate:
    """ASGI middleware: refuses with one sentence, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._headers = headers(https=access.https)
        self._of_parts = of_parts(self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = refusal(self._access, scope)
        if scope["type"] == "websocket":  # of whose messages there are many, and none has headers
            if refused is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
        elif refused is None:
            await self._app(scope, receive, self._dressed(send))
        else:
            await refused(scope, receive, self._dressed(send))

    def _dressed(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                part = given.get("content-type", "").startswith(PARTS)
                for name, value in (self._of_parts if part else self._headers).items():
                    given.setdefault(name, value)
            await send(message)

        return with_headers


def refusal(access: Access, scope: Scope) -> PlainTextResponse | None:
    """The answer to who may not come in; None for who may."""
    asked = Headers(scope=scope)
    path = scope.get("path", "")
    if not access.guarded() and _from_outside(scope):
        return _no(403, "This server keeps to its own machine, for no login is set.")
    if not access.knows(asked.get("host")):
        return _no(421, "There is no such host here: FAIRWATCH_ALLOWED_HOSTS lists the names.")
    if not same_origin(asked):
        return _no(403, "Other sites' pages may not ask this server for anything.")
    if path.startswith(CLOSED):
        return _no(404, "There is nothing here.")
    if path in COUNTED:
        return _uncounted(access, asked)
    if access.login and not _is_open(path) and not access.login.admits(user(access, scope)):
        return _no(401, "Sign in first: open the address of the dashboard.")
    return None


def _no(status: int, sentence: str, **more: str) -> PlainTextResponse:
    return PlainTextResponse(sentence + "\n", status_code=status, headers=more)


def _from_outside(scope: Scope) -> bool:
    """Whether it came in over an address that others than this machine can reach."""
    host, port = scope.get("server") or ("", None)
    return port is not None and is_address(host) and reachable(host)


def same_origin(asked: Headers) -> bool:
    """Whether no page of another site asked; browsers name the page's origin, others do not."""
    origin = asked.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == asked.get("host", "").lower()
    except ValueError:
        return False


def _uncounted(access: Access, asked: Headers) -> PlainTextResponse | None:
    """/metrics takes a bearer token: it is asked by a program, which cannot sign in."""
    if not access.token and not access.login:
        return None
    kind, _, token = asked.get("authorization", "").partition(" ")
    known = access.token.encode()
    if known and kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), known):
        return None
    sentence = "Send the token FAIRWATCH_METRICS_TOKEN as Authorization: Bearer."
    return _no(401, sentence, **{"WWW-Authenticate": "Bearer"})


def _is_open(path: str) -> bool:
    return path in OPEN or (path.startswith("/static/") and ".." not in path)


def user(access: Access, scope: Scope) -> dict[str, Any]:
    """Who signed in, out of the cookie that Streamlit's login signed; {} for a stranger."""
    login = access.login
    if login is None:
        return {}
    cookies = HTTPConnection(scope).cookies

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        known = value.encode("latin-1", "replace") if value else None
        return decode_signed_value(login.cookie_secret, name, known) if known else None

    found = get_cookie_with_chunks(signed, USER_COOKIE)
    try:
        person = json.loads(found) if found else {}
    except ValueError:
        return {}
    return person if isinstance(person, dict) else {}
