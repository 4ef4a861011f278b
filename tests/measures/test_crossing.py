"""Sums over combinations of groups, held against pandas on the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from monitor.measures.crossing import Crossing, crossings
from monitor.measures.groupings import EVERYBODY, Grouping, groupings, with_pairs
from monitor.measures.pairs import Joint, Pair
from monitor.measures.rows import Floats, Rows
from monitor.terms import UNKNOWN_GROUP

PAIRS = (Pair("sex", "race", Joint.CROSSED), Pair("race", "region", Joint.WITHIN))


def rows(n: int) -> Rows:
    random = np.random.default_rng(n)
    names = {
        "sex": ["f", "m"],
        "race": ["a", "b", UNKNOWN_GROUP],
        "region": [f"region {k}" for k in range(9)],
    }
    groups = {name: random.choice(np.array(texts, object), n) for name, texts in names.items()}
    return Rows({}, groups, None, None, None, None, n)


def sums(found: list[Crossing], values: Floats) -> dict[str, dict[str, float]]:
    return {
        grouping.attribute: dict(zip(grouping.groups, by_group[:, 0].tolist(), strict=True))
        for one in found
        for grouping, by_group in one.by_group(
            np.bincount(one.codes, weights=values, minlength=one.size)[:, None]
        )
    }


@pytest.mark.parametrize(("n", "together"), [(1, False), (40, False), (5_000, True)])
def test_sums_of_groups_and_pairs_are_those_of_their_rows(n: int, together: bool):
    chunk = rows(n)
    alone = groupings(chunk, ("sex", "race", "region"))
    values = np.random.default_rng(1).integers(1, 100, n).astype(float)
    found = crossings(alone, PAIRS)
    assert (len(found) == 1) == together
    frame = pd.DataFrame(chunk.groups)
    for pair in PAIRS:
        named = zip(frame[pair.first], frame[pair.second], strict=True)
        frame[pair.attribute] = [pair.group(*texts) for texts in named]
    expected = {name: pd.Series(values).groupby(frame[name]).sum().to_dict() for name in frame}
    assert sums(found, values) == {EVERYBODY: {EVERYBODY: values.sum()}, **expected}


def test_a_group_that_a_choice_of_rows_leaves_empty_stays_with_nothing():
    chunk = rows(5_000)
    alone = groupings(chunk, ("sex", "race"))
    men = chunk.groups["sex"] == "m"
    (one,) = crossings(alone, ())
    found = sums([one.kept(men).of({"sex"})], np.ones(men.sum()))
    assert found == {"sex": {"f": 0.0, "m": men.sum()}}


def test_without_rows_there_is_everybody_alone():
    empty = groupings(rows(0), ("sex", "race", "region"))
    found = sums(crossings(empty, PAIRS), np.zeros(0))
    assert found.pop(EVERYBODY) == {EVERYBODY: 0.0}
    assert all(groups == {} for groups in found.values())


def test_pairs_follow_their_attributes():
    found = with_pairs(groupings(rows(50), ("sex", "race", "region")), PAIRS)
    assert [type(one) for one in found] == [Grouping] * 6
    assert [one.attribute for one in found][-2:] == ["sex × race", "race | region"]
