"""Periods are half-open, in UTC, and every row falls in exactly one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import BatchError
from monitor.jobs import spilling
from monitor.jobs.periods import (
    Period,
    label,
    next_due,
    parse_period,
    period_of,
    split,
)
from monitor.jobs.reading import open_table, partition, read_all
from monitor.terms import Cadence


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


FIRST, LAST = (datetime.fromisoformat(day) for day in ("1901-01-01", "2199-01-01"))
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
cadences = st.sampled_from(list(Cadence))


@pytest.mark.parametrize(
    ("cadence", "start", "end"),
    [
        (Cadence.HOUR, utc(2026, 11, 4, 15), utc(2026, 11, 4, 16)),
        (Cadence.DAY, utc(2026, 11, 4), utc(2026, 11, 5)),
        (Cadence.WEEK, utc(2026, 11, 2), utc(2026, 11, 9)),
        (Cadence.MONTH, utc(2026, 11, 1), utc(2026, 12, 1)),
    ],
)
def test_a_period_is_aligned_to_its_cadence(cadence, start, end):
    assert period_of(utc(2026, 11, 4, 15, 30), cadence) == Period(start, end)


def test_weeks_are_cut_on_monday_in_utc_wherever_the_instant_was_told():
    sunday = datetime(2026, 11, 9, 1, tzinfo=timezone(timedelta(hours=2)))
    assert period_of(sunday, Cadence.WEEK).starts_at == utc(2026, 11, 2)


@given(instants, cadences)
def test_an_instant_is_in_its_period_and_the_end_is_in_the_next(instant, cadence):
    period = period_of(instant, cadence)
    assert instant in period
    assert period_of(period.ends_at, cadence).starts_at == period.ends_at
    assert period_of(period.starts_at, cadence) == period
    assert next_due(period.ends_at, cadence) == period_of(period.ends_at, cadence).ends_at


@given(st.lists(instants, min_size=1, max_size=20), cadences)
def test_splitting_a_frame_agrees_with_splitting_each_instant(times, cadence):
    starts = split(pd.DataFrame({"t": times}), timestamp="t", cadence=cadence)
    assert [start.to_pydatetime() for start in starts] == [
        period_of(time, cadence).starts_at for time in times
    ]


def test_naive_instants_are_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="aware"):
        period_of(FIRST, Cadence.DAY)


@pytest.mark.parametrize(
    "values",
    [
        ["2026-11-04", "2026-11-04T13:00:00Z", "2026-11-04 13:00:00 +02:00"],
        ["4.11.2026", "04.11.2026 13:00", "2026/11/4"],
        [20261104, 20261104],
        ["20261104", "1793797200"],
        [1793797200, 1793797200.5],
        [1793797200_000, 1793797200_000_000, 1793797200_000_000_000],
        pd.to_datetime(["2026-11-04 13:00"]),
        pd.to_datetime(["2026-11-05 01:00"]).tz_localize("Asia/Tokyo"),
        [utc(2026, 11, 4).date()],
        pd.array([1793797200], "Int64"),
        pd.Categorical(["2026-11-04"]),
    ],
)
def test_times_are_read_however_they_are_written(values):
    starts = split(pd.DataFrame({"t": values}), timestamp="t", cadence=Cadence.DAY)
    assert set(starts) == {pd.Timestamp("2026-11-04", tz="UTC")}


def test_the_index_of_the_frame_is_kept():
    frame = pd.DataFrame({"t": ["2026-11-04"]}, index=[17])
    assert split(frame, timestamp="t", cadence=Cadence.DAY).index.tolist() == [17]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["2026-11-04", "soon", "later"], ["2 of 3", "row 2", "'soon'", "2026-11-01"]),
        (["2026-11-04", None], ["1 of 2", "row 2", "is empty"]),
        (["03/04/2026"], ["'03/04/2026'"]),
        (["0001-01-01", "9999-12-31"], ["2 of 2"]),
        ([2026], ["'2026'"]),
        ([True], ["1 of 1"]),
        ([np.inf, -1e300], ["2 of 2"]),
    ],
)
def test_times_that_cannot_be_read_are_counted_and_shown(values, words):
    with pytest.raises(BatchError) as caught:
        split(pd.DataFrame({"t": values}), timestamp="t", cadence=Cadence.DAY)
    assert all(word in caught.value.sentence for word in [*words, "'t'"])


def test_a_missing_timestamp_column_is_named_beside_those_there():
    with pytest.raises(BatchError, match=r"'when'.*'a'"):
        split(pd.DataFrame({"a": [1]}), timestamp="when", cadence=Cadence.DAY)


@pytest.mark.parametrize(
    ("text", "cadence", "period"),
    [
        ("2026-11-01/2026-11-08", None, Period(utc(2026, 11, 1), utc(2026, 11, 8))),
        ("2026-11-01T05Z/2026-11-01T06", None, Period(utc(2026, 11, 1, 5), utc(2026, 11, 1, 6))),
        ("2026-11-01T05:00+02:00/2026-11-02", None, Period(utc(2026, 11, 1, 3), utc(2026, 11, 2))),
        ("2026-11-04", Cadence.WEEK, Period(utc(2026, 11, 4), utc(2026, 11, 11))),
        ("2026-01-31/", Cadence.MONTH, Period(utc(2026, 1, 31), utc(2026, 2, 28))),
        ("2026-12-01", Cadence.MONTH, Period(utc(2026, 12, 1), utc(2027, 1, 1))),
    ],
)  # fmt: skip
def test_a_period_is_read_from_text(text, cadence, period):
    assert parse_period(text, cadence) == period


@pytest.mark.parametrize(
    "text",
    ["", "/", "2026-13-01/2026-14-01", "2026-11-08/2026-11-01", "2026-11-01", "x/y", "a/b/c"],
)
def test_a_bad_period_is_answered_with_an_example(text):
    with pytest.raises(BatchError, match="2026-11-01/2026-11-08"):
        parse_period(text)


@given(instants, cadences)
def test_a_written_period_is_read_back(instant, cadence):
    period = period_of(instant, cadence)
    assert parse_period(str(period)) == period


def test_a_period_has_a_short_name():
    period = period_of(utc(2026, 11, 4, 13, 5), Cadence.HOUR)
    assert label(period, Cadence.HOUR) == "2026-11-04 13:00"
    assert label(period_of(period.starts_at, Cadence.WEEK), Cadence.WEEK) == "2026-11-02"
    assert label(period_of(period.starts_at, Cadence.MONTH), Cadence.MONTH) == "2026-11"


def history(path, days):
    lines = [f"2026-01-{day:02d}T{row % 24:02d}:00:00,{row}" for row, day in enumerate(days)]
    path.write_text("when,row\n" + "\n".join(lines) + "\n")
    return open_table(path, name="history.csv")


@given(st.lists(st.integers(1, 28), min_size=1, max_size=60), st.sampled_from([1, 300, 1 << 30]))
@settings(max_examples=40, deadline=None)
def test_a_history_in_any_order_is_split_without_losing_a_row(tmp_path_factory, days, held):
    folder = tmp_path_factory.mktemp("history")
    table = history(folder / "x.csv", days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spilling, "HELD_BYTES", held)
        parts = partition(table, timestamp="when", cadence=Cadence.DAY, folder=folder)
    assert [period.starts_at.day for period, *_ in parts] == sorted(set(days))
    for period, path, rows in parts:
        wanted = [row for row, day in enumerate(days) if day == period.starts_at.day]
        assert read_all(path, name=path.name)["row"].tolist() == wanted
        assert rows == len(wanted)
    assert len(list(folder.iterdir())) == len(parts) + 1


def test_a_spilled_history_keeps_its_order_over_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(spilling, "HELD_BYTES", 1 << 20)
    table = history(tmp_path / "x.csv", [1 + row % 3 for row in range(200_000)])
    parts = partition(table, timestamp="when", cadence=Cadence.DAY, folder=tmp_path)
    rows = [pq.read_table(path)["row"].to_numpy() for _, path, _ in parts]
    assert [len(part) for part in rows] == [66_667, 66_667, 66_666]
    assert all((np.diff(part) == 3).all() for part in rows)


def test_bad_times_are_counted_over_the_whole_file_and_leave_nothing_behind(tmp_path):
    lines = ["2026-01-01,1"] * 100_000
    lines[70_000] = "soon,1"
    lines[90_000] = ",1"
    (tmp_path / "x").write_text("when,x\n" + "\n".join(lines) + "\n")
    folder = tmp_path / "parts"
    folder.mkdir()
    table = open_table(tmp_path / "x", name="x.csv")
    with pytest.raises(BatchError, match=r"2 of 100,000 .* row 70,001, is 'soon'"):
        partition(table, timestamp="when", cadence=Cadence.DAY, folder=folder)
    assert not list(folder.iterdir())


def test_too_many_periods_are_refused(tmp_path):
    hours = pd.date_range("2000-01-01", periods=10_001, freq="h")
    pd.DataFrame({"when": hours, "x": 1}).to_csv(tmp_path / "x", index=False)
    with pytest.raises(BatchError, match="longer cadence"):
        partition(
            open_table(tmp_path / "x", name="x"),
            timestamp="when", cadence=Cadence.HOUR, folder=tmp_path,
        )  # fmt: skip


def test_a_file_without_rows_has_no_periods(tmp_path):
    (tmp_path / "x").write_text("when,x\n")
    table = open_table(tmp_path / "x", name="x")
    assert partition(table, timestamp="when", cadence=Cadence.DAY, folder=tmp_path) == []
