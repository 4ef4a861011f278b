"""Many visitors at once: how many reruns a second one server gives, and how long people wait.

python -m benchmarks.load HOME [DATABASE_URL] [--users 200] [--think 10] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.paths import PATHS
from benchmarks.server import Server, serving
from benchmarks.visitor import Answer, Visitor, visiting

AT_ONCE = 4  # visitors that never think, so that the server is never idle


@dataclass(frozen=True, slots=True)
class Look:
    """One page that one visitor asked for; ``first`` is the one that began the session."""

    page: str
    first: bool
    answer: Answer


async def hurried(server: Server, seconds: float) -> list[Look]:
    """Visitors who ask for the next page as soon as they have one."""
    return await _visits(server, AT_ONCE, think=0.0, seconds=seconds)


async def thinking(server: Server, *, users: int, think: float, seconds: float) -> list[Look]:
    """Visitors who look at each page for a while; they come one after the other."""
    return await _visits(server, users, think=think, seconds=seconds)


async def _visits(server: Server, users: int, *, think: float, seconds: float) -> list[Look]:
    parts = await asyncio.gather(
        *(_visit(server, place, think=think, seconds=seconds) for place in range(users))
    )
    return [one for part in parts for one in part]


async def _visit(server: Server, place: int, *, think: float, seconds: float) -> list[Look]:
    chance = random.Random(place)
    end = time.monotonic() + seconds
    await asyncio.sleep(chance.uniform(0, think))
    found: list[Look] = []
    async with visiting(server.address) as visitor:
        while time.monotonic() < end:
            page = chance.choice(list(PATHS))
            found.append(Look(page, not found, await visitor.ask(PATHS[page])))
            await asyncio.sleep(chance.uniform(0.5, 1.5) * think)
    return found


async def _every_page(visitor: Visitor) -> None:
    for path in PATHS.values():
        await visitor.ask(path)


def _say(what: str, looks: list[Look], seconds: float, cpu: float) -> None:
    failed = sum(bool(one.answer.errors) for one in looks)
    print(
        f"{what}: {len(looks)} reruns, {len(looks) / seconds:.1f} a second, "
        f"{1e3 * cpu / len(looks):.1f} CPU ms each; {_waits(looks)}; {failed} with an error",
        flush=True,
    )


def _waits(looks: list[Look]) -> str:
    waits = [1e3 * one.answer.seconds for one in looks]
    return " ".join(f"p{q} {np.percentile(waits, q):.0f} ms" for q in (50, 95, 99))


def _say_kinds(looks: list[Look]) -> None:
    """Whether those who wait have just come, and which pages they wait for."""
    print(f"  first pages of a session: {_waits([one for one in looks if one.first])}")
    print(f"  later ones: {_waits([one for one in looks if not one.first])}")
    by_page = {page: [one for one in looks if one.page == page] for page in PATHS}
    for page, some in by_page.items():
        print(f"  {page:15s} {len(some):5d} {_waits(some) if some else ''}", flush=True)


async def load(server: Server, *, users: int, think: float, seconds: float) -> None:
    async with visiting(server.address) as visitor:
        await _every_page(visitor)
    print(f"every page was seen once: {server.memory_mb():.0f} MB", flush=True)
    began, cpu = time.monotonic(), server.cpu_seconds()
    looks = await hurried(server, min(seconds, 20.0))
    _say(f"{AT_ONCE} that never think", looks, time.monotonic() - began, server.cpu_seconds() - cpu)
    began, cpu = time.monotonic(), server.cpu_seconds()
    looks = await thinking(server, users=users, think=think, seconds=seconds)
    _say(
        f"{users} users, {think:g} s each page",
        looks,
        time.monotonic() - began,
        server.cpu_seconds() - cpu,
    )
    _say_kinds(looks)
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
