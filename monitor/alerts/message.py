"""What is handed to a channel, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPARKLINE = "sparkline@fairwatch"  # what ``html`` calls the picture: <img src="cid:…">


@dataclass(frozen=True, slots=True)
class Message:
    """One message, said in every way: plain text, HTML, Slack blocks, and JSON for machines.

    ``subject`` is one line.  ``sparkline`` is a PNG, or empty where there is too little to draw.
    """

    subject: str
    text: str
    html: str
    blocks: tuple[dict[str, Any], ...]
    link: str
    sparkline: bytes = b""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A receiver took a message: its own last words, and those of several who got nothing."""

    answer: str
    warning: str = ""
