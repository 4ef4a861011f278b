"""Opening whatever file arrives as one table: recognised by content first, then by name."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

from monitor.jobs.arrow_types import Contents, empty_batch, to_frame
from monitor.jobs.csv_files import open_csv
from monitor.jobs.excel_files import open_excel
from monitor.jobs.json_files import open_json
from monitor.jobs.parquet_files import open_parquet
from monitor.jobs.partition import partition, to_parquet
from monitor.jobs.refusing import in_a_sentence, refuse, safe_name, unopened
from monitor.jobs.table_file import TableFile
from monitor.jobs.text_survey import Source

__all__ = ["TableFile", "open_table", "partition", "read_all", "safe_name", "to_parquet"]

FORMATS = "CSV, Parquet, JSON lines or Excel (.xlsx)"
HEAD = 4096
OTHERS = (
    (b"PARE", "is an encrypted Parquet file"),
    (b"ARROW1", "is an Arrow (Feather) file"),
    (b"FEA1", "is a Feather file"),
    (b"%PDF", "is a PDF"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"SQLite format 3", "is a SQLite database"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstandard"),
    (b"BZh", "is compressed with bzip2"),
    (b"\xfd7zXZ", "is compressed with xz"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive"),
    (b"Rar!", "is a RAR archive"),
    (b"\x89HDF", "is an HDF5 file"),
    (b"ORC", "is an ORC file"),
    (b"Obj\x01", "is an Avro file"),
    (b"\x80\x04\x95", "is a pickle"),
    (b"\x80\x05\x95", "is a pickle"),
    (b"\x93NUMPY", "is a NumPy array"),
)
MARKUP = re.compile(rb"\s*(<!doctype|<html[\s>]|<\?xml)", re.IGNORECASE)
JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(\{\s*("|\}|$)|\[\s*(\{|\]))')
JSON_NAME = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$", re.IGNORECASE)


def open_table(path: Path | str, *, name: str) -> TableFile:
    """Recognises and opens a file; ``name`` is what its owner calls it and is never a path."""
    path = Path(path)
    head = _head(path, name=name)
    format_, contents = _open(path, head, name=name)
    return TableFile(path, safe_name(name), format_, contents)


def read_all(path: Path | str, *, name: str) -> pd.DataFrame:
    """The whole file in one frame, for references and other files that fit into memory."""
    table = open_table(path, name=name)
    with in_a_sentence(table.name, table.format):
        whole = pa.Table.from_batches(table.batches(), table.schema).combine_chunks()
        batches = whole.to_batches()
        return to_frame(batches[0] if batches else empty_batch(table.schema))


def _open(path: Path, head: bytes, *, name: str) -> tuple[str, Contents]:
    _refuse_others(head, name=name)
    if head.startswith(b"PAR1"):
        _refuse_cut_parquet(path, name=name)
        return "Parquet", open_parquet(path, name=name)
    if head.startswith(b"PK\x03\x04"):
        return "Excel", _open_zip(path, name=name)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_office(path, name=name)
    if head.startswith(b"\x1f\x8b"):
        return _open_gzip(path, name=name)
    return _open_text(lambda: path.open("rb"), head, name=name)


def _open_text(source: Source, head: bytes, *, name: str) -> tuple[str, Contents]:
    if MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        found = "is a web page or XML, not a table"
        raise refuse(name, found, "download the data itself; you may have been logged out")
    if JSON_START.match(head) or JSON_NAME.search(name):
        return "JSON lines", open_json(source, name=name)
    return "CSV", open_csv(source, name=name)


def _open_gzip(path: Path, *, name: str) -> tuple[str, Contents]:
    def source() -> BinaryIO:
        return gzip.open(path, "rb")  # type: ignore[return-value]

    with in_a_sentence(name, "gzip"), source() as file:
        head = file.read(HEAD)
    _refuse_others(head, name=name)
    if head.startswith((b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")):
        found = "is a gzip file around another packed file"
        raise refuse(name, found, "unpack it and send what is inside")
    return _open_text(source, head, name=name)


def _open_zip(path: Path, *, name: str) -> Contents:
    with in_a_sentence(name, "zip"), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "xl/workbook.bin" in names:
        raise refuse(name, "is a binary workbook (.xlsb)", "save it as .xlsx, CSV or Parquet")
    if any(entry.startswith("xl/") for entry in names):
        return open_excel(path, name=name)
    if "content.xml" in names:
        raise refuse(name, "is an OpenDocument file", "save it as .xlsx or CSV")
    raise refuse(name, "is a zip archive", f"unpack it and send the {FORMATS} file inside")


def _old_office(path: Path, *, name: str) -> Exception:
    with path.open("rb") as file:
        locked = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 22)
    if locked:
        found = "is a workbook protected by a password"
        return refuse(name, found, "save it without a password, or as CSV")
    return refuse(name, "is an old Excel workbook (.xls)", "save it as .xlsx or CSV")


def _refuse_others(head: bytes, *, name: str) -> None:
    for magic, found in OTHERS:
        if head.startswith(magic):
            raise refuse(name, found, f"send {FORMATS}")


def _refuse_cut_parquet(path: Path, *, name: str) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 4, 0))
        if size < 12 or file.read() != b"PAR1":
            found = f"is a Parquet file cut short ({size} bytes, its end is missing)"
            raise refuse(name, found, "write or upload it again")


def _head(path: Path, *, name: str) -> bytes:
    if path.is_dir():
        raise refuse(name, "is a folder", f"send one {FORMATS} file")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise unopened(name, error) from error
    if not head:
        raise refuse(name, "is empty", f"send {FORMATS} with column names and rows")
    return head
