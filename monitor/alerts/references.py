"""Secrets by reference: ``${NAME}`` stands in the database, the value only in the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitor.errors import DeliveryError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def is_reference(text: str) -> bool:
    """Whether the text is one reference and nothing else.

    >>> is_reference("${SMTP_PASSWORD}"), is_reference("hunter2")
    (True, False)
    """
    return _REFERENCE.fullmatch(text) is not None


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced; DeliveryError names a variable that is not set."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not environ.get(name):
            raise DeliveryError(
                f"The environment variable {name} is not set where the worker runs; "
                f"set it and start the worker again."
            )
        return environ[name]

    return _REFERENCE.sub(value, text)


def redact(text: str, *secrets: str) -> str:
    """The text on one line, with each secret replaced by an ellipsis.

    >>> redact("535 wrong password: hunter2", "hunter2")
    '535 wrong password: …'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return " ".join(text.split())
