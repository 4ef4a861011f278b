"""Prints what is promised about chance beside what a simulation finds, and what incumbents' rules
make of the same draws, as a Markdown table; exit code 1 where a promise of ours is broken.

Figures are followed by the 99 % interval that the draws leave.  Every row has its own fixed seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from benchmarks.simulations import coverage, drifts, gaps, pages, sequences, whole_model
from benchmarks.simulations.promise import HEAD, Found, Promise, Row, line

PROMISES: tuple[Promise, ...] = (
    *pages.PROMISES,
    *whole_model.PROMISES,
    *sequences.PROMISES,
    *drifts.PROMISES,
    *gaps.PROMISES,
    *coverage.PROMISES,
)


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    chosen = [p for p in PROMISES if asked.only in p.name and (p.quick or not asked.quick)]
    print(line(HEAD), line(("---",) * len(HEAD)), sep="\n", flush=True)
    broken = 0
    for row in _rows(chosen, quick=asked.quick, processes=asked.processes):
        print(line(row.cells), flush=True)
        broken += row.broken
    sys.exit(f"{broken} of {len(chosen)} promises are broken." if broken else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.simulations", description=__doc__)
    parser.add_argument("--only", default="", help="promises whose name has this in it")
    parser.add_argument("--quick", action="store_true", help="the part that the tests run")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser


def _rows(promises: Sequence[Promise], *, quick: bool, processes: int) -> Iterator[Row]:
    places = [PROMISES.index(promise) for promise in promises]
    with ProcessPoolExecutor(processes) as pool:
        yield from map(Row, promises, pool.map(_found, places, [quick] * len(places)))


def _found(place: int, quick: bool) -> Found:
    promise, started = PROMISES[place], time.process_time()
    found = promise.simulated(quick=quick)
    took = time.process_time() - started
    print(f"{took:.1f} s: {promise.name}, {promise.setting}", file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    main()
