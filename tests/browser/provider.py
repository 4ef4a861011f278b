"""An OpenID Connect provider on loopback that signs in, without asking, whoever it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwk, jwt

CLIENT_ID, CLIENT_SECRET = "fairwatch", "planted-7f3a-client-secret"


class Provider:
    """``person`` are the claims of who sits before the browser; ``refused`` is what was wrong with
    what it was asked for."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.refused: list[str] = []
        self._key = jwk.RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig"})
        self._asked: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_how: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to, with a code that is good once."""
        code = uuid.uuid4().hex
        self._asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """The signed claims, for the client's secret, the code and what the code was bound to."""
        asked = self._asked.pop(form["code"])
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        wrong = {
            "secret": authorization != f"Basic {secret}",
            "verifier": proof != asked.get("code_challenge"),
            "address": form["redirect_uri"] != asked["redirect_uri"],
        }
        self.refused += [name for name, is_wrong in wrong.items() if is_wrong]
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 600,
            "nonce": asked["nonce"], **self.person,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed, "expires_in": 600}

    def _handler(provider) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = urlsplit(self.path)
                if place.path == "/authorize":
                    self.send_response(302)
                    query = dict(parse_qsl(place.query))
                    self.send_header("Location", provider.authorize(query))
                    self.end_headers()
                    return
                known = {
                    "/.well-known/openid-configuration": provider.metadata,
                    "/keys": provider.keys,
                }
                self._say(known[place.path]())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body))
                self._say(provider.token(form, self.headers["Authorization"]))

            def _say(self, what: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(what).encode())

            def log_message(self, *_args: object) -> None:
                pass

        return Handler
