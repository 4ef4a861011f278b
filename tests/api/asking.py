"""Asking an ASGI application without a server before it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

OWN = {"host": "localhost:8501"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    text: str


def ask(
    app: ASGIApp,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    server: str = "127.0.0.1",
) -> Answer:
    """What it answers to one request that came in over that address."""
    said = _said(app, {**_scope("http", path, headers, server), "method": method})
    body = b"".join(message.get("body", b"") for message in said[1:])
    return Answer(said[0]["status"], Headers(raw=said[0]["headers"]), body.decode())


def opens_a_stream(app: ASGIApp, headers: dict[str, str]) -> bool:
    """Whether it takes a websocket."""
    said = _said(app, _scope("websocket", "/_stcore/stream", headers, "127.0.0.1"))
    return said[0]["type"] == "websocket.accept"


def _scope(kind: str, path: str, headers: dict[str, str] | None, server: str) -> dict[str, Any]:
    sent = OWN | (headers or {})
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()]
    return {
        "type": kind, "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
        "query_string": b"", "headers": raw, "server": (server, 8501), "client": ("127.0.0.1", 1),
        "subprotocols": [],
    }  # fmt: skip


def _said(app: ASGIApp, scope: dict[str, Any]) -> list[Message]:
    said: list[Message] = []
    kind = {"http": "http.request", "websocket": "websocket.connect"}[scope["type"]]

    async def receive() -> Message:
        return {"type": kind, "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    in_a_loop(app(scope, receive, send))
    return said


def in_a_loop(work: Any) -> Any:
    """What the coroutine gives, run in a thread of its own: a browser that a test before has open
    keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
