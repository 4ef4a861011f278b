"""How long a cold process takes until it listens, and until it has given the first page.

python -m benchmarks.start HOME [DATABASE_URL] [--repeats 3]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from benchmarks.server import Server, serving
from benchmarks.visitor import visiting


async def first_page(server: Server) -> None:
    """Asks as soon as it listens; prints seconds since the start, on the clock and of its CPU."""
    listens, cpu = time.monotonic() - server.began, server.cpu_seconds()
    async with visiting(server.address) as visitor:
        answer = await visitor.ask("/")
    page = time.monotonic() - server.began
    print(
        f"listens after {listens:.1f} s ({cpu:.1f} CPU s), first page after {page:.1f} s "
        f"({server.cpu_seconds():.1f} CPU s) {' '.join(answer.errors)}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("database_url", nargs="?", default="")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    for _ in range(asked.repeats):
        with serving(asked.home, asked.database_url) as server:
            asyncio.run(first_page(server))


if __name__ == "__main__":
    main()
