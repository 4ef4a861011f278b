"""A worker begins anew: with the libraries of models in memory, and before it knows any secret.

Models' processes are forked from one that is forked here.  They must not find in their memory what
the environment tells the worker, so the environment goes past them, in memory without a name.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Final

from monitor import cli
from monitor.jobs.memory import choose_arrows, settle
from monitor.models.runners import nursery
from monitor.models.runners.starting import ONE_THREAD

OF_LIBRARIES: Final = ("PYTHON", "LC_", "MALLOC_", "ARROW_", "LD_", "COVERAGE_")
OF_THE_SYSTEM: Final = ("PATH", "LANG", "TMPDIR", "TZ", "VIRTUAL_ENV")


def begin(command: list[str]) -> None:
    """Ends this program for one that does the same with a nursery; returns where there can be none,
    or is one."""
    if nursery.current() is not None or not nursery.CAN:
        return
    past = os.memfd_create("environment", 0)
    os.write(past, json.dumps(dict(os.environ)).encode())
    os.lseek(past, 0, os.SEEK_SET)
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "monitor.cli.afresh", str(past), *command]
    os.execve(sys.executable, arguments, harmless(os.environ))


def harmless(told: Mapping[str, str]) -> dict[str, str]:
    """What libraries must be told when they are loaded, and nothing that is anybody's secret."""
    kept = {
        name: value
        for name, value in told.items()
        if name.startswith(OF_LIBRARIES) or name in OF_THE_SYSTEM
    }
    return ONE_THREAD | kept


def main() -> None:
    """Asked with the number of the file that has the environment, and the command."""
    past, command = int(sys.argv[1]), sys.argv[2:]
    choose_arrows()
    nursery.preload()
    settle()
    nursery.begin(without=own_places())
    with os.fdopen(past) as told:
        environment = json.load(told)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["fairwatch", *command]
    cli.main()


def own_places() -> list[str]:
    """Where Python looks for modules because of who started it, and not of how it is installed."""
    here = [] if sys.flags.safe_path else sys.path[:1]
    return [*here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


if __name__ == "__main__":
    main()
