"""Writing TOML, which the standard library only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dumps(tables: Mapping[str, Any]) -> str:
    """Top-level values, then a ``[table]`` for each mapping; a mapping of mappings is a table of
    tables.

    >>> print(dumps({"name": "credit", "labels": {"wait_days": 42}}), end="")
    name = "credit"
    <BLANKLINE>
    [labels]
    wait_days = 42
    """
    plain = {key: value for key, value in tables.items() if not isinstance(value, Mapping)}
    parts = [_lines(plain)]
    for key, value in tables.items():
        if isinstance(value, Mapping):
            parts += _table((key,), value)
    return "\n".join(part for part in parts if part)


def _table(path: tuple[str, ...], values: Mapping[str, Any]) -> list[str]:
    if not values:
        return [_head(path)] if len(path) > 1 else []
    if all(isinstance(value, Mapping) for value in values.values()):
        return [part for key, value in values.items() for part in _table((*path, key), value)]
    return [_head(path) + _lines(values)]


def _head(path: tuple[str, ...]) -> str:
    return f"[{'.'.join(map(_key, path))}]\n"


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in values.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    # JSON escapes as TOML does, but for the one control character it leaves alone.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
