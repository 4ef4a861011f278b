"""The command itself, and what all of its parts need: the store, a refusal, who is asking."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store.engine import Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help is there in half the time
    help="Is the model still accurate, has its world changed, does it treat groups alike?",
)

at_the_end = ExitStack()  # of the command

Format = Literal["table", "json", "csv"]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json or csv.")]
Wait = Annotated[bool, typer.Option("--wait", help="Return when it is done.")]


def refuse(sentence: str) -> NoReturn:
    """Ends the process with exit code 1, the sentence on stderr."""
    print(f"fairwatch: {sentence}", file=sys.stderr)
    sys.exit(1)


def open_home() -> Store:
    """The store that the environment names, closed when the command ends."""
    from monitor.store.engine import open_store

    store = open_store(settings())
    at_the_end.callback(store.close)
    return store


def settings() -> Settings:
    """The settings of the environment, or a refusal that names the wrong one."""
    from pydantic import ValidationError

    from monitor.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"FAIRWATCH_{first['loc'][0]}".upper()
        refuse(f"{name} is {first['input']!r}: {first['msg'].lower()}.")


def existing(file: Path) -> Path:
    """The file, or a refusal where there is none."""
    if not file.exists():
        refuse(f"There is no file {file}: check the path.")
    if not file.is_file():
        refuse(f"{file} is a folder: name a file in it.")
    return file


def who() -> str:
    """The name that the audit trail keeps of whoever gives the command."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "command line"
