"""How a CSV file is written: its encoding, delimiter and header, found by looking at it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from monitor.errors import BatchError
from monitor.jobs.refusing import quote, refuse
from monitor.jobs.text_survey import CHUNK, Source, survey

LOOK_AT_ROWS = 200
LOOK_AT_BYTES = 8 << 20  # room for a header of a hundred thousand columns
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")  # found as it is asked for
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")

csv.field_size_limit(1 << 30)  # a long text is no error


@dataclass(frozen=True, slots=True)
class Dialect:
    """``spaced`` files write a space after every delimiter; ``skip`` lines precede the header."""

    encoding: str
    delimiter: str
    quoted: bool
    spaced: bool
    skip: int
    header: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names; one left empty is numbered as pandas numbers it."""
        names = (name.lstrip(" ") if self.spaced else name for name in self.header)
        return tuple(name or f"Unnamed: {i}" for i, name in enumerate(names))


def find_dialect(source: Source, *, name: str) -> Dialect:
    """Reads the whole file once for its encoding, and its first megabytes for the rest."""
    seen = survey(source, name=name)
    first = _first(source)
    text = codecs.getincrementaldecoder(seen.encoding)("replace").decode(first)
    if len(first) in (CHUNK, LOOK_AT_BYTES):
        text = text[: text.rfind("\n") + 1] or text  # the last line is cut
    if not text.strip():
        raise refuse(name, "is empty", "send a header line with column names, then the rows")
    dialect = _sniff(text, seen.encoding, quoted=seen.quotes > 0, name=name)
    if seen.quotes % 2:
        _refuse_open_quote(source, dialect, name=name)
    _refuse_header(dialect, name=name)
    return dialect


def _first(source: Source) -> bytes:
    """As much as surely holds the rows that are looked at; more takes memory for nothing."""
    with source() as file:
        first = file.read(CHUNK)
        enough = first.lstrip().count(b"\n") > 4 * LOOK_AT_ROWS
        return first if enough else first + file.read(LOOK_AT_BYTES - len(first))


def records(
    source: Source, dialect: Dialect, *, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Line number and values of each record by the standard library: slow, for explaining."""
    with io.TextIOWrapper(source(), dialect.encoding, "replace", newline="") as text:
        for _ in range(dialect.skip):
            text.readline()
        reader = csv.reader(text, delimiter=dialect.delimiter, strict=strict)
        line = 1
        for record in reader:
            if record:
                yield line + dialect.skip, record
            line = reader.line_num + 1


def _sniff(text: str, encoding: str, *, quoted: bool, name: str) -> Dialect:
    blank = BLANK_LINES.match(text)
    start = blank.end() if blank else 0
    told = SEPARATOR_LINE.match(text, start)
    start = told.end() if told else start
    delimiter = told[1] if told else _delimiter(text[start:], name=name)
    header = tuple(next(_rows(text[start:], delimiter), []))
    spaced = len(header) > 1 and all(re.match(r" [^ ]", column) for column in header[1:])
    return Dialect(encoding, delimiter, quoted, spaced, text.count("\n", 0, start), header)


def _delimiter(text: str, *, name: str) -> str:
    """The delimiter that cuts most rows into as many values as the header, and into most."""
    fits = {delimiter: _fit(text, delimiter) for delimiter in DELIMITERS}
    best = max(fits, key=lambda delimiter: fits[delimiter])
    if fits[best] == (0.0, 1):
        raise _one_column(text, name=name)
    return best


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Share of rows as wide as the header, and that width; (0, 1) where nothing is cut."""
    widths = [len(row) for row in islice(_rows(text, delimiter), LOOK_AT_ROWS) if row]
    if not widths or widths[0] < 2:
        return 0.0, 1
    return Counter(widths)[widths[0]] / len(widths), widths[0]


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader((line[0] for line in LINE.finditer(text)), delimiter=delimiter)


def _one_column(text: str, *, name: str) -> BatchError:
    line = text.lstrip().splitlines()[0]
    known = ", ".join(DELIMITERS.values())
    found = f"has a single column, {quote(line)}"
    return refuse(name, found, f"separate the columns with one of {known}")


def _refuse_header(dialect: Dialect, *, name: str) -> None:
    twice = [column for column, n in Counter(dialect.names).items() if n > 1]
    if twice:
        refuse_twice(twice, name=name)
    numbers = [column for column in dialect.header if NUMBER.fullmatch(column.strip())]
    fraction = any(not column.strip().isdecimal() for column in numbers)
    if fraction and len(numbers) == len([column for column in dialect.header if column]):
        found = f"begins with values ({', '.join(map(quote, numbers[:3]))}) and not column names"
        raise refuse(name, found, "put the names of the columns into the first line")


def refuse_twice(columns: list[str], *, name: str) -> None:
    more = f" and {len(columns) - 1} other names" if len(columns) > 1 else ""
    found = f"has more than one column called {quote(columns[0])}{more}"
    raise refuse(name, found, "give every column a name of its own")


def _refuse_open_quote(source: Source, dialect: Dialect, *, name: str) -> None:
    """An odd number of quotes is harmless in ``5" pipe`` and swallows the rest in ``"5 pipe``."""
    last = 1
    try:
        for line, _ in records(source, dialect, strict=True):
            last = line
    except csv.Error as error:
        if "unexpected end of data" not in str(error):
            return
        found = f"opens a quote after line {last} and never closes it"
        raise refuse(
            name, found, 'close it, or double it ("") where it belongs to the text'
        ) from error
