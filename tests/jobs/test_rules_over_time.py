"""Rules that look at earlier batches, and times in which nothing is opened, through the store."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from monitor.alerts.pauses import Pause, PauseKind
from monitor.alerts.rule import Against, Conditions, Rule
from monitor.store import pauses, reads, rules
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import FIRST, GAP_WEEK, history, loans, work_off

WEEK = timedelta(weeks=1)


def set_rule(store: Store, rule: Rule) -> None:
    """Adds the rule, or makes it the next version of the one there is."""
    with store.write() as connection:
        have = rules.of_model(connection, 1)
        mine = [row["id"] for row in have if all(row[k] == rule.to_row()[k] for k in rules.KEY)]
        if mine:
            rules.change(connection, mine[0], rule.to_row(), who="test", now=FIRST)
        else:
            rules.add(connection, 1, [rule.to_row()], who="test", now=FIRST)


def course(store: Store, metric: str) -> list[dict[str, object]]:
    table = reads.measurements(store, "loans", metric=metric, attribute="", batch="all")
    return table.to_dict("records")


def test_each_batch_is_judged_by_the_batches_before_it_in_time(store: Store, give: Give) -> None:
    set_rule(store, Rule("accuracy", low=-0.05, against=Against.PREVIOUS))
    trailing = Conditions(trailing=3)
    set_rule(store, Rule("log_loss", high=2.0, against=Against.TRAILING, conditions=trailing))
    set_rule(store, Rule("precision", low=-0.05, against=Against.WEEKDAY))
    give(loans(week=5), "5.csv")
    give(history(4), "1-4.csv")
    work_off(store)
    accuracy = course(store, "accuracy")
    for before, row in [*pairwise(accuracy), *pairwise(course(store, "precision"))]:
        assert row["limit_low"] == pytest.approx(before["value"] - 0.05)
    assert "Not judged: no batch before this one" in accuracy[0]["reason"]
    losses = course(store, "log_loss")
    assert [row["verdict"] for row in losses[:3]] == ["not enough data"] * 3
    assert all(row["limit_high"] > 0 for row in losses[3:])


def test_a_batch_of_a_planned_downtime_is_judged_and_opens_nothing(
    store: Store, give: Give
) -> None:
    down = Pause(
        "New scoring service",
        PauseKind.DOWNTIME,
        FIRST + (GAP_WEEK - 1) * WEEK,
        FIRST + GAP_WEEK * WEEK,
        model_id=1,
    )
    pauses.add(store, down.to_row(), who="test", now=FIRST)
    give(loans(2000, week=GAP_WEEK), "6.csv")
    work_off(store)
    verdicts = reads.measurements(store, "loans", metric="demographic_parity_ratio")["verdict"]
    assert "failing" in set(verdicts)
    assert reads.incidents(store).empty
    give(loans(2000, week=GAP_WEEK + 1), "7.csv")
    work_off(store)
    assert "demographic_parity_ratio" in set(reads.incidents(store)["metric"])
