"""A small group is judged on as many batches as it takes, and never dropped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from monitor.alerts.sides import sides_of
from monitor.alerts.words import sentence
from monitor.measures import fairness
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import tally_outcomes
from monitor.terms import UNKNOWN_GROUP, Task, Verdict
from tests.measures.people import layout_of, people, rows_of

Found = dict[tuple[str, str, str], Measurement]
GAP = ("demographic_parity_difference", "race", "other")
RATE = ("selection_rate", "race", "other")


def history(batches: int, others: int, *, task: Task = Task.BINARY) -> list[pd.DataFrame]:
    """Newest first; each has so many rows of the group "other"."""
    frames = []
    for seed in range(batches):
        frame = people(900, task=task, seed=seed)
        small = frame.index[frame["race"] == "other"]
        frames.append(frame.drop(small[others:]))
    return frames


def after(frames: list[pd.DataFrame], task: Task = Task.BINARY, **more: object) -> Found:
    """What the newest says with the others before it."""
    layout: Layout = layout_of(rows_of(frames[0]), task)
    read: list[int] = []

    def earlier() -> Iterator[Outcomes]:
        for place, frame in enumerate(frames[1:]):
            read.append(place)
            yield tally_outcomes(rows_of(frame), layout)

    now = tally_outcomes(rows_of(frames[0]), layout)
    found = fairness.measure(now, layout, None, earlier=earlier, **more)  # type: ignore[arg-type]
    after.read = read  # type: ignore[attr-defined]
    return {(m.metric, m.attribute, m.group): m for m in found if not m.feature}


def test_a_small_group_gets_its_rate_from_as_many_batches_as_it_takes():
    frames = history(8, 40)
    found = after(frames)
    rate = found[RATE]
    assert (rate.window, rate.n, rate.verdict) == ("last 3 batches", 120, None)
    own = pd.concat(frames[:3])
    own = own[own["race"] == "other"]
    assert rate.value == pytest.approx((own["predicted"] == "yes").mean(), abs=1e-12)


def test_both_groups_of_a_gap_are_taken_from_the_same_batches():
    frames = history(8, 40)
    gap = after(frames)[GAP]
    whole = pd.concat(frames[:3])
    rates = (whole["predicted"] == "yes").groupby(whole["race"]).mean()
    assert gap.window == "last 3 batches"
    assert gap.value == pytest.approx(rates["other"] - rates["white"], abs=1e-12)
    assert gap.n == whole["race"].isin(["other", "white"]).sum()
    assert gap.p is not None


def test_words_say_which_batches_a_gap_is_from_and_how_many_rows():
    found = after(history(8, 40))
    m = found[GAP]
    assert sides_of(m, found.values()) == ()
    assert f", {m.n:,} rows, last 3 batches)" in sentence(m)


def test_large_groups_stay_with_the_batch():
    found = after(history(8, 40))
    assert found["selection_rate", "race", "black"].window == ""
    assert found["demographic_parity_difference", "sex", "female"].window == ""


def test_what_never_is_enough_is_told_since_deployment_and_not_judged():
    gap = after(history(3, 12))[GAP]
    assert gap.window == "since deployment, 3 batches"
    assert gap.value is not None
    assert gap.verdict is Verdict.NOT_ENOUGH_DATA
    assert gap.reason == "other: Only 36 rows; 100 are needed."


def test_the_first_batch_has_nobody_to_look_back_to():
    gap = after(history(1, 12))[GAP]
    assert (gap.window, gap.verdict) == ("", Verdict.NOT_ENOUGH_DATA)


def test_nothing_earlier_is_read_where_all_groups_have_enough():
    frame = people(4000)
    frame = frame[frame["race"] != "other"]
    after([frame, frame])
    assert after.read == []  # type: ignore[attr-defined]


def test_while_no_labels_have_come_earlier_ones_do_not_stand_in():
    frames = history(5, 40)
    frames[0]["actual"] = None
    found = after(frames)
    gap = found["equal_opportunity_difference", "race", "other"]
    assert (gap.value, gap.window) == (None, "")
    assert found[GAP].window == "last 3 batches"


def test_a_group_without_a_row_in_the_batch_is_measured_on_earlier_ones():
    frames = history(4, 60)
    frames[0] = frames[0][frames[0]["race"] != "other"]
    found = after(frames, expected={"race": ["black", "other", "white"]})
    assert found[RATE].window == "last 3 batches"
    assert found[GAP].value is not None
    alone = after(frames[:1], expected={"race": ["black", "other", "white"]})
    assert (alone[GAP].value, alone[GAP].verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert alone[GAP].reason == "other: The group has no rows here."


def test_a_column_that_is_all_missing_has_verdicts_and_a_reason():
    frame = people(900).assign(race=UNKNOWN_GROUP)
    found = after([frame])
    whole = found["demographic_parity_difference", "race", ""]
    assert (whole.value, whole.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert whole.reason == "No row has a value of race."
    known = after([frame], expected={"race": ["black", "white"]})
    gap = known["demographic_parity_difference", "race", "black"]
    assert (gap.value, gap.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert gap.reason


def test_means_of_numbers_look_back_as_well():
    frames = history(8, 40, task=Task.REGRESSION)
    m = after(frames, Task.REGRESSION)["mean_absolute_error_ratio", "race", "other"]
    whole = pd.concat(frames[:3])
    errors = (whole["actual"] - whole["predicted"]).abs().groupby(whole["race"]).mean()
    assert m.window == "last 3 batches"
    assert m.value == pytest.approx(errors["other"] / errors["white"], abs=1e-9)


def test_a_long_history_is_not_read_to_its_end():
    frames = history(2, 1)
    layout = layout_of(rows_of(frames[0]))
    now, old = (tally_outcomes(rows_of(frame), layout) for frame in frames)
    read = []

    def endless() -> Iterator[Outcomes]:
        while True:
            read.append(1)
            yield old

    found = fairness.measure(now, layout, None, earlier=endless)
    gap = next(m for m in found if (m.metric, m.attribute, m.group) == GAP)
    assert gap.window == "last 101 batches"
    assert len(read) == 100
    assert np.isfinite(gap.value or np.nan)
