"""The model works on one chunk while the chunk before it is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from monitor.models.chunk import Frame, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Rows, what the model says of them, and the seconds it took."""

    frame: Frame
    predictions: Frame
    seconds: float


def at_once(
    chunks: Iterable[Rows], predict: Callable[[Rows], Rows]
) -> Generator[Predicted, None, None]:
    """Every chunk in order, with what is said of it."""
    for chunk in chunks:
        yield _asked(chunk, predict)


def ahead(
    chunks: Iterable[Rows], predict: Callable[[Rows], Rows]
) -> Generator[Predicted, None, None]:
    """Every chunk in order, while the model works on the next; its errors are raised here.

    Whoever stops early waits until the model has answered, for its process serves other batches.
    """

    pool = ThreadPoolExecutor(1, thread_name_prefix="model")
    asked: Future[Predicted] | None = None
    try:
        for chunk in chunks:
            before, asked = asked, pool.submit(_asked, chunk, predict)
            if before is not None:
                yield before.result()
            del before
        if asked is not None:
            yield asked.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _asked(frame: Rows, predict: Callable[[Rows], Rows]) -> Predicted:
    begun = time.perf_counter()
    return Predicted(frame, predict(frame), time.perf_counter() - begun)
