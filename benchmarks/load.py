"""Many visitors at once: how many reruns a second one server gives, and how long people wait.

python -m benchmarks.load HOME [DATABASE_URL] [--users 200] [--think 10] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from pathlib import Path

import numpy as np

from benchmarks.paths import PATHS
from benchmarks.server import Server, serving
from benchmarks.visitor import Answer, Visitor, visiting

AT_ONCE = 4  # visitors that never think, so that the server is never idle


async def hurried(server: Server, seconds: float) -> list[Answer]:
    """Visitors who ask for the next page as soon as they have one."""
    parts = await asyncio.gather(
        *(_visit(server, place, think=0.0, seconds=seconds) for place in range(AT_ONCE))
    )
    return [one for part in parts for one in part]


async def thinking(server: Server, *, users: int, think: float, seconds: float) -> list[Answer]:
    """Visitors who look at each page for a while; they come one after the other."""
    parts = await asyncio.gather(
        *(_visit(server, place, think=think, seconds=seconds) for place in range(users))
    )
    return [one for part in parts for one in part]


async def _visit(server: Server, place: int, *, think: float, seconds: float) -> list[Answer]:
    chance = random.Random(place)
    end = time.monotonic() + seconds
    await asyncio.sleep(chance.uniform(0, think))
    found: list[Answer] = []
    async with visiting(server.address) as visitor:
        while time.monotonic() < end:
            found.append(await visitor.ask(chance.choice(list(PATHS.values()))))
            await asyncio.sleep(chance.uniform(0.5, 1.5) * think)
    return found


async def _every_page(visitor: Visitor) -> None:
    for path in PATHS.values():
        await visitor.ask(path)


def _say(what: str, answers: list[Answer], seconds: float, cpu: float) -> None:
    waits = np.sort([one.seconds for one in answers])
    failed = sum(bool(one.errors) for one in answers)
    parts = " ".join(f"p{q} {1e3 * np.percentile(waits, q):.0f} ms" for q in (50, 95, 99))
    print(
        f"{what}: {len(answers)} reruns, {len(answers) / seconds:.1f} a second, "
        f"{1e3 * cpu / len(answers):.1f} CPU ms each; {parts}; {failed} with an error",
        flush=True,
    )


async def load(server: Server, *, users: int, think: float, seconds: float) -> None:
    async with visiting(server.address) as visitor:
        await _every_page(visitor)
    print(f"every page was seen once: {server.memory_mb():.0f} MB", flush=True)
    began, cpu = time.monotonic(), server.cpu_seconds()
    answers = await hurried(server, min(seconds, 20.0))
    _say(
        f"{AT_ONCE} that never think", answers, time.monotonic() - began, server.cpu_seconds() - cpu
    )
    began, cpu = time.monotonic(), server.cpu_seconds()
    answers = await thinking(server, users=users, think=think, seconds=seconds)
    _say(
        f"{users} users, {think:g} s each page",
        answers,
        time.monotonic() - began,
        server.cpu_seconds() - cpu,
    )
    print(f"at the end: {server.memory_mb():.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("database_url", nargs="?", default="")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--think", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with serving(asked.home, asked.database_url) as server:
        asyncio.run(load(server, users=asked.users, think=asked.think, seconds=asked.seconds))


if __name__ == "__main__":
    main()
