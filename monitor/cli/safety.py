"""A backup of everything, and a home made of one."""

from __future__ import annotations

from pathlib import Path

import typer

from monitor.cli.root import existing, open_home, settings
from monitor.terms import counted

app = typer.Typer()


@app.command()
def backup(file: Path) -> None:
    """Writes database and files into one file, while Fairwatch works; secrets are not in it."""
    from monitor.jobs.backup import back_up

    kept = back_up(open_home(), file)
    print(
        f"Wrote {file}: {counted(kept.rows, 'row')} of the database and "
        f"{counted(kept.files, 'file')}, {kept.size_bytes / 1e6:.1f} MB. It holds the rows of "
        "batches: keep it as safe as they are."
    )


@app.command()
def restore(file: Path) -> None:
    """Makes an empty home, and an empty database, what they were when the backup was made."""
    from monitor.jobs.backup import restore as make_again

    kept = make_again(settings(), existing(file))
    print(
        f"Restored {counted(kept.rows, 'row')} of the database and {counted(kept.files, 'file')} "
        f"from {file}. Secrets were not in it; messages sent since it was made may go again."
    )
