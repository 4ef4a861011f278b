"""A file that cannot be used is answered with one sentence: what was found and what to do."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from contextlib import suppress

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import BatchError
from monitor.jobs.reading import open_table, read_all


def parquet(frame: pd.DataFrame | None = None) -> bytes:
    sink = io.BytesIO()
    frame = pd.DataFrame({"a": range(1000), "b": ["x"] * 1000}) if frame is None else frame
    frame.to_parquet(sink)
    return sink.getvalue()


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def archive(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return sink.getvalue()


def twice_named() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), sink)
    return sink.getvalue()


OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600

BAD: dict[str, tuple[bytes, str]] = {
    "zero bytes": (b"", "is empty"),
    "blank lines": (b"\n\r\n  \n", "is empty"),
    "Parquet cut short": (parquet()[:2000], "cut short"),
    "four bytes of Parquet": (b"PAR1", "cut short"),
    "Parquet with a broken footer": (b"PAR1" + b"\xff" * 40 + b"PAR1", "damaged Parquet"),
    "Parquet with broken pages": (
        parquet()[:40] + b"\xff" * 200 + parquet()[240:],
        "damaged Parquet",
    ),
    "Parquet with a name twice": (twice_named(), "'a'"),
    "Parquet without columns": (parquet(pd.DataFrame()), "no columns"),
    "gzip cut short": (gzip.compress(os.urandom(5000).hex().encode())[:-30], "cut short"),
    "gzip of nothing but a magic number": (b"\x1f\x8b", "cut short"),
    "gzip in gzip": (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "unpack"),
    "gzip of Parquet": (gzip.compress(parquet()), "unpack"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "one column": (b"a b c\n1 2 3\n", "single column, 'a b c'"),
    "another delimiter": (b"a^b^c\n1^2^3\n", "single column"),
    "a long row": (b'a,b\n1,"x\ny"\n\n3,4,5\n', "3 values in line 5"),
    "a short row": (b"a,b,c\n1,2,3\n4,5\n", "2 values in line 3"),
    "a quote never closed": (b'a,b\n1,2\n3,"4\n5,6\n', "after line 2 and never closes"),
    "a name twice": (b"a,b,a\n1,2,3\n", "'a'"),
    "no header": (b"39,77516.5\n50,83311.0\n", "not column names"),
    "binary rubbish": (bytes(range(256)) * 50, "neither text nor"),
    "NUL bytes": (b"a,b\n1,2\n3,\x00\n", "NUL bytes in line 3"),
    "two encodings": ("a,b\né,1\n".encode() + b"\xe9,2\n", "line 3"),
    "half of UTF-16": ("a,b\n1,é\n".encode("utf-16")[:-1], "UTF-16"),
    "a web page": (b"\n<!DOCTYPE html>\n<html><body>Please log in</body></html>", "web page"),
    "XML": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "web page or XML"),
    "a PDF": (b"%PDF-1.7\n", "is a PDF"),
    "a pickle": (b"\x80\x04\x95\x00\x00", "is a pickle"),
    "an Arrow file": (b"ARROW1\0\0", "Arrow"),
    "a zip": (archive("data.csv"), "zip archive"),
    "a broken zip": (b"PK\x03\x04rubbish", "damaged zip"),
    "OpenDocument": (archive("mimetype", "content.xml"), "OpenDocument"),
    "xlsb": (archive("xl/workbook.bin"), "xlsb"),
    "a broken workbook": (archive("xl/workbook.xml"), "damaged Excel"),
    "an empty workbook": (workbook([]), "empty workbook"),
    "a workbook with a name twice": (workbook([["a", "a"], [1, 2]]), "'a'"),
    "a workbook with values beside": (workbook([["a", "b"], [1, 2, 3]]), "to the right"),
    "an old workbook": (OLD_OFFICE, ".xls"),
    "a locked workbook": (OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "a JSON line cut short": (b'{"a": 1}\n{"a":\n', "line 2"),
    "JSON over many lines": (b'{\n  "a": 1\n}\n', "line 1"),
    "JSON without objects": (b'{"a": 1}\n[1, 2]\n', "line 2"),
    "an empty JSON array": (b"[]", "no records"),
    "JSON without end": (b'{"a": ' + b"[" * 200_000, "line 1"),
}


def sentence(path, name: str) -> str:
    with pytest.raises(BatchError) as caught:
        for _ in open_table(path, name=name).frames():
            pass
    return caught.value.sentence


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_answered_with_one_sentence(tmp_path, what):
    content, words = BAD[what]
    path = tmp_path / "upload"
    path.write_bytes(content)
    said = sentence(path, "../up/my\nfile.csv")
    assert words in said
    assert said.startswith("myfile.csv ")
    assert said.endswith(".")
    assert "\n" not in said
    assert str(tmp_path) not in said
    assert len(said) < 300


def test_a_folder_and_a_missing_file_are_told(tmp_path):
    assert "is a folder" in sentence(tmp_path, "data")
    assert "no such file" in sentence(tmp_path / "none", "none.csv")


def test_plain_json_that_is_no_object_is_told_by_its_name(tmp_path):
    (tmp_path / "x").write_text("5\n")
    assert "no JSON object in line 1" in sentence(tmp_path / "x", "x.json")


def test_damage_found_only_while_reading_is_told_too(tmp_path):
    path = tmp_path / "x"
    path.write_text("a,b\n1,2\n")
    table = open_table(path, name="x.csv")
    path.write_text("a,b\n1,2,3\n")
    with pytest.raises(BatchError, match="line 2"):
        list(table.frames())


def test_a_file_that_vanishes_is_told_without_its_path(tmp_path):
    (tmp_path / "x").write_bytes(parquet())
    table = open_table(tmp_path / "x", name="x.parquet")
    (tmp_path / "x").unlink()
    with pytest.raises(BatchError, match=r"x.parquet cannot be opened \(no such file"):
        list(table.frames())


STARTS = [
    b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'{"a":', b"[{",
    b"a,b\n", b'a,b\n"', b"a;b\n1,5;", b"sep=", b"\xd0\xcf\x11\xe0",
]  # fmt: skip


def read_or_refuse(path, content: bytes, name: str = "x") -> None:
    path.write_bytes(content)
    with suppress(BatchError):
        read_all(path, name=name)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "x"


@given(st.sampled_from(STARTS), st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_random_bytes_never_raise_anything_but_a_batch_error(scratch, start, rest):
    read_or_refuse(scratch, start + rest)


@given(st.text(st.sampled_from('ab1,;\t|"\n\r. -{}[]:é\ufeff'), max_size=80))
@settings(max_examples=400, deadline=None)
def test_random_punctuation_never_raises_anything_but_a_batch_error(scratch, text):
    read_or_refuse(scratch, text.encode())


WHOLE = {
    "parquet": parquet(pd.DataFrame({"a": range(50), "b": ["x", "yy"] * 25, "c": [True] * 50})),
    "gzip": gzip.compress(b"a,b\n" + b"1,x\n" * 50),
    "excel": workbook([["a", "b"], *([i, "x"] for i in range(20))]),
    "json": b'{"a": 1, "b": [1, {"c": null}], "d": "2026-01-01"}\n' * 9,
    "csv": "a;b;c\n1,5;é;2026-01-01\n".encode() * 9,
}


@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0, 1),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_never_raise_anything_but_a_batch_error(scratch, which, changes, length):
    content = bytearray(WHOLE[which])
    for where, byte in changes:
        content[int(where * len(content))] = byte
    keep = len(content) if length > 0.5 else int(2 * length * len(content))
    read_or_refuse(scratch, bytes(content[:keep]))
