"""Intersections and strata are counted like any other group."""

from __future__ import annotations

import json

import fairlearn.metrics as fl
import numpy as np
import pytest
from sklearn import metrics as sk

from monitor.measures import packing
from monitor.measures.layout import Layout
from monitor.measures.pairs import Joint, Pair, choose_pairs
from monitor.measures.tally import Outcomes, tally_outcomes
from monitor.terms import UNKNOWN_GROUP, Task, Verdict
from tests.measures.people import layout_of, measured, people, rows_of, value

BOTH = "sex × race"


def test_every_two_features_cross_and_every_feature_is_looked_at_within_every_segment():
    layout = layout_of(rows_of(people()))
    assert [pair.attribute for pair in layout.pairs] == [
        BOTH, "sex | department", "race | department",
    ]  # fmt: skip


def test_a_layout_stored_without_pairs_has_none():
    layout = layout_of(rows_of(people()))
    document = json.loads(json.dumps(layout.to_json()))
    assert Layout.from_json(document) == layout
    del document["pairs"]
    old = Layout.from_json(document)
    assert old.pairs == ()
    assert not [k for k in tally_outcomes(rows_of(people()), old).cells.counts if "×" in k.group]


def test_ten_pairs_of_a_kind_and_a_hundred_groups_of_a_pair_are_the_most():
    random = np.random.default_rng(0)
    names = tuple("abcdefg")
    groups = {name: random.choice(["x", "y"], 50).astype(object) for name in names}
    assert len(choose_pairs(groups, names, ())) == 10
    many = {"a": np.arange(200).astype(str).astype(object), "b": groups["b"].repeat(4)}
    assert choose_pairs(many, ("a", "b"), ()) == ()


def test_a_name_that_is_taken_is_not_taken_twice():
    groups = {name: np.array(["x"], dtype=object) for name in ("a", "b", "a × b")}
    names = [p.attribute for p in choose_pairs(groups, ("a", "b"), ("a × b",))]
    assert names == ["a | a × b", "b | a × b"]


def test_who_lacks_either_feature_is_unknown():
    pair = Pair("sex", "race", Joint.CROSSED)
    assert pair.group("female", UNKNOWN_GROUP) == UNKNOWN_GROUP
    frame = people()
    frame.loc[::7, "race"] = UNKNOWN_GROUP
    found = measured(frame)
    unknown = found["selection_rate", BOTH, UNKNOWN_GROUP, ""]
    assert unknown.n == (frame["race"] == UNKNOWN_GROUP).sum()
    assert not [k for k in found if k[1] == BOTH and k[0].endswith("difference") and "(" in k[2]]


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_of_intersections_are_fairlearns_on_raw_rows(weighted: bool):
    frame = people()
    found = measured(frame, weighted=weighted)
    rates = {
        "selection_rate": fl.selection_rate,
        "true_positive_rate": fl.true_positive_rate,
        "false_positive_rate": fl.false_positive_rate,
        "accuracy": sk.accuracy_score,
    }
    weights = {name: {"sample_weight": frame["weight"]} for name in rates}
    oracle = fl.MetricFrame(
        metrics=rates,
        y_true=(frame["actual"] == "yes").astype(int),
        y_pred=(frame["predicted"] == "yes").astype(int),
        sensitive_features=frame[["sex", "race"]],
        sample_params=weights if weighted else None,
    )
    for (sex, race), row in oracle.by_group.iterrows():
        for name in rates:
            assert value(found, name, BOTH, f"{sex} × {race}") == pytest.approx(
                row[name], abs=1e-12
            )
    gap = value(found, "demographic_parity_difference", BOTH, "female × black")
    rate = oracle.by_group["selection_rate"]
    assert gap == pytest.approx(rate["female", "black"] - rate["male", "white"], abs=1e-12)


def test_intersections_are_explored_with_benjamini_and_hochberg():
    gap = measured(people())["demographic_parity_difference", BOTH, "female × black", ""]
    assert "Benjamini-Hochberg" in gap.method
    assert gap.family == 3 * 5
    assert "Holm" in measured(people())["demographic_parity_difference", "sex", "female", ""].method


def test_a_shortfall_is_size_times_gap():
    frame = people()
    found = measured(frame)
    group = "female × black"
    gap = found["demographic_parity_difference", BOTH, group, ""]
    short = found["selection_shortfall", BOTH, group, ""]
    rows = ((frame["sex"] == "female") & (frame["race"] == "black")).sum()
    assert short.value == pytest.approx(-rows * gap.value)
    assert short.low == pytest.approx(-rows * gap.high)
    assert short.low < short.value < short.high


def test_a_small_intersection_is_shown_and_not_judged():
    frame = people()
    small = frame[(frame["sex"] == "female") & (frame["race"] == "other")].index[12:]
    found = measured(frame.drop(small))
    assert found["selection_rate", BOTH, "female × other", ""].value is not None
    gap = found["demographic_parity_difference", BOTH, "female × other", ""]
    assert (gap.verdict, gap.p) == (Verdict.NOT_ENOUGH_DATA, None)
    assert "Only 12 rows" in gap.reason


def test_groups_predictions_survive_bytes():
    rows = rows_of(people(task=Task.REGRESSION))
    layout = layout_of(rows, Task.REGRESSION)
    counted = tally_outcomes(rows, layout)
    again = Outcomes.from_bytes(counted.to_bytes(), layout)
    assert again.sums is not None
    assert {key.group for key in again.sums.predictions} == {
        "female", "male", "black", "white", "other",
    }  # fmt: skip
    assert sum(one.weights.sum() for one in again.sums.predictions.values()) == 2 * rows.n


def test_tallies_packed_otherwise_are_refused_by_name(monkeypatch: pytest.MonkeyPatch):
    rows = rows_of(people())
    layout = layout_of(rows)
    monkeypatch.setattr(packing, "VERSION", 1)
    stored = tally_outcomes(rows, layout).to_bytes()
    monkeypatch.undo()
    with pytest.raises(ValueError, match="Expected outcomes of version 2, found outcomes of vers"):
        Outcomes.from_bytes(stored, layout)
