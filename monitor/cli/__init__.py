"""The commands: thin, with heavy imports only where a command needs them."""

from __future__ import annotations

import sys

from monitor.cli import batches, forget, lists, models, notify, rules, safety, serving
from monitor.cli.root import app, at_the_end, refuse
from monitor.errors import FairwatchError

__all__ = ["app", "main"]

for commands in (serving.app, lists.app, safety.app, forget.app):
    app.registered_commands += commands.registered_commands
app.add_typer(rules.rules_app, name="rules")
app.add_typer(models.model_app, name="model")
app.add_typer(batches.batch_app, name="batch")
app.add_typer(batches.labels_app, name="labels")
app.add_typer(notify.notify_app, name="notify")


def main() -> None:
    """Exit code 0 on success, 1 on a refusal with its sentence on stderr, 2 on wrong usage."""
    try:
        with at_the_end:
            app()
    except FairwatchError as error:
        refuse(str(error))
    except BrokenPipeError:
        sys.exit(0)
