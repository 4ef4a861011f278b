"""Which columns have drifted, and what that says about the model.

Drift of a column must be large and sure: PSI beyond a limit, and a χ² that stays significant after
Holm's correction over all columns.  Under 200 rows nothing is said, under 500 only large drift is.

Drift of the model is drift of what it goes by: it fails when the features that have surely drifted
hold a tenth of the importance or more.  Where importance is not known, any of them is enough.  The
rule only ever takes away from "any column", whose false alarms Holm holds under 5 % of batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.measures.measurement import Measurement, changed
from monitor.measures.norms import Norms
from monitor.measures.significance import holm
from monitor.measures.verdict import CLAIMED_FROM, SIGNIFICANT, Finding, worst
from monitor.measures.wording import format_value
from monitor.terms import Verdict

AT_RISK_FROM = 0.1
FAILING_FROM = 0.2
JUDGED_FROM = 200
MATTERS_FROM = 0.1  # of the importance
# No rule need be there for a column to have a verdict, so the number itself says what gave it.
JUDGED_BY = "judged by size and p"
NAMED = 3  # columns that the model's verdict names
BEYOND = (Verdict.FAILING, Verdict.AT_RISK)


@dataclass(frozen=True, slots=True)
class Compared:
    """One column's numbers; ``rows`` are those of the smaller sample that have a value.

    ``p`` is that of χ², NaN where the column could not be compared.  ``window`` says which batches
    were added up.
    """

    column: str
    measurements: tuple[Measurement, ...]
    p: float
    rows: int
    window: str = ""


def judge_columns(
    compared: Sequence[Compared], *, rows: int, outputs: Sequence[str], norms: Norms
) -> list[Measurement]:
    """All numbers with their corrected p and verdict; drifted_importance and drifted_columns last.

    ``outputs`` are the pseudo-columns: they are judged like features, but say nothing about which
    features have drifted.
    """
    ps = holm([column.p for column in compared])
    family = sum(column.p == column.p for column in compared)
    judged = [
        _judged(m, column, p=float(p), family=family)
        for column, p in zip(compared, ps, strict=True)
        for m in column.measurements
    ]
    psis = [m for m in judged if m.metric == "psi" and m.feature not in outputs]
    about = _Model(tuple(psis), rows=rows, family=family, norms=norms)
    return [*judged, *_weights(about), _importance(about), _summary(about)]


def _judged(m: Measurement, column: Compared, *, p: float, family: int) -> Measurement:
    named = changed(m, feature=column.column)
    if m.metric == "chisquare" and m.value is not None:
        return changed(named, p=p, family=family)
    if m.metric != "psi":
        return named
    if m.value is None:
        return changed(named, verdict=Verdict.NOT_ENOUGH_DATA, limit_high=FAILING_FROM)
    verdict, reason = _finding(m.value, p, column)
    return changed(
        named,
        p=p,
        family=family,
        method=f"{m.method}; {JUDGED_BY}" if m.method else JUDGED_BY,
        verdict=verdict,
        reason=reason,
        limit_high=FAILING_FROM,
    )


def _finding(psi: float, p: float, column: Compared) -> Finding:
    """Drift is judged by its size and its surety together; small batches only by large drift."""
    rows, over = column.rows, f" in the {column.window}" if column.window else ""
    small, sure = rows < CLAIMED_FROM, p <= SIGNIFICANT
    size = f"PSI {psi:.2f}{over}"
    if rows < JUDGED_FROM:
        return Finding(
            Verdict.NOT_ENOUGH_DATA,
            f"Only {rows} rows with a value{over}; {JUDGED_FROM} are needed.",
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


@dataclass(frozen=True, slots=True)
class _Model:
    """The judged PSI of every feature, and what they have in common."""

    psis: tuple[Measurement, ...]
    rows: int
    family: int
    norms: Norms

    @property
    def failing(self) -> list[Measurement]:
        return [m for m in self.psis if m.verdict is Verdict.FAILING]

    @property
    def known(self) -> bool:
        return worst(self._verdicts) is not Verdict.NOT_ENOUGH_DATA

    @property
    def held(self) -> float:
        """The share of importance that failing features hold."""
        return sum(self.norms.weights.get(m.feature, 0.0) for m in self.failing)

    @property
    def verdict(self) -> Verdict:
        found = worst(self._verdicts)
        little = bool(self.norms.weights) and self.held < MATTERS_FROM
        return Verdict.AT_RISK if found is Verdict.FAILING and little else found

    @property
    def window(self) -> str:
        """The longest stretch that any feature was added up over."""
        return max((m.window for m in self.psis), key=_batches, default="")

    @property
    def _verdicts(self) -> list[Verdict]:
        return [m.verdict for m in self.psis if m.verdict is not None]


def _batches(window: str) -> int:
    return int("".join(c for c in window if c.isdigit()) or 1)


def _weights(model: _Model) -> list[Measurement]:
    """The importance of every feature, as it stood when the verdict was made."""
    return [
        Measurement("importance", weight, model.rows, feature=name, method=model.norms.weighed_by)
        for name, weight in model.norms.weights.items()
    ]


def _importance(model: _Model) -> Measurement:
    """How much of what the model goes by has surely drifted."""
    weights = model.norms.weights
    reason = "" if weights else model.norms.weighed_by or "Importance has not been measured."
    return Measurement(
        "drifted_importance",
        model.held if weights and model.known else None,
        model.rows,
        method=model.norms.weighed_by if weights else "share of importance",
        limit_high=MATTERS_FROM if weights else None,
        reason=reason if model.known else _why_not(model),
        window=model.window,
    )


def _summary(model: _Model) -> Measurement:
    """How many features are failing, and which of them matter most."""
    return Measurement(
        "drifted_columns",
        float(len(model.failing)) if model.known else None,
        model.rows,
        method=f"Holm over {model.family} columns",
        family=model.family,
        limit_high=0.0,
        verdict=model.verdict,
        reason=_named(model) if model.known else _why_not(model),
        window=model.window,
    )


def _named(model: _Model) -> str:
    moved = [m for m in model.psis if m.verdict in BEYOND]
    if not moved:
        return ""
    weights = model.norms.weights
    ranked = sorted(moved, key=lambda m: _rank(m, weights))
    names = ", ".join(_name(m, weights) for m in ranked[:NAMED])
    more = f" and {len(moved) - NAMED} more" if len(moved) > NAMED else ""
    if not model.failing:
        return f"No column drifted surely, but watch {names}{more}."
    held = f", which hold {_share(model.held)}" if weights else ""
    few = " (under a tenth)" if weights and model.held < MATTERS_FROM else ""
    count = f"{len(model.failing)} of {len(model.psis)} columns drifted"
    return f"{count}{held}{few}: {names}{more}."


def _rank(m: Measurement, weights: Mapping[str, float]) -> tuple[bool, float, float]:
    """Failing before at risk, then by importance, then by size."""
    return (m.verdict is not Verdict.FAILING, -weights.get(m.feature, 0.0), -(m.value or 0.0))


def _name(m: Measurement, weights: Mapping[str, float]) -> str:
    weight = f", {_share(weights.get(m.feature, 0.0))}" if weights else ""
    return f"{m.feature} (PSI {m.value:.2f}{weight})"


def _share(weight: float) -> str:
    return f"{format_value('drifted_importance', weight)} of the importance"


def _why_not(model: _Model) -> str:
    if model.rows < JUDGED_FROM and not model.window:
        return f"Only {model.rows} rows; {JUDGED_FROM} are needed."
    return model.psis[0].reason if model.psis else "There is no column to compare."
