"""A visitor without a browser: speaks the pages' websocket, and tells how long an answer took."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# The server takes what a browser says of its cookies and session in the list of subprotocols.
PROTOCOLS: list[Any] = ["streamlit"]
LARGEST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds from asking until the script had finished, bytes that came, and errors on it."""

    seconds: float
    size_bytes: int
    errors: tuple[str, ...]


class Visitor:
    """One session on the server; every ask is a rerun of its script."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ask(self, path: str) -> Answer:
        """Opens this path and query, and waits until its script has finished."""
        place = urlsplit(path)
        message = BackMsg()
        message.rerun_script.query_string = place.query
        message.rerun_script.page_name = place.path.strip("/")
        message.rerun_script.context_info.url = f"http://127.0.0.1{path}"
        began, size, errors = time.perf_counter(), 0, []
        await self._socket.send(message.SerializeToString())
        while True:
            raw = await self._socket.recv(decode=False)
            size += len(raw)
            answer = ForwardMsg.FromString(raw)
            errors += _errors(answer)
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue  # the page sent itself elsewhere, and runs again
                return Answer(time.perf_counter() - began, size, tuple(errors))


def _errors(answer: ForwardMsg) -> list[str]:
    """An exception or the card that the shell shows in its place."""
    if answer.WhichOneof("type") == "page_not_found":
        return ["page not found"]
    element = answer.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        return [element.exception.message]
    return [element.alert.body] if kind == "alert" and element.alert.format == 1 else []


@asynccontextmanager
async def visiting(address: str) -> AsyncIterator[Visitor]:
    """A session at ``http://…`` of its own, over when the block is left."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(stream, subprotocols=PROTOCOLS, max_size=LARGEST_BYTES) as socket:
        yield Visitor(socket)
