"""What a spec may say about drift: whose rules decide, and Evidently's methods for columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.errors import SpecError
from monitor.measures.catalogue.evidently import METHODS
from monitor.models.kinds import Kind
from monitor.models.promises import Contract
from monitor.models.spec import PROFILES, Drift, Spec
from monitor.models.spec_values import choice, known_keys, table


def parse_drift(raw: Mapping[str, Any]) -> Drift:
    """The table [drift]; SpecError for a profile or method that there is not."""
    known_keys(raw, ("profile", "columns"), where="drift")
    columns = dict(table(raw, "columns"))
    for name, method in columns.items():
        if not isinstance(method, str) or method not in METHODS:
            raise SpecError(f"drift.columns.{name} is {method!r}: use one of {', '.join(METHODS)}.")
    return Drift(choice(raw, "profile", PROFILES, default=PROFILES[0]), columns)


def check_methods(spec: Spec, contract: Contract) -> None:
    """SpecError for a method of a column that is not monitored, or of another kind of column."""
    for name, method in spec.drift.columns.items():
        column = contract.columns.get(name)
        if column is None or not column.monitored:
            present = ", ".join(contract.monitored)
            raise SpecError(
                f"drift.columns names {name!r}, which is no monitored feature: use one of "
                f"{present}."
            )
        kind = "num" if column.kind is Kind.NUMERIC else "cat"
        if kind not in METHODS[method].kinds:
            fit = ", ".join(one.name for one in METHODS.values() if kind in one.kinds)
            said = "numbers" if kind == "num" else "names"
            raise SpecError(
                f"drift.columns.{name} is {method!r}, and the column holds {said}: use one of "
                f"{fit}."
            )
