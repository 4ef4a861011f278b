"""Single values of a spec: taken from a table, or refused with a sentence naming the key."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.errors import SpecError


def known_keys(raw: Mapping[str, Any], keys: Sequence[str], *, where: str) -> None:
    """Refuses a key that is not one of ``keys``, naming the nearest that is."""
    for key in raw:
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(keys)}."
            raise SpecError(f"There is no {_path(where, key)} in a spec: {hint}")


def table(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, Mapping):
        raise SpecError(f"{key} is {value!r}: write it as a table, [{key}].")
    return value


def text(raw: Mapping[str, Any], key: str, *, where: str) -> str:
    value = optional_text(raw, key, where=where)
    if value is None:
        raise SpecError(f"The spec has no {_path(where, key)}: add it.")
    return value


def optional_text(raw: Mapping[str, Any], key: str, *, where: str) -> str | None:
    value = raw.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise SpecError(f"{_path(where, key)} is {value!r}: write a text in quotation marks.")
    return value


def texts(raw: Mapping[str, Any], key: str, *, where: str) -> tuple[str, ...]:
    """A list of texts without repetition; a lone text is a list of one."""
    value = raw.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) and v for v in values):
        raise SpecError(f"{_path(where, key)} is {value!r}: write a list of column names.")
    return tuple(dict.fromkeys(values))


def choice(
    raw: Mapping[str, Any], key: str, choices: Sequence[str], *, default: str | None = None
) -> str:
    value = raw.get(key, default)
    if value is None:
        raise SpecError(f"The spec has no {key}: add one of {', '.join(choices)}.")
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(choices)}."
        raise SpecError(f"{key} is {value!r}: {hint}")
    return str(value)


def number(raw: Mapping[str, Any], key: str, *, where: str, default: float) -> float:
    value = raw.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SpecError(f"{_path(where, key)} is {value!r}: write a number.")
    return float(value)


def whole(raw: Mapping[str, Any], key: str, *, where: str, default: int) -> int:
    value = raw.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SpecError(f"{_path(where, key)} is {value!r}: write a whole number, 0 or more.")
    return value


def _path(where: str, key: str) -> str:
    return f"{where}.{key}" if where else str(key)
