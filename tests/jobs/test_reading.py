"""Files as the world writes them become the same typed table, whatever their format."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import re
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.jobs.csv_types import Evidence, any_leading_zero, chosen
from monitor.jobs.reading import open_table, read_all, safe_name, to_parquet
from monitor.jobs.text_readings import tidy

NEW_YEAR = dt.datetime.fromisoformat("2026-01-01")  # Excel and old Parquet know no zone


@pytest.fixture
def read(tmp_path):
    """Reads bytes or text as a file of that name."""

    def reading(content: bytes | str, name: str = "file.csv") -> pd.DataFrame:
        path = tmp_path / "upload"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_all(path, name=name)

    return reading


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in frame.dtypes.items()}


def test_a_plain_csv_is_typed(read):
    frame = read("id,name,score,ok\n1,Ann,0.5,True\n2,Bo,1e-3,False\n")
    assert frame.to_dict("list") == {
        "id": [1, 2],
        "name": ["Ann", "Bo"],
        "score": [0.5, 0.001],
        "ok": [True, False],
    }
    assert kinds(frame)["id"] == "int64"
    assert kinds(frame)["ok"] == "bool"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found(read, encoding, delimiter, newline):
    rows = (("größe", "b"), ("Zoë", "1"), ("Müller", "2"))
    text = newline.join(delimiter.join(row) for row in rows)
    frame = read(text.encode(encoding))
    assert frame.to_dict("list") == {"größe": ["Zoë", "Müller"], "b": [1, 2]}


def test_utf16_without_a_mark_is_found(read):
    assert list(read("a\tb\n1\t2\n".encode("utf-16-le")).columns) == ["a", "b"]


def test_bytes_that_windows_lacks_are_read_as_latin1(read):
    assert read(b"a,b\n\x81,1\n")["a"][0] == "\x81"


def test_a_european_excel_export_is_read(read):
    text = "Name;Betrag;Quote;Tag;PLZ\r\nMüller;1.234,56;1,5;31.12.2025;01234\r\n"
    text += "Öz;-7;;1.1.2026;99999\r\n;;;;\r\n"
    frame = read(text.encode("cp1252"))
    assert frame["Betrag"].tolist() == [1234.56, -7.0]
    assert frame["Quote"].isna().tolist() == [False, True]
    assert frame["PLZ"].tolist() == ["01234", "99999"]
    assert frame["Tag"].dt.strftime("%Y-%m-%d").tolist() == ["2025-12-31", "2026-01-01"]


def test_excels_separator_line_is_obeyed_and_left_out(read):
    assert read("sep=|\na|b\n1|2\n").to_dict("list") == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a;b\n1.234;1,5\n", 1234.0),  # another column needs the comma
        ("a;b\n1.234;1.5\n", 1.234),  # another column needs the point
        ("a;b\n1.234;x\n", 1.234),  # nothing tells, and a point is enough
        ("a;b\n1,234;x\n", 1.234),  # semicolons are Europe's way to keep commas
        ('a,b\n"1,234",x\n', 1234.0),
        ('a,b\n"1,234.5",x\n', 1234.5),
        ("a;b\n1 234,5;x\n", 1234.5),
        ("a;b\n1\u202f234,5;x\n", 1234.5),
        ("a;b\n1'234,5;x\n", 1234.5),
    ],
)
def test_points_and_commas_in_numbers_are_told_apart(read, text, value):
    assert read(text)["a"].tolist() == [value]


@pytest.mark.parametrize("text", ["01234", "0x1F", "12%", "1_000", "+4912345678901234567", "1,2,3"])
def test_what_only_looks_like_a_number_stays_text(read, text):
    assert read(f'a,b\n"{text}",1\n12,2\n')["a"].tolist() == [text, "12"]


def test_a_leading_zero_late_in_the_file_makes_the_whole_column_text(read):
    lines = "".join(f"{10000 + i},1\n" for i in range(70_000))
    frame = read("postcode,x\n" + lines + "01234,1\n")
    assert frame["postcode"].iloc[[0, -1]].tolist() == ["10000", "01234"]


def test_pieces_of_one_file_have_the_same_types_and_numbers_through(tmp_path):
    path = tmp_path / "x"
    lines = [f"{i},{i % 2 == 0},{i}" for i in range(3000)]
    lines[2500] = ",,2.5"
    path.write_text("a,b,c\n" + "\n".join(lines) + "\n")
    pieces = list(open_table(path, name="x.csv").frames(1000))
    assert [len(piece) for piece in pieces] == [1000, 1000, 1000]
    assert {tuple(kinds(piece).values()) for piece in pieces} == {("float64", "object", "float64")}
    assert pieces[2].index.tolist() == list(range(2000, 3000))
    assert isinstance(pieces[2]["b"].iloc[500], float)


def test_marks_for_missing_are_missing(read):
    marks = ["", "NA", "N/A", "NaN", "null", "None", "-", "?", "n.a.", " ", "#DIV/0!"]
    frame = read("a,b\n" + "".join(f"{mark},1\n" for mark in marks) + "5,1\n")
    assert frame["a"].dtype == "float64"
    assert frame["a"].isna().sum() == len(marks)


def test_in_text_a_dash_is_text_and_na_is_missing(read):
    assert read("a,b\n-,1\nNA,2\nx,3\n")["a"].fillna("missing").tolist() == ["-", "missing", "x"]


def test_a_column_of_marks_only_is_a_number_that_is_always_missing(read):
    frame = read("a,b\n-,1\n,2\n")
    assert frame["a"].dtype == "float64"
    assert frame["a"].isna().all()


def test_mixed_values_make_text_exactly_as_written(read):
    assert read("a,b\n1,x\n 2.50,y\nfoo,z\n")["a"].tolist() == ["1", " 2.50", "foo"]


def test_huge_integers_lose_no_digit(read):
    frame = read("id,gap,big\n9007199254740993,9007199254740993,1\n2,,12345678901234567890\n")
    assert frame["id"].tolist() == [9007199254740993, 2]
    assert frame["gap"].iloc[0] == "9007199254740993"
    assert frame["big"].tolist() == ["1", "12345678901234567890"]


def test_infinities_are_numbers(read):
    assert read("a,b\ninf,1\n-Infinity,2\n1,3\n")["a"].tolist() == [np.inf, -np.inf, 1.0]


def test_quotes_hold_delimiters_newlines_and_quotes(read):
    frame = read('a,b\n1,"x, y\r\nz ""q"""\n2,5" pipe\n')
    assert frame["b"].tolist() == ['x, y\r\nz "q"', '5" pipe']


def test_a_header_may_span_lines(read):
    assert list(read('"a\nb",c\n1,2\n').columns) == ["a\nb", "c"]


def test_a_space_after_every_delimiter_belongs_to_none_of_the_values(read):
    frame = read("age, sex, p\n39, Male, NA\n40, Female, 0.5\n")
    assert list(frame.columns) == ["age", "sex", "p"]
    assert frame["sex"].tolist() == ["Male", "Female"]


def test_pandas_index_column_is_called_as_pandas_calls_it(read):
    written = pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_csv()
    assert list(read(written).columns) == ["Unnamed: 0", "a", "b"]


def test_trailing_delimiters_make_no_column(read):
    assert list(read("a;b;\n1;2;\n").columns) == ["a", "b"]


def test_html_and_formulas_are_text(read):
    frame = read("<b>a</b>,=SUM(A1)\n<script>alert(1)</script>,=1+1\n")
    assert list(frame.columns) == ["<b>a</b>", "=SUM(A1)"]
    assert frame.iloc[0].tolist() == ["<script>alert(1)</script>", "=1+1"]


@pytest.mark.parametrize("text", ["a,b\n", "a,b", "a,b\r\n\r\n"])
def test_a_header_alone_is_a_table_without_rows(read, text):
    frame = read(text)
    assert list(frame.columns) == ["a", "b"]
    assert frame.empty


def test_days_and_months_are_told_apart_by_the_whole_column_or_left_as_text(read):
    frame = read("a,b,c\n03/04/2026,13/04/2026 9:05,04/13/2026\n01/02/2026,1/2/2026,01/02/2026\n")
    assert frame["a"].tolist() == ["03/04/2026", "01/02/2026"]
    assert frame["b"].dt.month.tolist() == [4, 2]
    assert frame["c"].dt.month.tolist() == [4, 1]


def test_instants_are_in_utc(read):
    first = "2026-01-01,2026-01-01T10:00:00+02:00,2026/1/5\n"
    frame = read(f"a,b,c\n{first}2026-01-02 10:00:00.123456789,2026-01-01 10:00:00Z,\n")
    assert set(kinds(frame).values()) == {"datetime64[us, UTC]"}
    assert frame["b"].dt.hour.tolist() == [8, 10]


def test_gzip_is_unpacked(read):
    assert read(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz").to_dict("list") == {"a": [1], "b": [2]}
    assert read(gzip.compress(b'{"a": 1}\n'), "x.gz").to_dict("list") == {"a": [1]}


def test_content_is_believed_before_the_name(read):
    parquet = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), parquet)
    assert read(parquet.getvalue().to_pybytes(), "x.csv")["a"].tolist() == [1]
    assert read("a,b\n1,2\n", "x.parquet")["a"].tolist() == [1]


def test_json_lines_are_typed_over_the_whole_file(read):
    lines = '{"a": 1, "zip": "01234", "t": "2026-01-01", "n": {"x": 1}}\n\n'
    lines += '{"a": 2.5, "zip": "7", "late": true}\n'
    frame = read(lines, "x.jsonl")
    assert frame["a"].tolist() == [1.0, 2.5]
    assert frame["zip"].tolist() == ["01234", "7"]
    assert str(frame["t"].dtype) == "datetime64[us, UTC]"
    assert frame["n"][0] == {"x": 1}
    assert frame["late"].tolist()[1] is True


def test_a_json_array_of_objects_is_read(read):
    assert read('[{"a": 1}, {"a": null}]', "x.json")["a"].isna().tolist() == [False, True]


def test_mixed_json_values_become_text_in_which_five_is_five(read):
    assert read('{"a": 5}\n{"a": 5.0}\n{"a": "x"}\n')["a"].tolist() == ["5", "5", "x"]


def test_excel_is_read_with_its_types(tmp_path):
    frame = pd.DataFrame(
        {
            "id": ["01", "02"],
            "n": [1, 2],
            "x": [1.5, None],
            "day": [NEW_YEAR, None],
            "ok": [True, False],
            "marked": ["-", 3],
        }
    )
    frame.to_excel(tmp_path / "x.xlsx", index=False)
    read = read_all(tmp_path / "x.xlsx", name="x.xlsx")
    assert read["id"].tolist() == ["01", "02"]
    assert list(kinds(read).values())[1:] == [
        "int64", "float64", "datetime64[us, UTC]", "bool", "float64",
    ]  # fmt: skip


def test_every_parquet_type_is_settled(tmp_path):
    table = pa.table(
        {
            "unsigned": pa.array([1, None], pa.uint8()),
            "short": pa.array([1, 2], pa.int16()),
            "truth": pa.array([True, None]),
            "category": pa.array(["x", None]).dictionary_encode(),
            "codes": pa.array([7, None]).dictionary_encode(),
            "large": pa.array(["x", None], pa.large_string()),
            "bytes": pa.array([b"x", b"\xff"]),
            "uuid": pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()),
            "decimal": pa.array([decimal.Decimal("1.50"), None]),
            "half": pa.array([1.5, None], pa.float16()),
            "day": pa.array([dt.date(2026, 1, 1), None]),
            "naive": pa.array([NEW_YEAR, None], pa.timestamp("ns")),
            "zoned": pa.array([NEW_YEAR, None], pa.timestamp("ms", "Europe/Berlin")),
            "nothing": pa.nulls(2),
            "list": pa.array([[1], None]),
            "struct": pa.array([{"a": 1}, None]),
            "empty text": pa.array(["", "NA"]),
        }
    )
    pq.write_table(table, tmp_path / "x")
    frame = read_all(tmp_path / "x", name="x.parquet")
    text, instant = str(frame["large"].dtype), "datetime64[us, UTC]"
    assert kinds(frame) == {
        "unsigned": "float64", "short": "int16", "truth": "object", "category": text,
        "codes": "float64", "large": text, "bytes": text, "uuid": text, "decimal": "float64",
        "half": "float64", "day": instant, "naive": instant, "zoned": instant,
        "nothing": "float64", "list": "object", "struct": "object", "empty text": text,
    }  # fmt: skip
    assert frame.loc[0, "uuid"] == str(uuid.UUID(int=1))
    assert frame["bytes"].tolist() == ["x", "ff"]
    assert frame["empty text"].tolist() == ["", "NA"]
    assert isinstance(frame.loc[1, "truth"], float)


def test_gaps_are_found_in_parquet_without_statistics(tmp_path):
    table = pa.table({"i": [1, 2, None], "b": [True, False, None], "whole": [1, 2, 3]})
    pq.write_table(table, tmp_path / "x", write_statistics=False, row_group_size=1)
    first = next(iter(open_table(tmp_path / "x", name="x").frames(1)))
    assert list(kinds(first).values()) == ["float64", "object", "int64"]


def test_pandas_row_numbers_are_no_column(tmp_path):
    pd.DataFrame({"a": [1, 2, 3]}).iloc[[2, 0]].to_parquet(tmp_path / "x")
    assert list(read_all(tmp_path / "x", name="x").columns) == ["a"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_ten_thousand_columns_work(tmp_path, suffix):
    path = tmp_path / f"wide.{suffix}"
    frame = pd.DataFrame(np.ones((3, 10_000)), columns=[f"c{i}" for i in range(10_000)])
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    assert read_all(path, name=path.name).shape == (3, 10_000)


def test_a_stored_table_reads_the_same_again(tmp_path):
    (tmp_path / "x").write_text(
        "a,b,c,d\n1,x,True,2026-01-01\n,NA,,\n3,z,False,2026-01-02T03:04:05\n"
    )
    (tmp_path / "y").write_text('{"n": [1, {"x": null}], "b": true}\n{"b": null}\n')
    for name in ("x", "y"):
        table = open_table(tmp_path / name, name=name)
        assert to_parquet(table, tmp_path / "stored") == table.rows
        again = read_all(tmp_path / "stored", name="stored")
        pd.testing.assert_frame_equal(again, read_all(tmp_path / name, name=name))


def test_only_the_columns_kept_are_stored(tmp_path):
    (tmp_path / "x").write_text("a,b,c\n1,2,3\n")
    to_parquet(open_table(tmp_path / "x", name="x"), tmp_path / "y", keep={"a", "c"}.__contains__)
    assert pq.read_schema(tmp_path / "y").names == ["a", "c"]


def test_a_stored_table_has_row_groups_of_64k_rows_and_the_same_bytes_each_time(tmp_path):
    (tmp_path / "x").write_text("a,b\n" + "1,x\n" * 150_000)
    table = open_table(tmp_path / "x", name="x")
    to_parquet(table, tmp_path / "y")
    to_parquet(table, tmp_path / "z")
    metadata = pq.read_metadata(tmp_path / "y")
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sizes == [65_536, 65_536, 18_928]
    assert (tmp_path / "y").read_bytes() == (tmp_path / "z").read_bytes()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\x.csv", "x.csv"),
        ("..", "file"),
        ("", "file"),
        ("a\nb\u202egpj.exe", "abgpj.exe"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_names_are_for_showing_only(name, shown):
    assert safe_name(name) == shown


values = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["", "NA", "-", "True", "01", "2026-01-01", "1,5", "1.234,5", 'a"b', "a\nb"]),
)


@given(st.lists(st.tuples(values, values, values), max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_csv_module_writes_comes_back(tmp_path_factory, rows):
    """Each cell is missing, the same text, or a number, truth or instant made of all of them."""
    import csv

    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("k", "a", "b", "c")])
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(("k", *row) for row in rows)
    frame, schema = read_all(path, name="x.csv"), open_table(path, name="x.csv").schema
    assert len(frame) == len(rows)
    for place, name in enumerate("abc"):
        if pa.types.is_large_string(schema.field(name).type):
            pairs = zip(frame[name], (row[place] for row in rows), strict=True)
            assert all(told == written for told, written in pairs if not pd.isna(told))


@given(st.lists(values.map(str.strip), min_size=1, max_size=12), st.integers(0, 12))
def test_where_a_file_is_cut_into_blocks_does_not_matter(cells, cut):
    whole, pieces = Evidence(), Evidence()
    whole.see(pa.array(cells))
    pieces.see(pa.array(cells[:cut], pa.string()))
    pieces.see(pa.array(cells[cut:], pa.string()))
    assert chosen(pieces, decimal=".") == chosen(whole, decimal=".")


@given(st.lists(values, min_size=1, max_size=12))
def test_the_reading_chosen_reads_every_value(cells):
    seen = Evidence()
    seen.see(pa.array(cells))
    for sign in ".,?":
        reading = chosen(seen, decimal=sign)
        text = pa.array(cells)
        assert len(reading.convert(tidy(text) if seen.untidy else text)) == len(cells)


READ_IN_CONSTANT_MEMORY = """
import resource, sys
from pathlib import Path
from monitor.jobs.csv_types import Evidence, any_leading_zero, chosen
from monitor.jobs.reading import open_table, partition, to_parquet
from monitor.terms import Cadence
path, folder = Path(sys.argv[1]), Path(sys.argv[2])
table = open_table(path, name="x.csv")
to_parquet(table, folder / "whole")
partition(table, timestamp="when", cadence=Cadence.DAY, folder=folder)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def made_csv(path: Path, rows: int) -> Path:
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        for start in range(0, rows, 100_000):
            seconds = rng.integers(0, 60 * 86400, 100_000)
            piece = pd.DataFrame({f"f{i}": rng.normal(size=100_000) for i in range(12)})
            piece["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(seconds, unit="s")
            piece["word"] = rng.choice(["red", "green", "blue"], 100_000)
            piece.to_csv(file, index=False, header=start == 0)
    return path


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for rows in (400_000, 1_200_000):
        path = made_csv(tmp_path / "x.csv", rows)
        folder = tmp_path / str(rows)
        folder.mkdir()
        command = [sys.executable, "-c", READ_IN_CONSTANT_MEMORY, str(path), str(folder)]
        peaks.append(int(subprocess.run(command, capture_output=True, check=True).stdout))
    assert path.stat().st_size > 290e6
    assert peaks[1] < peaks[0] + 120, peaks


@given(st.lists(st.text("0123456789+-xX. é"), max_size=20))
def test_leading_zeros_are_found_as_a_regular_expression_finds_them(texts):
    values = pa.array(["0x", *texts, "01"], pa.string()).slice(1, len(texts))
    found = any(re.match(r"[+-]?0[0-9xX]", text) for text in texts)
    assert any_leading_zero(values) == found


def test_texts_read_as_codes_are_the_same_texts(tmp_path):
    texts = ["  " if k % 5 == 0 else f"value {k % 7}" for k in range(3000)]
    rows = "".join(f'{k},"{text}","",{k / 3}\n' for k, text in enumerate(texts))
    (tmp_path / "t.csv").write_text("id,text,none,x\n" + rows + ",,,\n1, ,NA,2\n")
    table = open_table(tmp_path / "t.csv", name="t.csv")
    plain = pd.concat(table.frames(500))
    coded = pd.concat([f.astype({"text": "str"}) for f in table.frames(500, coded=["text", "x"])])
    pd.testing.assert_frame_equal(coded, plain)
    first = next(table.frames(500, coded=["text", "x"]))
    assert isinstance(first["text"].dtype, pd.CategoricalDtype)
