"""The register form's answers as a spec; what only a person can say is asked, never assumed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from monitor.errors import SpecError
from monitor.models.spec import Columns, Outcome, Sensitive, Spec
from monitor.terms import Cadence, Task

SINGLE = ("id", "timestamp", "target", "prediction", "weight")
ROLES = ("", "feature", *SINGLE, "score", "segment")


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked beside the table of columns; empty where it was not answered."""

    name: str
    owner: str
    cadence: Cadence
    wait_days: int
    positive: str | None
    favourable: tuple[str, ...]
    favourable_range: tuple[float, float] | None
    threshold: float
    sensitive: tuple[Sensitive, ...] = ()


def to_spec(guess: Spec, table: pd.DataFrame, answers: Answers) -> Spec:
    """``table`` has columns column and role; ``guess`` fills what the form does not ask."""
    roles = _by_role(table)
    return replace(
        guess,
        name=answers.name.strip(),
        owner=answers.owner.strip(),
        cadence=answers.cadence,
        wait_days=answers.wait_days,
        columns=Columns(
            **{role: _one(role, roles.get(role, ())) for role in SINGLE},
            score=_scores(guess, roles.get("score", ()), answers),
            features=tuple(roles.get("feature", ())),
            segments=tuple(roles.get("segment", ())),
        ),
        outcome=Outcome(
            answers.positive or None,
            answers.favourable,
            answers.favourable_range,
            answers.threshold,
        ),
        sensitive=answers.sensitive,
    )


def compared(table: pd.DataFrame) -> list[str]:
    """The columns whose groups a person wants compared."""
    return [str(name) for name in table.loc[table["sensitive"].astype(bool), "column"]]


def to_bins(name: str, text: str) -> tuple[float, ...]:
    """Where a number is cut, as written; empty where nothing is.

    >>> to_bins("age", "25, 45"), to_bins("age", "25;45.5 60"), to_bins("age", " ")
    ((25.0, 45.0), (25.0, 45.5, 60.0), ())
    """
    try:
        bins = tuple(float(part) for part in re.split(r"[\s,;]+", text.strip()) if part)
    except ValueError:
        bins = (math.nan,)
    if not all(map(math.isfinite, bins)) or list(bins) != sorted(set(bins)):
        raise SpecError(f"{name} is cut at {text!r}: write rising numbers, such as 25, 45.")
    return bins


def outcome_columns(table: pd.DataFrame) -> dict[str, str]:
    """The columns whose values are the classes, by role; a role given twice is left out."""
    roles = _by_role(table)
    named = {role: roles.get(role, []) for role in ("target", "prediction")}
    return {role: names[0] for role, names in named.items() if len(names) == 1}


def _by_role(table: pd.DataFrame) -> dict[str, list[str]]:
    roles: dict[str, list[str]] = {}
    for name, role in zip(table["column"], table["role"], strict=True):
        if role:
            roles.setdefault(str(role), []).append(str(name))
    return roles


def _one(role: str, names: Sequence[str]) -> str | None:
    if len(names) > 1:
        raise SpecError(f"{' and '.join(names)} are both the {role}: choose one.")
    return names[0] if names else None


def _scores(guess: Spec, names: Sequence[str], answers: Answers) -> Mapping[str, str]:
    """Class → column; of a binary task one column, the positive class's probability."""
    if guess.task is Task.BINARY:
        column = _one("score", names)
        if column is None:
            return {}
        if not answers.positive:
            raise SpecError(
                f"{column} is a probability, but of which class? Name the positive one."
            )
        return {answers.positive: column}
    kept = {label: column for label, column in guess.columns.score.items() if column in names}
    if len(kept) != len(names):
        raise SpecError("Which class a score column belongs to cannot be told from its name: "
                        "write a spec file with a table columns.score.")  # fmt: skip
    return kept
