"""Tallies as compact bytes: a JSON header and narrowed arrays, compressed together."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

VERSION = 2


def pack(kind: str, facts: Any, arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """``facts`` is anything JSON holds; arrays come back with their own type and values."""
    narrowed = [_narrow(array) for array in arrays]
    header = {
        "kind": kind,
        "version": VERSION,
        "facts": facts,
        "arrays": [
            (n.dtype.str, a.dtype.str, a.shape) for n, a in zip(narrowed, arrays, strict=True)
        ],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    body = b"".join(array.tobytes() for array in narrowed)
    return zlib.compress(len(text).to_bytes(4, "little") + text + body, 6)


def unpack(kind: str, data: bytes) -> tuple[Any, Iterator[npt.NDArray[Any]]]:
    """Facts and arrays in the order packed; ValueError where these are other bytes."""
    header, plain, start = _opened(kind, data)
    return header["facts"], _arrays(plain, start, header["arrays"])


def peek(kind: str, data: bytes) -> tuple[Any, Callable[[int], Iterator[npt.NDArray[Any]]]]:
    """The same for one who wants few of the arrays, asks for those from a place on, and comes back
    for others: the last bytes stay open.  Facts are not to be changed."""
    header, plain, start = _kept(kind, data)
    return header["facts"], lambda place: _arrays(plain, start, header["arrays"], place)


def _opened(kind: str, data: bytes) -> tuple[Any, bytes, int]:
    """The header, everything, and where the arrays start in it."""
    plain = zlib.decompress(data)
    start = 4 + int.from_bytes(plain[:4], "little")
    header = json.loads(plain[4:start])
    if (header["kind"], header["version"]) != (kind, VERSION):
        found = f"{header['kind']} of version {header['version']}"
        raise ValueError(f"Expected {kind} of version {VERSION}, found {found}: score it again.")
    return header, plain, start


_kept = lru_cache(maxsize=4)(_opened)  # with hundreds of columns each is two megabytes


def _arrays(plain: bytes, start: int, shapes: Any, first: int = 0) -> Iterator[npt.NDArray[Any]]:
    for place, (stored, wanted, shape) in enumerate(shapes):
        size = math.prod(shape)
        if place >= first:
            array = np.frombuffer(plain, dtype=stored, count=size, offset=start)
            yield array.astype(wanted).reshape(shape)
        start += size * np.dtype(stored).itemsize


def _narrow(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whole, non-negative numbers in the smallest unsigned type; others stay as they are."""
    if not array.size or not np.isfinite(array).all() or array.min() < 0:
        return array
    highest = array.max()
    if highest >= 2**53 or (array != np.floor(array)).any():
        return array
    return array.astype(np.min_scalar_type(int(highest)))
