"""What is positive and what is favourable, in words: every rate on the page counts one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.ui import data

# Of whom a rate is the share, and what it counts.
WORDS: Final = {
    "selection_rate": ("Of all rows", "were predicted {favourable}"),
    "base_rate": ("Of all rows with a label", "were {positive}"),
    "true_positive_rate": ("Of those who were {positive}", "were predicted {positive}"),
    "false_negative_rate": ("Of those who were {positive}", "were predicted otherwise"),
    "false_positive_rate": ("Of those who were not {positive}", "were predicted {positive}"),
    "true_negative_rate": ("Of those who were not {positive}", "were predicted otherwise"),
    "precision": ("Of those predicted {positive}", "were {positive}"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Labels as people write them; "" where the spec names none."""

    positive: str = ""
    favourable: str = ""

    @property
    def told(self) -> str:
        """Both in a sentence.

        >>> Outcome("1", "0").told
        'Positive is 1, favourable is 0.'
        """
        said = {"positive": self.positive, "favourable": self.favourable}
        joined = ", ".join(f"{name} is {label}" for name, label in said.items() if label)
        return f"{joined[0].upper()}{joined[1:]}." if joined else ""

    def rate(self, name: str) -> tuple[str, str] | None:
        """Of whom the rate is the share, and what it counts; None where that has no name.

        >>> Outcome("1", "0").rate("false_positive_rate")
        ('Of those who were not 1', 'were predicted 1')
        """
        among, counted = WORDS.get(name, ("", ""))
        needed = self.favourable if "{favourable}" in counted else self.positive
        if not (among and needed):
            return None
        labels = {"positive": self.positive, "favourable": self.favourable}
        return among.format(**labels), counted.format(**labels)


def of(model: str, version: object) -> Outcome:
    """That of the spec of this version; one registered without an outcome has had it derived."""
    versions = data.versions(model)
    spec = versions[versions["number"] == version]["spec"]
    return read(spec.iloc[0].get("outcome", {})) if len(spec) else Outcome()


def read(outcome: Mapping[str, Any]) -> Outcome:
    """From the spec's table.

    >>> read({"favourable": {"min": 0.0, "max": 1200.0}}).favourable
    'from 0 to 1,200'
    """
    positive, favourable = outcome.get("positive"), outcome.get("favourable")
    return Outcome(
        positive="" if positive is None else str(positive),
        favourable=_favourable(favourable) if favourable else "",
    )


def _favourable(said: Any) -> str:
    if isinstance(said, Mapping):
        low, high = said.get("min"), said.get("max")
        if low is None or high is None:
            return f"at most {high:,g}" if low is None else f"at least {low:,g}"
        return f"from {low:,g} to {high:,g}"
    return " or ".join(str(one) for one in ([said] if isinstance(said, str) else said))
