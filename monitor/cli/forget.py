"""Deleting the rows of a person, and how long rows are kept at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.root import existing, open_home, refuse, who
from monitor.terms import counted

if TYPE_CHECKING:
    from monitor.jobs.forget import Forgotten

app = typer.Typer()

COUNTS_STAY = "What was counted of them stays: it holds no person."
BACKUPS = "Backups made before hold them still, and so may files that were handed in: delete those."


@app.command()
def forget(
    model: str,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of rows.")] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="A file of ids, one a line; - is standard input.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is.")] = False,
) -> None:
    """Deletes the rows with these ids from batches, labels, predictions and references."""
    from monitor.jobs import forget as job

    wanted = [*(ids or []), *_read(from_)]
    if not wanted:
        refuse("No id was given: name ids, or a file of them with --from.")
    store = open_home()
    if dry_run:
        _tell(model, job.look_for(store, model, wanted), "Found")
        return
    done = job.forget(store, model, wanted, who=who())
    _tell(model, done, "Deleted")
    if done.files:
        print(COUNTS_STAY)
    print(BACKUPS)


def _read(file: Path | None) -> list[str]:
    if file is None:
        return []
    text = sys.stdin.read() if str(file) == "-" else existing(file).read_text(encoding="utf-8-sig")
    return text.splitlines()


def _tell(model: str, done: Forgotten, verb: str) -> None:
    print(f"{verb} {counted(done.rows, 'row')} in {counted(done.files, 'file')} of {model}.")
    for hit in done.hits:
        print(f"  {hit.title}: {counted(hit.rows, 'row')} in {counted(hit.files, 'file')}")
    if done.leftovers:
        print(f"  {counted(done.leftovers, 'file')} that no batch names any more")
    for place in done.elsewhere:
        print(f"  not reached, as its rows lie elsewhere: {place}")
