"""A real HTTP server on loopback that answers as it is told and keeps what it got."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "ok"
    wait: float = 0.0
    drip: float = 0.0  # seconds between two letters of its headers


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpReceiver:
    """Answers one after the other, the last one for ever."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        waiting = list(answers) or [Answer()]
        got: list[Request] = []
        self.got = got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append(Request(self.path, dict(self.headers), body))
                answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                time.sleep(answer.wait)
                try:
                    self._say(answer)
                except OSError:  # the client did not wait
                    return

            def _say(self, answer: Answer) -> None:
                for _ in range(1000 if answer.drip else 0):
                    self.wfile.write(b"X")
                    time.sleep(answer.drip)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body.encode())

            def log_message(self, *_args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
