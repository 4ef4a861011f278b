"""What the browser needs of the interface itself is sent compressed, and compressed only once."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNDER = "/static/"
TEXTS = ("text/", "application/javascript", "application/json", "font/ttf", "image/svg")
MOST = 200  # files kept: all there are of scripts, styles and letters, some four megabytes


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
    """Answers to ``/static/…`` with gzip where the browser takes it; all else goes by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, _Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wanted(scope):
            await self._app(scope, receive, send)
            return
        answer = self._kept.get(scope["path"])
        if answer is None:
            answer = _Answer()
            await self._app(scope, receive, answer.take)
            if _compressible(answer):
                await asyncio.to_thread(_compress, answer)
                if len(self._kept) < MOST:
                    self._kept[scope["path"]] = answer
        await answer.give(send)


def _wanted(scope: Scope) -> bool:
    """A whole file, asked for by a browser that has no copy of it."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    if not scope["path"].startswith(UNDER):
        return False
    headers = Headers(scope=scope)
    partly = {"range", "if-none-match", "if-modified-since"} & set(headers.keys())
    return "gzip" in headers.get("accept-encoding", "") and not partly


def _compressible(answer: _Answer) -> bool:
    headers = Headers(raw=answer.start["headers"])
    known = headers.get("content-type", "").startswith(TEXTS)
    return answer.start["status"] == 200 and known and "content-encoding" not in headers


def _compress(answer: _Answer) -> None:
    answer.body = bytearray(gzip.compress(bytes(answer.body), 9, mtime=0))
    headers = MutableHeaders(raw=list(answer.start["headers"]))
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(answer.body))
    headers.add_vary_header("accept-encoding")
    answer.start = {**answer.start, "headers": headers.raw}
