from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.pauses import (
    Pause,
    PauseKind,
    Repeats,
    covering,
    is_down,
    pause_objections,
    quiet_until,
)
from monitor.terms import Severity

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: str, clock: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(
        UTC
    )


NIGHT = Pause(
    "Nights",
    PauseKind.QUIET,
    at("2026-01-05", "22:00"),
    at("2026-01-06", "07:00"),
    Repeats.DAILY,
    zone="Europe/Berlin",
)
WEEKEND = Pause(
    "Weekends",
    PauseKind.WARNINGS,
    at("2026-01-10", "00:00"),
    at("2026-01-12", "00:00"),
    Repeats.WEEKLY,
    zone="Europe/Berlin",
)


@pytest.mark.parametrize(
    "day", ["2026-01-15", "2026-03-28", "2026-03-29", "2026-10-25", "2026-07-01"]
)
def test_a_night_begins_and_ends_on_the_clock_whatever_the_clock_does(day):
    morning = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    ends = at(morning, "07:00")
    assert covering([NIGHT], at(day, "21:59")) is None
    assert covering([NIGHT], at(day, "22:00")) == ends
    assert covering([NIGHT], at(morning, "06:59")) == ends
    assert covering([NIGHT], ends) is None


def test_nothing_is_paused_before_the_first_time_or_after_until():
    assert covering([NIGHT], at("2026-01-04", "23:00")) is None
    over = replace(NIGHT, until=at("2026-02-01", "00:00"))
    assert covering([over], at("2026-02-01", "01:00")) == at("2026-02-01", "07:00")
    assert covering([over], at("2026-02-01", "23:00")) is None


def test_a_pause_that_never_repeats_is_just_that():
    once = replace(NIGHT, repeats=Repeats.NEVER)
    assert covering([once], once.starts_at) == once.ends_at
    assert covering([once], once.starts_at + timedelta(days=1)) is None


def test_weekdays_leave_the_weekend_alone():
    work = replace(NIGHT, repeats=Repeats.WEEKDAYS)
    covered = [covering([work], at(f"2026-01-{day}", "23:00")) is not None for day in range(12, 19)]
    assert covered == [True] * 5 + [False] * 2


def test_a_monthly_pause_falls_on_the_last_day_of_a_shorter_month():
    ends = replace(
        NIGHT,
        starts_at=at("2026-01-31", "08:00"),
        ends_at=at("2026-01-31", "12:00"),
        repeats=Repeats.MONTHLY,
    )
    for day in ("2026-02-28", "2026-03-31", "2026-04-30"):
        assert covering([ends], at(day, "09:00")) == at(day, "12:00")
    assert covering([ends], at("2026-03-28", "09:00")) is None


def test_pauses_that_meet_are_one_long_pause():
    friday = at("2026-01-09", "23:00")
    nights = replace(NIGHT, ends_at=at("2026-01-06", "00:00"))
    assert covering([nights, WEEKEND], friday) == at("2026-01-12", "00:00")
    always = [
        replace(NIGHT, ends_at=at("2026-01-06", "10:00")),
        replace(NIGHT, starts_at=at("2026-01-05", "09:00"), ends_at=at("2026-01-05", "23:00")),
    ]
    assert covering(always, friday) > friday + timedelta(days=365)


def test_critical_messages_pass_where_only_warnings_wait():
    saturday = at("2026-01-10", "12:00")
    asked = {"model_id": 1, "rule_id": 2}
    monday = at("2026-01-12", "00:00")
    assert quiet_until([WEEKEND], saturday, **asked, severity=Severity.WARNING) == monday
    assert quiet_until([WEEKEND], saturday, **asked, severity=Severity.CRITICAL) is None
    quiet = replace(WEEKEND, kind=PauseKind.QUIET)
    assert quiet_until([quiet], saturday, **asked, severity=Severity.CRITICAL) == monday
    assert not is_down([quiet], saturday, **asked)


def test_a_pause_is_of_its_model_and_rule():
    saturday = at("2026-01-10", "12:00")
    down = replace(WEEKEND, kind=PauseKind.DOWNTIME, model_id=1, rule_id=2)
    assert is_down([down], saturday, model_id=1, rule_id=2)
    assert not is_down([down], saturday, model_id=1, rule_id=3)
    assert not is_down([down], saturday, model_id=2, rule_id=2)
    assert is_down([replace(down, rule_id=None, model_id=None)], saturday, model_id=2, rule_id=9)


@given(
    st.sampled_from([Repeats.DAILY, Repeats.WEEKDAYS, Repeats.WEEKLY, Repeats.MONTHLY]),
    st.integers(0, 28 * 24 * 60 - 1),
    st.integers(1, 27 * 24 * 60),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_covering_finds_what_stepping_through_every_repetition_finds(
    repeats, minute, lasts, instant, zone
):
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    pause = Pause("p", PauseKind.QUIET, start, start + timedelta(minutes=lasts), repeats, zone=zone)
    if pause_objections(pause):
        return
    found = covering([pause], instant)
    assert found == _stepped(pause, instant)


def _stepped(pause: Pause, instant: datetime) -> datetime | None:
    zone = ZoneInfo(pause.zone)
    local = pause.starts_at.astimezone(zone).replace(tzinfo=None)
    lasts = pause.ends_at.astimezone(zone).replace(tzinfo=None) - local
    day, found, wanted = local.date(), None, local.day
    while day < date(2028, 3, 1):
        tomorrow = day + timedelta(days=1)
        last_of_month = tomorrow.month != day.month
        on = {
            Repeats.DAILY: True,
            Repeats.WEEKDAYS: day.strftime("%a") not in ("Sat", "Sun"),
            Repeats.WEEKLY: day.strftime("%a") == local.strftime("%a"),
            Repeats.MONTHLY: day.day == wanted or (last_of_month and day.day < wanted),
        }[pause.repeats]
        begins = datetime.combine(day, local.time())
        ends = (begins + lasts).replace(tzinfo=zone).astimezone(UTC)
        begins = begins.replace(tzinfo=zone).astimezone(UTC)
        if on and begins <= (found or instant) < ends:
            found = ends
        day = tomorrow
    return found


def test_what_is_wrong_with_a_pause_is_said():
    assert pause_objections(NIGHT) == []
    wrong = replace(
        NIGHT,
        name=" ",
        ends_at=NIGHT.starts_at,
        until=at("2025-01-01", "00:00"),
        zone="Europe/Berlim",
    )
    said = " ".join(pause_objections(wrong))
    for part in ("needs a name", "ends before it begins", "is over before", "is Europe/Berlin"):
        assert part in said
    (said,) = pause_objections(replace(NIGHT, ends_at=NIGHT.starts_at + timedelta(days=1)))
    assert "the next time begins before it ends" in said


def test_a_pause_survives_its_row():
    assert Pause.from_row(NIGHT.to_row()) == NIGHT
