"""What could be done about incidents of real batches."""

from __future__ import annotations

import re
from datetime import timedelta

import pandas as pd
import pytest

from monitor.alerts.remedies import Remedy
from monitor.errors import NotFound
from monitor.jobs import acting
from monitor.jobs.deciding import decision
from monitor.jobs.due import watch
from monitor.store import reads
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, GAP_WEEK, history, labels_of, loans, work_off

WEEK = timedelta(weeks=1)
END = FIRST + timedelta(weeks=GAP_WEEK)


def reasons(store: Store, incident: int, *, days: int = 1) -> dict[Remedy, str]:
    found = decision(store, incident, now=END + timedelta(days=days))
    return {option.remedy: option.reason for option in found.options}


def about(store: Store, metric: str, feature: str = "") -> int:
    table = reads.incidents(store, state="open")
    mine = table[(table["metric"] == metric) & (table["feature"] == feature)]
    return int(mine["id"].iloc[0])


def test_a_gap_with_all_its_labels_is_told_with_its_course_and_rows(store: Store, give: Give):
    give(history(GAP_WEEK, rows=1500))
    work_off(store)
    gap = about(store, "demographic_parity_difference")
    found = decision(store, gap, now=END)
    assert found.failed.startswith("Selection rate difference, female against the reference group")
    assert "broke in one batch" in found.cause
    said = reasons(store, gap)
    assert said[Remedy.WAIT] == "The number is not made of labels."
    assert said[Remedy.ROLL_BACK] == "There is no other version."
    assert said[Remedy.LIMIT] == "Broken in 1 of the newest 6 batches."
    assert said[Remedy.THRESHOLD].startswith("None of 0.3, 0.35, 0.4, 0.45, 0.55, 0.6, 0.65, 0.7")
    odds = reasons(store, about(store, "equalized_odds_difference"))
    assert odds[Remedy.WAIT] == "All 1,500 labels are there."


def test_a_threshold_that_would_have_closed_the_gap_is_told(store: Store, give: Give):
    """Women with chances just above one half come to lie just below it."""
    frame = history(GAP_WEEK, rows=1500)
    women = (frame["applied_at"] >= pd.Timestamp(END) - WEEK) & (frame["sex"] == "female")
    frame.loc[women, "chance"] *= 2  # as before the gap of that week
    just = women & frame["chance"].between(0.5, 0.65)
    frame.loc[just, "chance"] -= 0.15
    frame["chance"] = frame["chance"].clip(0, 1)
    frame["answer"] = (frame["chance"] >= 0.5).astype(int)
    give(frame)
    work_off(store)
    found = decision(store, about(store, "demographic_parity_ratio"), now=END)
    (option,) = [one for one in found.options if one.remedy is Remedy.THRESHOLD]
    assert option.title in {f"Change the decision threshold to {t}" for t in (0.4, 0.45)}
    assert re.match(
        r"At 0.4\d? instead of 0.5 it would have been 0.[89]\d on the same batch \([\d,]+ rows\); "
        r"predicted positive \d\d.\d % instead of \d\d.\d %.",
        option.reason,
    ), option.reason


def test_of_partly_labelled_batches_the_labels_are_counted(
    store: Store, give: Give, give_labels: Give
):
    frame = history(GAP_WEEK, rows=1500)
    give(frame.drop(columns="repaid"))
    work_off(store)
    give_labels(labels_of(frame.groupby(frame["applied_at"].dt.isocalendar().week).head(1000)))
    work_off(store)
    said = reasons(store, about(store, "equalized_odds_difference"))
    assert said[Remedy.WAIT].startswith("1,000 of 1,500 labels are there")


def test_a_broken_column_is_found_behind_what_the_same_batch_broke(store: Store, give: Give):
    give(history(3, rows=1500), "before.csv")
    holes = loans(1500, week=4)
    holes.loc[holes.index % 3 == 0, "income"] = None
    give(pd.DataFrame(holes), "holes.csv")
    work_off(store)
    found = decision(store, about(store, "missing_rate", "income"), now=END)
    (best,) = [option for option in found.options if option.recommended]
    assert best.remedy is Remedy.PIPELINE
    assert best.reason.startswith("Missing values in income 33.3 % (limit")
    give(loans(1500, week=5), "whole.csv")  # and mended
    work_off(store)
    others = reads.incidents(store, state="open").query("opened_batch_id.notna()")
    for incident in others["id"]:
        cause = decision(store, int(incident), now=END).cause
        assert "Missing values in income 33.3 % (limit" in cause


def test_earlier_incidents_about_the_same_are_counted(store: Store, give: Give):
    give(loans(week=1), "1.csv")
    work_off(store)
    watch(store, now=END)
    first = about(store, "batch_overdue")
    acting.resolve(store, first, who="Ann", now=END)
    watch(store, now=END + timedelta(days=60))
    again = about(store, "batch_overdue")
    assert again != first
    assert reasons(store, again)[Remedy.NOTHING].startswith("1 of 1 earlier incident ended")


def test_of_an_incident_that_is_not_there_it_says_so(store: Store):
    with pytest.raises(NotFound):
        decision(store, 99, now=END)


def test_what_is_over_already_still_counts_among_what_broke(store: Store, give: Give):
    give(history(GAP_WEEK, rows=1500))
    work_off(store)
    gap = about(store, "demographic_parity_difference")
    before = decision(store, gap, now=END).cause
    acting.resolve(store, about(store, "demographic_parity_ratio"), who="Ada", now=END)
    assert decision(store, gap, now=END).cause == before
