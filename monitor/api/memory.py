"""What keeps a server small that many people look at."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

import pandas as pd

ARENAS: Final = 2
M_ARENA_MAX: Final = -8  # of malloc.h


def settle() -> None:
    """Before anybody comes: all that is loaded stays, texts are small, and threads share two heaps.

    glibc gives threads, of which every rerun is one, heaps of their own, eight for each processor,
    and each keeps what a page once needed.
    """
    gc.collect()
    gc.freeze()  # what is loaded now need not be looked at again
    gc.enable()
    # Texts of frames are Python's own: of some thousand rows, which is what pages draw, those of
    # Arrow take longer to make, to choose from and to read.
    pd.set_option("future.infer_string", False)
    allocator = ctypes.CDLL(None)
    if hasattr(allocator, "mallopt"):
        allocator.mallopt(M_ARENA_MAX, ARENAS)
