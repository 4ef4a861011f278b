"""What is wrong with a file, column by column, in words: found, wanted, to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from monitor.models.kinds import Kind
from monitor.models.promises import Column, Contract
from monitor.models.seen import ColumnSeen, Seen
from monitor.models.spec import Spec
from monitor.terms import Role

Level = Literal["fatal", "note"]
NOUNS = {
    Kind.NUMERIC: "numbers",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "dates or times",
    Kind.CATEGORICAL: "categories",
    Kind.OTHER: "values",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one column; an empty ``column`` is the file as a whole."""

    column: str
    level: Level
    found: str
    wanted: str
    todo: str

    @property
    def sentence(self) -> str:
        subject = f"Column {self.column!r}" if self.column else "The file"
        return f"{subject}: found {self.found}, wanted {self.wanted}; {self.todo}."


@dataclass(frozen=True, slots=True)
class Report:
    """Everything found; a file with anything ``fatal`` is refused, notes are only kept."""

    findings: tuple[Finding, ...] = ()

    @property
    def fatal(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "fatal")

    @property
    def notes(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "note")

    @property
    def sentence(self) -> str:
        """The first fatal finding and how many more there are; empty where none is fatal."""
        if not self.fatal:
            return ""
        more = len(self.fatal) - 1
        others = f" (And {more:,} more problem{'s' if more > 1 else ''}.)" if more else ""
        return self.fatal[0].sentence + others

    def frame(self) -> pd.DataFrame:
        """Columns column, level, found, wanted, todo; fatal ones first."""
        rows = [(f.column, f.level, f.found, f.wanted, f.todo) for f in self.fatal + self.notes]
        return pd.DataFrame(rows, columns=["column", "level", "found", "wanted", "todo"])


def report(contract: Contract, spec: Spec, seen: Seen, *, role: Role = Role.RECORDS) -> Report:
    """The findings behind these counts."""
    found = [*_of_file(seen), *_absent(contract, spec, seen, role=role)]
    for name, counts in seen.columns.items():
        found += _of_column(contract.columns[name], counts, spec=spec)
    return Report((*found, *_of_ids(spec, seen, role=role)))


def _of_file(seen: Seen) -> Iterator[Finding]:
    if not seen.rows:
        yield Finding("", "fatal", "no rows", "at least one", "check the export that made it")
    twice = {name for name, n in _counts(seen.names).items() if n > 1}
    for name in sorted(twice):
        yield Finding(name, "fatal", "it more than once", "one", "remove or rename the others")


def _counts(names: Iterable[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _absent(contract: Contract, spec: Spec, seen: Seen, *, role: Role) -> Iterator[Finding]:
    alike = {_plain(name): name for name in seen.names}
    present = set(seen.names)
    if role is Role.LABELS:
        for key in ("id", "target"):
            name = getattr(spec.columns, key)
            if name is not None and name not in present:
                yield _no_column(name, alike, wanted=f"the {_ROLES[key]}", level="fatal")
        return
    scored = spec.runner.kind == "columns" and not _predictions_present(spec, present)
    for name, column in contract.columns.items():
        if name in present or "target" in column.roles:
            continue
        prediction = bool({"prediction", "score"} & set(column.roles))
        if prediction and spec.runner.kind != "columns":
            continue
        fatal = scored if prediction else column.required
        wanted = " and ".join(f"the {_ROLES[key]}" for key in column.roles)
        yield _no_column(name, alike, wanted=wanted, level="fatal" if fatal else "note")


_ROLES = {
    "feature": "values of a feature",
    "sensitive": "groups of a sensitive feature",
    "segment": "values of a segment column",
    "score": "model's score",
    "id": "id of each row",
    "timestamp": "time of each row",
    "target": "label of each row",
    "prediction": "model's prediction",
    "weight": "weight of each row",
}


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _predictions_present(spec: Spec, present: set[str]) -> bool:
    scores = set(spec.columns.score.values())
    return spec.columns.prediction in present or bool(scores and scores <= present)


def _no_column(name: str, alike: Mapping[str, str], *, wanted: str, level: Level) -> Finding:
    near = alike.get(_plain(name))
    found = f"no such column, only {near!r}" if near else "no such column"
    todo = f"rename {near!r} to {name!r}" if near else "add it to the file"
    return Finding(name, level, found, wanted, todo)


def _of_column(column: Column, seen: ColumnSeen, *, spec: Spec) -> Iterator[Finding]:
    if not seen.rows:
        return
    if seen.missing == seen.rows:
        yield from _all_missing(column, spec=spec)
        return
    if seen.missing and spec.columns.prediction == column.name and not spec.columns.score:
        found = f"{_rows(seen.missing)} without a prediction"
        yield _note(column, found, "one for each row", "they are left out of what it measures")
    if seen.missing and "weight" in column.roles:
        yield _note(column, f"{_rows(seen.missing)} without a weight", "one for each row",
                    "they count for nothing")  # fmt: skip
    yield from _wrong_type(column, seen)
    yield from _unseen(column, seen)
    yield from _outside(column, seen)
    if seen.infinite:
        yield _note(column, f"{_rows(seen.infinite)} with an infinite value", "finite numbers",
                    "check divisions by zero upstream")  # fmt: skip


def _all_missing(column: Column, *, spec: Spec) -> Iterator[Finding]:
    if "target" in column.roles:
        return  # labels that have not arrived yet are what late labels are for
    only = column.name in (spec.columns.prediction, *spec.columns.score.values())
    alone = only and not (spec.columns.prediction and spec.columns.score)
    nothing = "weight" in column.roles or (alone and spec.runner.kind == "columns")
    level: Level = "fatal" if nothing else "note"
    yield Finding(column.name, level, "every value missing", NOUNS[column.kind],
                  "check where the column comes from")  # fmt: skip


def _wrong_type(column: Column, seen: ColumnSeen) -> Iterator[Finding]:
    if not seen.wrong:
        return
    most = seen.wrong * 2 > seen.present
    found = f"{_rows(seen.wrong)} with other values ({_quoted(seen.examples)})"
    todo = "correct the column" if most else "they count as missing: correct them at the source"
    yield Finding(column.name, "fatal" if most else "note", found, NOUNS[column.kind], todo)


def _unseen(column: Column, seen: ColumnSeen) -> Iterator[Finding]:
    if not seen.unseen:
        return
    found = f"{_rows(seen.unseen)} with {_quoted(seen.examples)}"
    known = _quoted(column.categories[:10], more=len(column.categories) > 10)
    if {"target", "prediction"} & set(column.roles):
        wanted = f"one of the model's classes {known}"
        yield Finding(column.name, "fatal", found, wanted, "correct the labels or the spec")
    else:
        yield _note(column, found, f"one of {known}, as in the reference",
                    "they count as unseen categories")  # fmt: skip


def _outside(column: Column, seen: ColumnSeen) -> Iterator[Finding]:
    if "weight" in column.roles:
        if seen.high <= 0:
            yield Finding(column.name, "fatal", "no weight above 0", "the weight of each row",
                          "with these no row would count")  # fmt: skip
        elif seen.low < 0:
            yield _note(column, f"weights down to {seen.low:g}", "0 or more", "below 0 counts as 0")
        return
    if not seen.outside or column.low is None or column.high is None:
        return
    found = f"{_rows(seen.outside)} outside (from {seen.low:g} to {seen.high:g})"
    span = f"{column.low:g} to {column.high:g}"
    if "score" in column.roles:
        wanted = f"probabilities from {span}"
        yield Finding(column.name, "fatal", found, wanted, "give the probability of the class")
    else:
        yield _note(column, found, f"{span}, as in the reference", "check units and new values")


def _of_ids(spec: Spec, seen: Seen, *, role: Role) -> Iterator[Finding]:
    name, counts = spec.columns.id, seen.columns.get(spec.columns.id or "")
    if name is None or counts is None:
        return
    todo = "the last label of an id counts" if role is Role.LABELS else "labels join to all of them"
    if seen.duplicate_ids:
        found = f"{_rows(seen.duplicate_ids)} with an id that came before"
        yield Finding(name, "note", found, "one id for each row", todo)
    if 0 < counts.missing < counts.rows:
        found = f"{_rows(counts.missing)} without an id"
        yield Finding(name, "note", found, "an id for each row", "their labels cannot be joined")


def _note(column: Column, found: str, wanted: str, todo: str) -> Finding:
    return Finding(column.name, "note", found, wanted, todo)


def _rows(n: int) -> str:
    return f"{n:,} row{'' if n == 1 else 's'}"


def _quoted(texts: Sequence[str], *, more: bool = False) -> str:
    """A few values as text, long ones cut."""
    short = [text if len(text) <= 40 else f"{text[:39]}…" for text in texts]
    return ", ".join(f"'{text}'" for text in short) + (" …" if more else "")
