"""What each page costs the server: at the first visit after something changed, and later.

python -m benchmarks.pages HOME [DATABASE_URL] [--repeats 5]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import numpy as np

from benchmarks.paths import PATHS
from benchmarks.server import Server, serving
from benchmarks.visitor import visiting
from monitor.settings import Settings
from monitor.store.engine import Store, open_store


async def look(server: Server, store: Store, repeats: int) -> None:
    """One line a page: milliseconds of the server's CPU and on the clock, bytes, and errors."""
    print("page            cold CPU  cold  warm CPU  warm  kB", flush=True)
    async with visiting(server.address) as visitor:
        await visitor.ask("/")
        first = time.monotonic() - server.began
        for path in PATHS.values():
            await visitor.ask(path)  # once, so that no page has to import anything below
    for name, path in PATHS.items():
        with store.write():
            pass  # what the pages know of the database is out of date now
        async with visiting(server.address) as visitor:
            before = server.cpu_seconds()
            cold = await visitor.ask(path)
            between = server.cpu_seconds()
            warm = [await visitor.ask(path) for _ in range(repeats)]
            after = server.cpu_seconds()
        clock = float(np.median([one.seconds for one in warm]))
        print(
            f"{name:15s} {1e3 * (between - before):8.0f} {1e3 * cold.seconds:5.0f} "
            f"{1e3 * (after - between) / repeats:9.1f} {1e3 * clock:5.0f} "
            f"{cold.size_bytes / 1e3:5.0f} {' '.join(cold.errors)}",
            flush=True,
        )
    print(f"first page {first:.1f} s after the start; {server.memory_mb():.0f} MB at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("database_url", nargs="?", default="")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    store = open_store(Settings(home=asked.home, database_url=asked.database_url))
    with serving(asked.home, asked.database_url) as server:
        asyncio.run(look(server, store, asked.repeats))
    store.close()


if __name__ == "__main__":
    main()
