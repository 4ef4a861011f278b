"""Real servers on loopback that take messages, or refuse them as they are told."""

from __future__ import annotations

import json
import socket
import threading
import time
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Letters:
    """What a mail server took; it answers slowly or with a refusal where it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.wait, self.answer = 0.0, "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(BytesParser(policy=policy.default).parsebytes(envelope.content))
        time.sleep(self.wait)
        return self.answer

    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Hook:
    """A webhook receiver that answers from a list, then with 200."""

    def __init__(self, *answers: tuple[int, dict[str, str]]) -> None:
        self.got: list[dict[str, Any]] = []
        waiting = list(answers)
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code, headers = waiting.pop(0) if waiting else (200, {})
                if code == 200:
                    got.append(json.loads(body))
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok" if code == 200 else b"ratelimited")

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
