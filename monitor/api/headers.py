"""What every answer tells the browser to allow: nothing that the pages do not need."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit

OF_PARTS = ("x-content-type-options", "cross-origin-resource-policy", "strict-transport-security")
PARTS = ("application/javascript", "text/css", "font/", "image/png")
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def headers(*, https: bool) -> dict[str, str]:
    """By lower-case name; an answer that says one of them itself keeps its own."""
    said = {
        "content-security-policy": policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    return said | ({"strict-transport-security": "max-age=31536000"} if https else {})


def of_parts(said: dict[str, str]) -> dict[str, str]:
    """Those that mean something on a script, a style or letters; the page says the rest for them.

    A page has a hundred of these, and all of its headers would be a tenth of a first visit.
    """
    return {name: value for name, value in said.items() if name in OF_PARTS}


def policy() -> str:
    """Scripts only from here; of the inline ones only those that Streamlit's own page has."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in INLINE.findall(page))
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {hashes}",
        "style-src": "'self' 'unsafe-inline'",  # its components write their styles as they run
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
