"""Batches of rows, and labels that come late."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.root import Wait, existing, open_home, refuse

if TYPE_CHECKING:
    from monitor.store.engine import Store

batch_app = typer.Typer(no_args_is_help=True, help="Batches of rows.")
labels_app = typer.Typer(no_args_is_help=True, help="Labels that come late.")


@batch_app.command("add")
def batch_add(
    model: str,
    file: Annotated[str, typer.Argument(help="A file, or a folder or s3:// prefix of files.")],
    name: Annotated[str | None, typer.Option(help="The batch's name.")] = None,
    period: Annotated[
        str | None, typer.Option(help="START/END, for example 2026-11-02/2026-11-09.")
    ] = None,
    wait: Wait = False,
) -> None:
    """Receives a file of rows; with a timestamp column it is split by the model's cadence.

    The files of a folder or s3:// prefix stay where they are, and are scored there.
    """
    from monitor.jobs.dataset_intake import receive_dataset
    from monitor.jobs.intake import receive
    from monitor.jobs.periods import parse_period
    from monitor.store.frames import cadence_of
    from monitor.store.places import is_remote

    store = open_home()
    when = parse_period(period, cadence=cadence_of(store, model)) if period else None
    if is_remote(file) or Path(file).is_dir():
        receipt = receive_dataset(
            store, model, file, source="command", batch_name=name, period=when
        )
    else:
        path = existing(Path(file))
        receipt = receive(
            store,
            model,
            path,
            name=path.name,
            source="command",
            batch_name=name,
            period=when,
        )
    _tell(store, receipt.sentence, receipt.report.notes, receipt.jobs, wait)


@labels_app.command("add")
def labels_add(model: str, file: Path, wait: Wait = False) -> None:
    """Receives a file of ids and labels, and joins it to the stored predictions."""
    from monitor.jobs.label_intake import receive_labels

    store = open_home()
    receipt = receive_labels(store, model, existing(file), name=file.name, source="command")
    _tell(store, receipt.sentence, receipt.report.notes, receipt.jobs, wait)
    if wait and receipt.jobs:
        print(_joined(store, model, receipt.batches[0]))


def _tell(
    store: Store, sentence: str, notes: tuple[object, ...], jobs: tuple[int, ...], wait: bool
) -> None:
    print(sentence)
    for note in notes[:20]:
        print(f"  note: {getattr(note, 'sentence', note)}")
    if len(notes) > 20:
        print(f"  and {len(notes) - 20} more notes; `fairwatch batches` has them all")
    if wait and jobs:
        from monitor.jobs.waiting import wait_for

        errors = wait_for(store, jobs)
        if errors:
            refuse(" ".join(dict.fromkeys(errors)))


def _joined(store: Store, model: str, name: str) -> str:
    from monitor.store import reads

    table = reads.batches(store, model)
    notes = table[(table["name"] == name) & (table["role"] == "labels")].iloc[0]["notes"]
    return (
        f"{notes['matched']:,} labels matched in {len(notes['batches'])} batches, "
        f"{notes['unmatched']:,} unmatched, {notes['duplicate_ids']:,} duplicate ids."
    )
