"""What the reference says beforehand: how much columns vary anyway, and how much they matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Norms:
    """``excess`` is the extra variance per row of each column's counts (see ``overdispersion``),
    from ``pieces`` pieces of the reference; empty where there were too few.

    ``weights`` are the features' shares of importance, which add up to 1, and ``weighed_by`` says
    how they were found; where they could not be, ``weights`` is empty and ``weighed_by`` says why.
    """

    excess: Mapping[str, float] = field(default_factory=dict)
    pieces: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    weighed_by: str = ""

    @property
    def known(self) -> bool:
        """Whether the reference has been looked at."""
        return bool(self.weighed_by)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(**document)
