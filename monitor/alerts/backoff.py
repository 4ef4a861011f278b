"""How long a message waits before it is tried again."""

from __future__ import annotations

FIRST_SECONDS = 15.0
LONGEST_SECONDS = 900.0


def next_delay(attempt: int, *, retry_after: float | None = None) -> float:
    """Seconds to wait after attempt number ``attempt`` (the first is 1) has failed.

    Doubles up to a quarter of an hour, so that what waits goes out soon after a server is back; a
    receiver that named its own wait is believed where it asks for longer, up to a day.

    >>> [next_delay(attempt) for attempt in (1, 2, 3, 20)]
    [15.0, 30.0, 60.0, 900.0]
    """
    doubled = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(max(attempt - 1, 0), 30))
    return max(doubled, min(retry_after or 0.0, 86_400.0))
