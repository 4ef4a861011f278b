"""Models and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.root import open_home, refuse, who

model_app = typer.Typer(no_args_is_help=True, help="Models and their versions.")


@model_app.command("add")
def model_add(
    spec: Annotated[Path, typer.Argument(help="The spec, a TOML file.")],
    trust: Annotated[
        bool, typer.Option("--trust", help="Allow this pickle to be run: it can run any code.")
    ] = False,
    challenger: Annotated[
        bool, typer.Option("--challenger", help="Beside the champion, not in its place.")
    ] = False,
) -> None:
    """Registers a model, or a new version of one."""
    from monitor.jobs.register import register
    from monitor.models.spec_file import read_spec
    from monitor.terms import Stage

    stage = Stage.CHALLENGER if challenger else Stage.CHAMPION
    added = register(open_home(), read_spec(spec), who=who(), trust=trust, stage=stage)
    print(added.sentence)
    for note in added.notes:
        print(f"  {note}")


@model_app.command("keep")
def model_keep(
    model: str,
    days: Annotated[
        str, typer.Argument(help="A number of days, forever, or default: as the settings say.")
    ],
) -> None:
    """Sets how long rows are kept after they were received; what was counted of them stays."""
    from monitor.store.retention import keep_rows

    words = {"forever": 0, "default": None}
    if days not in words and not (days.isdecimal() and int(days) > 0):
        refuse(f"{days!r} is no time to keep rows for: write a number of days, forever or default.")
    chosen = words[days] if days in words else int(days)
    store = open_home()
    print(keep_rows(store, model, chosen, who=who(), now=store.now()))


@model_app.command("promote")
def model_promote(
    model: str,
    version: Annotated[int, typer.Option(help="The version's number.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")] = "",
) -> None:
    """Makes a version the champion: a challenger, or an earlier one again."""
    from monitor.clock import utc_now
    from monitor.store.stages import promote

    print(promote(open_home(), model, version, who=who(), reason=reason, now=utc_now()))
