"""After how many batches a rule notices, and where damage is begun."""

from __future__ import annotations

from monitor.alerts.backtest import backtest
from monitor.alerts.damage import Damage, Kind, calm, caught
from tests.alerts.test_backtest import ACCURACY, history

WORSE = Damage(Kind.ACCURACY, "Accuracy 3 points lower")


def test_the_first_batch_that_fires_is_counted_and_no_later_one_asked_for():
    past = history([0.9, 0.9, 0.79, 0.7, 0.7])
    asked = []

    def after():
        for one in past[2:]:
            asked.append(one)
            yield one

    found = caught(WORSE, ACCURACY, past[:2], after())
    assert (found.batches, found.tried, found.measurement.value) == (2, 2, 0.7)
    assert found.sentence == "Accuracy 3 points lower from 15 Jun 2026 on: caught in batch 2."
    assert len(asked) == 2


def test_what_is_never_caught_says_over_how_many_batches():
    past = history([0.9, 0.79, 0.79])
    found = caught(WORSE, ACCURACY, past[:1], past[1:])
    assert found.batches is None
    assert found.sentence == (
        "Accuracy 3 points lower from 8 Jun 2026 on: not caught within 2 batches."
    )


def test_without_a_batch_to_damage_nothing_is_said():
    assert caught(WORSE, ACCURACY, history([0.9]), []) is None


def test_damage_begins_in_the_longest_stretch_without_an_open_incident():
    values = [0.7, 0.9, 0.9, 0.9, 0.9, 0.7, 0.9]
    assert calm(backtest(ACCURACY, history(values))) == range(3, 5)
    assert calm(backtest(ACCURACY, history([0.7, 0.7]))) == range(0)
    assert calm(backtest(ACCURACY, history([0.9] * 20))) == range(8, 20)
    assert calm(backtest(ACCURACY, [])) == range(0)
