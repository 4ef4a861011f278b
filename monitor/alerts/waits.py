"""How long an HTTP server asks to be left alone."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

_UNNAMED = 60.0  # seconds, where it names no wait


def retry_after(header: str | None, *, now: datetime) -> float:
    """Seconds, from a number or a date (RFC 9110, 10.2.3); a minute where there is neither.

    >>> from datetime import UTC
    >>> new_year = datetime(2026, 1, 1, tzinfo=UTC)
    >>> [retry_after(said, now=new_year) for said in ("120", "Thu, 01 Jan 2026 00:05:00 GMT")]
    [120.0, 300.0]
    """
    said = (header or "").strip()
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
    except (TypeError, ValueError):
        return _UNNAMED
