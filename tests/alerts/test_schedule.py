from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.judging import judge
from monitor.alerts.rule import Rule
from monitor.alerts.schedule import Failed, failed_jobs, labels_overdue, overdue
from monitor.alerts.words import sentence
from monitor.terms import Cadence, Verdict

END = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)


def missing(cadence: Cadence, after: timedelta, grace: timedelta = timedelta()) -> float | None:
    return overdue(cadence, END, END + after, grace).value


@pytest.mark.parametrize(
    ("cadence", "step"),
    [(Cadence.HOUR, DAY / 24), (Cadence.DAY, DAY), (Cadence.WEEK, 7 * DAY)],
)
def test_a_period_counts_once_it_is_over(cadence, step):
    second = timedelta(seconds=1)
    assert missing(cadence, step - second) == 0
    assert missing(cadence, step) == 1
    assert missing(cadence, 3 * step - second) == 2


def test_months_are_as_long_as_the_calendar_says():
    assert missing(Cadence.MONTH, 27 * DAY) == 0
    assert missing(Cadence.MONTH, 28 * DAY) == 1  # the last of February
    assert missing(Cadence.MONTH, 59 * DAY) == 2  # and of March
    assert missing(Cadence.MONTH, 365 * DAY) == 12


def test_grace_puts_it_off():
    assert missing(Cadence.DAY, 1.5 * DAY, grace=DAY) == 0
    assert missing(Cadence.DAY, 2 * DAY, grace=DAY) == 1


def test_a_period_in_the_future_is_not_overdue():
    assert missing(Cadence.DAY, -30 * DAY) == 0
    assert missing(Cadence.MONTH, -30 * DAY) == 0


def test_before_the_first_batch_nothing_is_due():
    measured = overdue(Cadence.DAY, None, END, timedelta())
    assert measured.value is None
    (judged,) = judge([Rule("batch_overdue", high=0.0)], [measured])
    assert judged.measurement.verdict is Verdict.NOT_ENOUGH_DATA


def test_one_missing_period_breaks_the_default_rule_and_an_arrival_mends_it():
    rule = Rule("batch_overdue", high=0.0)
    late, fresh = (overdue(Cadence.DAY, END, END + n * DAY, timedelta()) for n in (1, 0))
    verdicts = [judged.measurement.verdict for judged in judge([rule], [late, fresh])]
    assert verdicts == [Verdict.FAILING, Verdict.HEALTHY]


def test_labels_are_overdue_back_to_the_newest_batch_that_has_some():
    due = [("week-5", 0), ("week-4", 0), ("week-3", 12), ("week-2", 0)]
    measured = labels_overdue(due, joining=False)
    assert (measured.value, measured.reason) == (2, "week-4 to week-5")
    assert labels_overdue(due[2:], joining=False).value == 0
    assert labels_overdue([], joining=False).value == 0
    assert labels_overdue(due, joining=True).value is None


def test_periods_of_a_downtime_are_not_missing():
    def down(starts_at: datetime) -> bool:
        return starts_at == END + DAY

    measured = overdue(Cadence.DAY, END, END + 3 * DAY, timedelta(), down=down)
    assert measured.value == 2


def test_of_several_failed_jobs_the_newest_is_named():
    failed = [Failed("score", "week-2", "It fell over."), Failed("labels", "week-1", "No ids.")]
    words = [sentence(failed_jobs(failed[:count])) for count in (0, 1, 2)]
    assert words == [
        "Failed jobs: none is left.",
        "Failed jobs: 1 (score of week-2: It fell over).",
        "Failed jobs: 2 (the newest: score of week-2: It fell over).",
    ]
