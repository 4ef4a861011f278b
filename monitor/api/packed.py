"""What the browser needs of the interface itself is sent small, and made small only once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.api.lighter import LIGHTER

UNDER = "/static/"
TEXTS = ("text/", "application/javascript", "application/json", "font/ttf", "image/svg")
CONDITIONS = {"if-none-match", "if-modified-since"}
MOST = 200  # files kept: all there are of scripts, styles and letters, some three megabytes


@dataclass(slots=True)
class _Answer:
    """What the server within says, whole."""

    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def give(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": bytes(self.body)})


class Packed:
    """Answers to ``/static/…`` with gzip where the browser takes it; all else goes by.

    Files that are made lighter keep their address when we change, so browsers ask whether theirs
    is still good.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, _Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wanted(scope):
            await self._app(scope, receive, send)
            return
        answer = self._kept.get(scope["path"]) or await self._made(scope)
        tag = Headers(raw=answer.start["headers"]).get("etag")
        if tag is not None and Headers(scope=scope).get("if-none-match") == tag:
            answer = _unchanged(answer)
        await answer.give(send)

    async def _made(self, scope: Scope) -> _Answer:
        whole = [pair for pair in scope["headers"] if pair[0].decode() not in CONDITIONS]
        answer = _Answer()
        await self._app({**scope, "headers": whole}, _staying, answer.take)
        found = answer.start["status"] == 200
        small = found and await asyncio.to_thread(_shrink, scope["path"], answer)
        if small and len(self._kept) < MOST:
            self._kept[scope["path"]] = answer
        return answer


async def _staying() -> Message:
    """A browser that does not leave: with one that does, reading would stop in the middle of what
    others are to get."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


def _wanted(scope: Scope) -> bool:
    """A whole file, asked for by a browser that has no copy of it, or one that is made lighter."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    if not scope["path"].startswith(UNDER):
        return False
    headers = Headers(scope=scope)
    passed_by = {"range"} | (set() if scope["path"] in LIGHTER else CONDITIONS)
    return "gzip" in headers.get("accept-encoding", "") and not passed_by & set(headers.keys())


def _shrink(path: str, answer: _Answer) -> bool:
    """Whether it is another answer now."""
    lighter, packed = path in LIGHTER, _compressible(answer)
    headers = MutableHeaders(raw=list(answer.start["headers"]))
    body = bytes(answer.body)
    if lighter:
        body = LIGHTER[path](body)
        headers["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["cache-control"] = "no-cache"
    if packed:
        body = gzip.compress(body, 9, mtime=0)
        headers["content-encoding"] = "gzip"
        headers.add_vary_header("accept-encoding")
    headers["content-length"] = str(len(body))
    answer.body, answer.start = bytearray(body), {**answer.start, "headers": headers.raw}
    return lighter or packed


def _unchanged(answer: _Answer) -> _Answer:
    named = (b"etag", b"cache-control", b"vary")
    same = [pair for pair in answer.start["headers"] if pair[0] in named]
    return _Answer({**answer.start, "status": 304, "headers": same})


def _compressible(answer: _Answer) -> bool:
    headers = Headers(raw=answer.start["headers"])
    known = headers.get("content-type", "").startswith(TEXTS)
    return known and "content-encoding" not in headers
