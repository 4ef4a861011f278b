"""A measurement from a frame, said in the same words as in a mail."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.alerts.sides import sides_of
from monitor.alerts.words import sentence
from monitor.charts.records import records
from monitor.measures.measurement import Measurement
from monitor.terms import Verdict
from monitor.ui.markdown import escape

NUMBERS = ("value", "low", "high", "p", "reference", "baseline", "limit_low", "limit_high")


def measurement(row: Any) -> Measurement:
    """The row of ``reads.measurements`` as the value it came from."""
    verdict, out_of = row["verdict"], row["denominator"]
    return Measurement(
        metric=str(row["metric"]),
        n=int(row["n"]),
        feature=row["feature"],
        attribute=row["attribute"],
        group=row["group"],
        method=row["method"] or "",
        denominator=None if pd.isna(out_of) else int(out_of),
        family=int(row["family"]),
        verdict=Verdict(verdict) if isinstance(verdict, str) else None,
        reason=row["reason"] or "",
        window=row["window"] or "",
        **{name: None if pd.isna(row[name]) else float(row[name]) for name in NUMBERS},
    )


def say(row: Any, among: pd.DataFrame) -> str:
    """One sentence of markdown; ``among`` holds the other numbers of the same batch."""
    own = measurement(row)
    alike = among[(among["attribute"] == own.attribute) & (among["feature"] == "")]
    others = [measurement(other) for other in records(alike)] if own.group else []
    return escape(sentence(own, sides=sides_of(own, others)))
