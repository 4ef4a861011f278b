"""What is positive and what is favourable, in words: every rate on the page counts one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.ui import data


def sentence(model: str, version: object) -> str:
    """For whoever reads a rate; "" where the spec of that version names neither.

    A version that was registered without an outcome has had it derived.
    """
    versions = data.versions(model)
    spec = versions[versions["number"] == version]["spec"]
    return told(spec.iloc[0].get("outcome", {})) if len(spec) else ""


def told(outcome: Mapping[str, Any]) -> str:
    """The spec's outcome as a sentence.

    >>> told({"positive": "1", "favourable": ["0"]})
    'Positive is 1, favourable is 0.'
    >>> told({"favourable": {"min": 0.0, "max": 1200.0}})
    'Favourable is from 0 to 1,200.'
    """
    said = []
    if outcome.get("positive") is not None:
        said.append(f"positive is {outcome['positive']}")
    if outcome.get("favourable"):
        said.append(f"favourable is {_favourable(outcome['favourable'])}")
    joined = ", ".join(said)
    return f"{joined[0].upper()}{joined[1:]}." if joined else ""


def _favourable(said: Any) -> str:
    if isinstance(said, Mapping):
        low, high = said.get("min"), said.get("max")
        if low is None or high is None:
            return f"at most {high:,g}" if low is None else f"at least {low:,g}"
        return f"from {low:,g} to {high:,g}"
    return " or ".join(str(one) for one in ([said] if isinstance(said, str) else said))
