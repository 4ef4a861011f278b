"""What makes a worker quick that does much the same again and again."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1  # of malloc.h
M_MMAP_THRESHOLD: Final = -3
KEPT_BYTES: Final = 64 << 20
MAPPED_BYTES: Final = 32 << 20


# Of Arrow's own allocators the one that keeps least of what a reader has freed: 20 MB less.
ARROW: Final = {"ARROW_DEFAULT_MEMORY_POOL": "jemalloc"} if sys.platform == "linux" else {}


def choose_arrows() -> None:
    """To be said before Arrow is loaded; who has chosen already is left their choice."""
    for name, value in ARROW.items():
        os.environ.setdefault(name, value)


def settle() -> None:
    """All that is loaded stays, and memory that is freed waits for the next chunk of rows.

    Looking through all that was imported takes a tenth of a second each time; memory given back to
    the system and zeroed again by it costs a tenth of all counting.
    """
    gc.freeze()
    allocator = ctypes.CDLL(None)
    if hasattr(allocator, "mallopt"):
        allocator.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        allocator.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
