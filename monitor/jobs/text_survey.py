"""Which encoding a text file is in, and whether it is text at all, found by reading all of it."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from monitor.errors import BatchError
from monitor.jobs.refusing import refuse

Source = Callable[[], BinaryIO]  # opens the file's bytes anew, already unpacked

CHUNK = 1 << 20
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")))
MOST_CONTROLS = 0.01  # of a chunk; more is not text
FEW_CONTROLS = 4
NOT_CP1252 = b"\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, slots=True)
class Survey:
    """``quotes`` counts the double quotes; an odd number means that one is never closed."""

    encoding: str
    quotes: int


def survey(source: Source, *, name: str) -> Survey:
    """UTF-8 where all of it is, else Windows' cp1252 or latin-1; UTF-16 and 32 by their mark."""
    with source() as file:
        first = file.read(CHUNK)
    wide = _wide(first)
    if wide:
        return Survey(wide, sum(text.count('"') for text in _decoded(source, wide, name=name)))
    return _survey_bytes(source, marked=first.startswith(codecs.BOM_UTF8), name=name)


def chunks(source: Source) -> Iterator[bytes]:
    with source() as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _wide(first: bytes) -> str | None:
    """UTF-16 or UTF-32 by byte order mark, or UTF-16 by every second byte being NUL."""
    for mark, encoding in BOMS:
        if first.startswith(mark):
            return encoding if encoding != "utf-8-sig" else None
    start = first[:4000]
    for offset, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        nuls, others = start[offset::2], start[1 - offset :: 2]
        if len(nuls) > 3 and nuls.count(0) > 0.9 * len(nuls) and not others.count(0):
            return encoding
    return None


def _decoded(source: Source, encoding: str, *, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for chunk in chunks(source):
            text = decoder.decode(chunk)
            if "\0" in text:
                raise _nul(name, lines + text[: text.index("\0")].count("\n"))
            lines += text.count("\n")
            yield text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        found = f"begins as {encoding.upper()} and stops being that at line {lines} or later"
        raise refuse(name, found, "save it again as UTF-8") from error


@dataclass(slots=True)
class _Bytes:
    """What has been seen of a file of one-byte units so far."""

    name: str
    lines: int = 1
    quotes: int = 0
    utf8: bool = True
    accents: bool = False  # characters beyond ASCII, well-formed in UTF-8
    cp1252: bool = True
    decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def see(self, chunk: bytes, *, final: bool = False) -> None:
        units = np.frombuffer(chunk, np.uint8)  # counted quicker than by the bytes' own methods
        lines = int(np.count_nonzero(units == ord("\n")))
        self._refuse_binary(chunk, int(np.count_nonzero(units < ord(" "))) - lines)
        plain = chunk.isascii() and not self.decoder.getstate()[0] and not final
        if self.utf8 and not plain:
            self._try_utf8(chunk, final=final)
        if self.cp1252 and not plain:
            self.cp1252 = len(chunk.translate(None, NOT_CP1252)) == len(chunk)
        self.quotes += int(np.count_nonzero(units == ord('"')))
        self.lines += lines

    def _refuse_binary(self, chunk: bytes, unusual: int) -> None:
        """Where more are ``unusual`` than there may be controls, those are counted."""
        few = MOST_CONTROLS * len(chunk) + FEW_CONTROLS
        controls = 0 if unusual <= few else len(chunk) - len(chunk.translate(None, CONTROLS))
        if controls > few:
            where = "" if self.lines == 1 else f" from line {self.lines} on"
            found = f"is neither text nor a format we know{where}"
            raise refuse(self.name, found, "send CSV, Parquet, JSON lines or Excel (.xlsx)")
        if 0 in chunk:
            raise _nul(self.name, self.lines + chunk[: chunk.index(0)].count(b"\n"))

    def _try_utf8(self, chunk: bytes, *, final: bool) -> None:
        try:
            self.accents |= not self.decoder.decode(chunk, final).isascii()
        except UnicodeDecodeError as error:
            good = bytes(error.object[: error.start])
            if self.accents or not good.isascii():
                line = self.lines + good.count(b"\n")
                found = f"is UTF-8 at first and something else in line {line}"
                raise refuse(self.name, found, "save all of it as UTF-8") from error
            self.utf8 = False


def _survey_bytes(source: Source, *, marked: bool, name: str) -> Survey:
    seen = _Bytes(name)
    for chunk in chunks(source):
        seen.see(chunk)
    seen.see(b"", final=True)
    if seen.utf8:
        return Survey("utf-8-sig" if marked else "utf-8", seen.quotes)
    return Survey("cp1252" if seen.cp1252 else "latin-1", seen.quotes)


def _nul(name: str, line: int) -> BatchError:
    found = f"holds NUL bytes in line {line}, so it is damaged or no text file"
    return refuse(name, found, "export it again as CSV or Parquet")
