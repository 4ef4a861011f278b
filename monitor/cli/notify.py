"""Channels for messages."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from monitor.cli.root import open_home, refuse, who

notify_app = typer.Typer(no_args_is_help=True, help="Channels for messages.")


@notify_app.command("test")
def notify_test(channel: str) -> None:
    """Sends one test message through a channel."""
    from monitor.jobs.trial import send_trial

    print(send_trial(open_home(), channel))


@notify_app.command("add")
def notify_add(
    name: str,
    kind: Annotated[Literal["email", "slack", "webhook", "apprise", "folder"], typer.Argument()],
    setting: Annotated[
        list[str],
        typer.Option("--set", help="key=value; secrets as ${NAME}.", default_factory=list),
    ],
) -> None:
    """Adds or changes a channel."""
    from monitor.alerts.channels import validate_config
    from monitor.clock import utc_now
    from monitor.store import writes

    wrong = [item for item in setting if "=" not in item]
    if wrong:
        refuse(f"Found --set {wrong[0]}, wanted key=value.")
    config = {key: _read(said) for key, _, said in (item.partition("=") for item in setting)}
    validate_config(kind, config)
    writes.save_channel(open_home(), name=name, kind=kind, config=config, who=who(), now=utc_now())
    print(f"Channel {name} saved; try it with `fairwatch notify test {name}`.")


def _read(said: str) -> str | bool:
    """A setting as the page would save it: what is allowed is true or false."""
    return {"true": True, "false": False}.get(said.lower(), said)
