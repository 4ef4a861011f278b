"""What a version's columns are promised to be: plain data, stored with the version as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from monitor.models.kinds import Kind

MONITORED = (Kind.NUMERIC, Kind.CATEGORICAL, Kind.BOOLEAN)
MAX_CATEGORIES = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``low`` and ``high`` bound a numeric one, ``categories`` are the texts of a
    categorical one, or a boolean one written in words, most frequent first and empty where there
    are more than 1 000; ``dtype`` is that of the reference; without a ``required`` column nothing
    can be evaluated."""

    name: str
    kind: Kind
    roles: tuple[str, ...] = ()
    dtype: str = ""
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = True
    required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The texts its values are known by; empty where they are too many."""
        if self.kind is Kind.NUMERIC:
            return ("0", "1")  # what true and false are in a column of numbers
        return ("false", "true") if self.dtype == "bool" else self.categories

    @property
    def monitored(self) -> bool:
        """Whether its distribution is counted."""
        return "feature" in self.roles and self.kind in MONITORED


@dataclass(frozen=True, slots=True)
class Contract:
    """Every column with a role, by name, and why each of the others is not monitored."""

    columns: Mapping[str, Column]
    unmonitored: Mapping[str, str] = field(default_factory=dict)

    @property
    def monitored(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.monitored)

    def to_json(self) -> dict[str, Any]:
        columns = [asdict(column) for column in self.columns.values()]
        return {"columns": columns, "unmonitored": dict(self.unmonitored)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Contract:
        columns = (_column(raw) for raw in data["columns"])
        return cls({column.name: column for column in columns}, dict(data["unmonitored"]))


def _column(raw: Mapping[str, Any]) -> Column:
    texts = {key: tuple(raw[key]) for key in ("roles", "categories")}
    return Column(**{**raw, **texts, "kind": Kind(raw["kind"])})
