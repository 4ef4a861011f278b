"""What is handed to a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SPARKLINE = "sparkline@fairwatch"  # what ``html`` calls the picture: <img src="cid:…">


@dataclass(frozen=True, slots=True)
class Message:
    """One message, said three ways: plain text, HTML and Slack blocks.

    ``subject`` is one line.  ``sparkline`` is a PNG, or empty where there is too little to draw.
    """

    subject: str
    text: str
    html: str
    blocks: tuple[dict[str, Any], ...]
    link: str
    sparkline: bytes = b""
