"""Secrets by reference: ``${NAME}`` is stored, the value is in the environment or in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.errors import DeliveryError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERENCE = re.compile(rf"\$\{{({_NAME.pattern})\}}")


def is_reference(text: str) -> bool:
    """Whether the text is one reference and nothing else.

    >>> is_reference("${SMTP_PASSWORD}"), is_reference("hunter2")
    (True, False)
    """
    return REFERENCE.fullmatch(text) is not None


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced; DeliveryError names one that leads nowhere."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not environ.get(name):
            raise DeliveryError(
                f"{name} is not set where the worker runs: put it into the environment and start "
                f"the worker again, or into a file secrets/{name} in FAIRWATCH_HOME.",
                away=True,
            )
        return environ[name]

    return REFERENCE.sub(value, text)


class Secrets(Mapping[str, str]):
    """The environment, and for what it does not have the files of a folder, read when asked for.

    A file holds one secret; white space around it is not part of it.
    """

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ, self._folder = environ, folder

    def __getitem__(self, name: str) -> str:
        if self._environ.get(name):
            return self._environ[name]
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        try:
            return (self._folder / name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        files = self._folder.iterdir() if self._folder.is_dir() else ()
        return iter({*self._environ, *(file.name for file in files)})

    def __len__(self) -> int:
        return len(set(self))


def redact(text: str, *secrets: str) -> str:
    """The text on one line, with each secret replaced by an ellipsis.

    >>> redact("535 wrong password: hunter2", "hunter2")
    '535 wrong password: …'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return " ".join(text.split())
