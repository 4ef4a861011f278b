"""Which columns have drifted, and what that says about the model.

Drift must be large and sure: PSI beyond a limit, and a χ² that stays significant after Holm's
correction over all columns.  Under 200 rows nothing is said, under 500 only large drift is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.measures.measurement import Measurement
from monitor.measures.significance import holm
from monitor.measures.verdict import CLAIMED_FROM, SIGNIFICANT, Finding, worst
from monitor.terms import Verdict

AT_RISK_FROM = 0.1
FAILING_FROM = 0.2
JUDGED_FROM = 200
NAMED = 3  # columns that the model's verdict names


@dataclass(frozen=True, slots=True)
class Compared:
    """One column's numbers; ``rows`` are those of the smaller sample that have a value.

    ``p`` is that of χ², NaN where the column could not be compared.
    """

    column: str
    measurements: tuple[Measurement, ...]
    p: float
    rows: int


def judge_columns(compared: Sequence[Compared], *, rows: int) -> list[Measurement]:
    """All numbers with their corrected p and verdict, and drifted_columns last."""
    ps = holm([column.p for column in compared])
    family = sum(column.p == column.p for column in compared)
    judged = [
        _judged(m, column, p=float(p), family=family)
        for column, p in zip(compared, ps, strict=True)
        for m in column.measurements
    ]
    psis = [m for m in judged if m.metric == "psi"]
    return [*judged, _summary(psis, rows=rows, family=family)]


def _judged(m: Measurement, column: Compared, *, p: float, family: int) -> Measurement:
    named = replace(m, feature=column.column)
    if m.metric == "chisquare" and m.value is not None:
        return replace(named, p=p, family=family)
    if m.metric != "psi":
        return named
    if m.value is None:
        return replace(named, verdict=Verdict.NOT_ENOUGH_DATA, limit_high=FAILING_FROM)
    verdict, reason = _finding(m.value, p, column.rows)
    return replace(
        named, p=p, family=family, verdict=verdict, reason=reason, limit_high=FAILING_FROM
    )


def _finding(psi: float, p: float, rows: int) -> Finding:
    """Drift is judged by its size and its surety together; small batches only by large drift."""
    small, sure = rows < CLAIMED_FROM, p <= SIGNIFICANT
    size = f"PSI {psi:.2f}"
    if rows < JUDGED_FROM:
        return Finding(
            Verdict.NOT_ENOUGH_DATA,
            f"Only {rows} rows with a value; {JUDGED_FROM} are needed.",
        )
    if psi < AT_RISK_FROM:
        return Finding(Verdict.HEALTHY)
    if psi >= FAILING_FROM and sure:
        return Finding(Verdict.FAILING, f"{size}, above the limit of {FAILING_FROM}.")
    if small:
        return Finding(Verdict.NOT_ENOUGH_DATA, f"{size}, but {rows} rows can only establish more.")
    if psi >= FAILING_FROM:
        return Finding(Verdict.AT_RISK, f"{size}, but chance alone does as much (p = {p:.2g}).")
    if sure:
        return Finding(Verdict.AT_RISK, f"{size}, between {AT_RISK_FROM} and {FAILING_FROM}.")
    return Finding(Verdict.HEALTHY, f"{size}, which chance alone does too (p = {p:.2g}).")


def _summary(psis: Sequence[Measurement], *, rows: int, family: int) -> Measurement:
    """How many columns are failing, and which moved most."""
    verdict = worst([m.verdict for m in psis if m.verdict is not None])
    known = verdict is not Verdict.NOT_ENOUGH_DATA
    failing = sum(m.verdict is Verdict.FAILING for m in psis)
    return Measurement(
        "drifted_columns",
        float(failing) if known else None,
        rows,
        method=f"Holm over {family} columns",
        family=family,
        limit_high=0.0,
        verdict=verdict,
        reason=_named(psis, failing) if known else _why_not(psis, rows),
    )


def _named(psis: Sequence[Measurement], failing: int) -> str:
    moved = [m for m in psis if m.verdict in (Verdict.FAILING, Verdict.AT_RISK)]
    if not moved:
        return ""
    ranked = sorted(moved, key=lambda m: (m.verdict is not Verdict.FAILING, -(m.value or 0.0)))
    names = ", ".join(f"{m.feature} (PSI {m.value:.2f})" for m in ranked[:NAMED])
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    count = f"{failing} of {len(psis)} columns drifted" if failing else "No column drifted surely"
    return f"{count}: {names}{more}." if failing else f"{count}, but watch {names}{more}."


def _why_not(psis: Sequence[Measurement], rows: int) -> str:
    if rows < JUDGED_FROM:
        return f"Only {rows} rows; {JUDGED_FROM} are needed."
    return psis[0].reason if psis else "There is no column to compare."
