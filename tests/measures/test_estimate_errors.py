"""A regression's errors foreseen: laws of noise, groups, gates, and what labels add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_limits

from monitor.measures import apart, domain
from monitor.measures.catalogue import METRICS
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.unlabelled import errors, prices
from monitor.measures.verdict import judge
from monitor.terms import Task, Verdict

MAE, RMSE = "estimated_mean_absolute_error", "estimated_root_mean_squared_error"
BEYOND = "realised_minus_estimated_mean_absolute_error"
GAP, RATIO = f"{MAE}_difference", f"{MAE}_ratio"
Found = dict[tuple[str, str], Measurement]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the worker: on small data threads wait for each other more than they work."""
    with threadpool_limits(1):
        yield


@dataclass(frozen=True)
class Claims:
    """Noise of 1, times e to the ``growth`` × age, and 1.5 of that for women; ages lie about
    ``moved``, and truth is ``off`` further away.
    """

    growth: float = 0.0
    moved: float = 0.0
    off: float = 1.0
    women: float = 0.4

    def rows(self, n: int, seed: int) -> Rows:
        random = np.random.default_rng(seed)
        age = random.normal(self.moved, 1, n)
        kind = random.choice(["a", "b"], n)
        sex = np.where(random.random(n) < self.women, "f", "m").astype(object)
        spread = np.exp(self.growth * age) * np.where(sex == "f", 1.5, 1.0) * self.off
        predicted = 3 * age + (kind == "b")
        actual = predicted + random.normal(0, 1, n) * spread
        columns = {"age": age, "kind": pa.array(kind.tolist())}
        return Rows(columns, {"sex": sex}, predicted, actual, None, None, n)


def layout_of(reference: Rows) -> Layout:
    return build_layout(
        reference,
        task=Task.REGRESSION,
        attributes=("sex",),
        reference_groups={"sex": "m"},
    )


def measure(batch: Rows, reference: Rows) -> Found:
    found = apart.measure(batch, reference, layout_of(reference))
    assert len({m.key for m in found}) == len(found)
    return {(m.metric, m.group): m for m in found if m.metric != "domain_classifier_auc"}


def off(rows: Rows) -> np.ndarray:
    return np.abs(rows.actual - rows.predicted)


STEADY, GROWING = Claims().rows(3_000, 0), Claims(growth=0.5).rows(3_000, 0)


def test_without_a_shift_the_reference_says_how_far_off_predictions_will_be():
    batch = replace(Claims().rows(1_500, 1), actual=None)
    found = measure(batch, STEADY)
    truth = off(STEADY)
    assert found[MAE, ""].low < truth.mean() < found[MAE, ""].high
    assert found[RMSE, ""].low < np.sqrt((truth**2).mean()) < found[RMSE, ""].high
    assert found[MAE, ""].value == pytest.approx(truth.mean(), rel=0.03)
    assert found[MAE, ""].reference == pytest.approx(truth.mean())
    assert found[RMSE, ""].reference == pytest.approx(np.sqrt((truth**2).mean()))
    assert found[MAE, ""].n == 1_500


def test_the_estimate_follows_a_shift_to_where_errors_are_larger():
    batch = Claims(growth=0.5, moved=0.7).rows(2_000, 2)
    found = measure(batch, GROWING)
    assert off(batch).mean() > 1.2 * off(GROWING).mean()
    assert found[MAE, ""].low < off(batch).mean() < found[MAE, ""].high
    surprise = found[BEYOND, ""]
    assert surprise.low < 0 < surprise.high
    assert surprise.p > 0.05


def test_a_changed_relation_is_not_foreseen_and_labels_say_how_much_it_is():
    batch = Claims(off=1.4).rows(2_000, 3)
    found = measure(batch, STEADY)
    assert found[MAE, ""].high < off(batch).mean()
    surprise = found[BEYOND, ""]
    assert surprise.value == pytest.approx(off(batch).mean() - found[MAE, ""].value, abs=0.01)
    assert surprise.low < 0.4 * off(STEADY).mean() < surprise.high
    judged = judge(surprise, low=None, high=0.1, parity=METRICS[BEYOND].neutral)
    assert judged.verdict is Verdict.FAILING


def test_labels_change_no_estimate():
    batch = Claims().rows(800, 4)
    with_labels, without = (measure(one, STEADY) for one in (batch, replace(batch, actual=None)))
    assert (BEYOND, "") not in without
    assert {key: m for key, m in with_labels.items() if key != (BEYOND, "")} == without


def test_groups_have_their_own_errors_though_no_column_tells_them_apart():
    batch = replace(Claims().rows(2_000, 5), actual=None)
    found = measure(batch, STEADY)
    women, men = found[MAE, "f"], found[MAE, "m"]
    assert women.low < 1.5 * np.sqrt(2 / np.pi) < women.high
    assert found[GAP, "f"].value == pytest.approx(women.value - men.value)
    assert found[RATIO, "f"].value == pytest.approx(women.value / men.value)
    assert found[RATIO, "f"].low < 1.5 < found[RATIO, "f"].high
    assert found[RATIO, "f"].p < 0.001
    before = {sex: off(STEADY)[STEADY.groups["sex"] == sex].mean() for sex in "fm"}
    assert found[RATIO, "f"].reference == pytest.approx(before["f"] / before["m"])
    assert found[GAP, "f"].reference == pytest.approx(before["f"] - before["m"])
    assert (GAP, "m") not in found


def test_a_small_group_is_shown_and_not_judged_and_a_tiny_one_hidden():
    batch = Claims().rows(600, 6)
    sex = np.array(["x"] * 5 + ["f"] * 50 + ["m"] * 545, dtype=object)
    found = measure(replace(batch, groups={"sex": sex}), STEADY)
    assert (found[MAE, "x"].value, found[RATIO, "x"].value) == (None, None)
    assert found[MAE, "x"].reason.startswith("Only 5 rows")
    assert found[RATIO, "f"].value is not None
    assert found[RATIO, "f"].verdict is Verdict.NOT_ENOUGH_DATA
    assert found[MAE, "m"].verdict is None


def test_a_group_the_reference_hardly_has_takes_everybodys_errors_and_says_so():
    reference = Claims(women=0.01).rows(3_000, 7)
    found = measure(Claims().rows(1_000, 8), reference)
    for metric in (MAE, GAP, RATIO):
        assert found[metric, "f"].verdict is Verdict.NOT_ENOUGH_DATA
        assert "its errors are taken to be those of everybody" in found[metric, "f"].reason
    assert found[MAE, "f"].value == pytest.approx(found[MAE, ""].value, rel=0.1)


def test_rows_beyond_the_reference_make_estimates_not_reliable():
    far = measure(Claims(moved=5.0).rows(1_000, 9), STEADY)
    assert all(m.reason.startswith("Not reliable: ") for m in far.values())
    assert {m.verdict for m in far.values()} == {Verdict.NOT_ENOUGH_DATA}
    near, away = Claims().rows(750, 10), Claims(moved=12.0).rows(250, 11)
    mixed = Rows(
        {
            name: np.concatenate([near.columns[name], away.columns[name]])
            if name == "age"
            else pa.chunked_array([near.columns[name], away.columns[name]]).combine_chunks()
            for name in near.columns
        },
        {"sex": np.concatenate([near.groups["sex"], away.groups["sex"]])},
        np.concatenate([near.predicted, away.predicted]),
        None, None, None, 1_000,
    )  # fmt: skip
    found = measure(mixed, STEADY)[MAE, ""]
    assert found.reason.startswith("Not reliable: 2")
    assert "such as the reference hardly ever had" in found.reason


@pytest.mark.parametrize(
    ("batch", "reference", "words"),
    [
        (Claims().rows(99, 12), STEADY, "Only 99 rows"),
        (Claims().rows(200, 12), replace(STEADY, actual=None), "there are none"),
        (Claims().rows(200, 12), Claims().rows(150, 13), "there are 150"),
        (replace(Claims().rows(200, 12), predicted=np.full(200, np.nan)), STEADY, "a prediction"),
    ],
)
def test_where_nothing_can_be_estimated_one_number_says_why(batch, reference, words):
    found = measure(batch, reference)
    assert list(found) == [(MAE, "")]
    assert found[MAE, ""].value is None
    assert words in found[MAE, ""].reason


def test_missing_and_unseen_values_are_values_like_others():
    batch = Claims().rows(600, 14)
    age = batch.columns["age"].copy()
    age[:60], age[60:65] = np.nan, np.inf
    kind = pa.array(["new"] * 30 + [None] * 30 + batch.columns["kind"].to_pylist()[60:])
    odd = replace(batch, columns={"age": age, "kind": kind}, actual=None)
    found = measure(odd, STEADY)
    assert found[MAE, ""].value == pytest.approx(off(STEADY).mean(), rel=0.05)


def test_a_weight_of_two_is_a_row_twice():
    batch = replace(Claims(growth=0.5).rows(400, 15), actual=None)
    reference = GROWING
    layout, twice = layout_of(reference), np.repeat(np.arange(400), 2)
    told = domain.compare(batch, reference, layout)
    doubled = replace(
        batch,
        columns={
            "age": batch.columns["age"][twice],
            "kind": batch.columns["kind"].take(pa.array(twice)),
        },
        groups={"sex": batch.groups["sex"][twice]},
        predicted=batch.predicted[twice],
        n=800,
    )
    weighted = replace(batch, weight=np.full(400, 2.0))
    once, again = (errors.measure(one, reference, layout, told)[0] for one in (weighted, doubled))
    assert once.value == pytest.approx(again.value)
    assert once.high - once.low > again.high - again.low


def test_a_model_that_is_never_wrong_is_expected_to_stay_so():
    perfect = [replace(rows, actual=rows.predicted) for rows in (Claims().rows(300, 16), STEADY)]
    found = measure(*perfect)
    assert (found[MAE, ""].value, found[MAE, ""].low, found[MAE, ""].high) == (0.0, 0.0, 0.0)
    assert found[BEYOND, ""].value == 0.0
    assert found[RATIO, "f"].value is None


def test_the_reference_is_learned_from_once(monkeypatch):
    reference, layout = GROWING, layout_of(GROWING)
    known = prices.Priced.of(reference, layout)
    copied = prices.Priced.of(replace(reference, actual=reference.actual.copy()), layout)
    assert prices.learn(known) is prices.learn(copied)
    other = replace(reference, actual=reference.actual + 1.0)
    assert prices.learn(prices.Priced.of(other, layout)) is not prices.learn(known)


def test_what_labels_say_is_inside_the_interval():
    """Of eight batches, every other one shifted."""
    held = []
    for seed in range(8):
        reference = Claims(growth=0.4).rows(1_500, 100 + seed)
        batch = Claims(growth=0.4, moved=0.4 * (seed % 2)).rows(300, 200 + seed)
        found, women = measure(batch, reference), batch.groups["sex"] == "f"
        for metric, group, truth in (
            (MAE, "", off(batch).mean()),
            (RMSE, "", np.sqrt((off(batch) ** 2).mean())),
            (MAE, "f", off(batch)[women].mean()),
            (RATIO, "f", off(batch)[women].mean() / off(batch)[~women].mean()),
        ):
            held.append(found[metric, group].low < truth < found[metric, group].high)
    assert np.mean(held) >= 0.9


def test_rows_that_all_weigh_one_are_foreseen_as_if_each_weight_had_been_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untold = prices.learn(prices.Priced.of(STEADY, layout_of(STEADY)))
    prices._learned_once.cache_clear()
    monkeypatch.setattr(prices.row_values, "where_they_differ", lambda weight: weight)
    told = prices.learn(prices.Priced.of(STEADY, layout_of(STEADY)))
    assert np.array_equal(untold.left_out, told.left_out)
