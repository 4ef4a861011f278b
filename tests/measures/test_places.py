"""Places within score bins: the areas of rare classes are those of the rows, and ties stay ties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from monitor.measures.histogram import BINS, ScoreHistogram, score_bins
from monitor.measures.layout import Layout, build_layout
from monitor.measures.ranking import Ranked, roc_auc
from monitor.measures.rows import Rows
from monitor.measures.sparse import PLACES, Sparse, lead, side_by_side
from monitor.measures.tally import Outcomes, tally_outcomes
from monitor.terms import Task

INSIDE = np.linspace(0.25, 0.25 * (1 + 1 / 128), PLACES, endpoint=False) + 1e-6  # of one bin


def counted(
    actual: np.ndarray, scores: np.ndarray, groups: np.ndarray | None = None
) -> tuple[Outcomes, Layout]:
    labels = np.where(actual, "1", "0").astype(object)
    of = {} if groups is None else {"group": groups.astype(object)}
    rows = Rows({}, of, labels, labels, scores[:, None], None, len(scores))
    layout = build_layout(
        rows, task=Task.BINARY, classes=("0", "1"), positive="1", attributes=tuple(of)
    )
    return tally_outcomes(rows, layout), layout


def area(scores: ScoreHistogram, *of: str) -> float:
    group = dict(zip(("attribute", "group"), of, strict=False))
    return roc_auc(Ranked(*scores.one_versus_rest(**group), 1, 1))


def without_places(outcomes: Outcomes) -> Outcomes:
    """As versions had it that kept none."""
    bins = {key: replace(one, places=None) for key, one in outcomes.scores.bins.items()}
    return replace(outcomes, scores=replace(outcomes.scores, bins=bins))


def rare(seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether, what score, and which group: 200 000 rows, one in a thousand positive."""
    random = np.random.default_rng(seed)
    actual = random.random(200_000) < 0.001
    scores = 1 / (1 + np.exp(6.9 - random.normal(1.5 * actual, 1.2)))
    return actual, scores, random.choice(["a", "b", "c"], actual.size, p=[0.6, 0.3, 0.1])


def test_areas_of_one_positive_in_a_thousand_are_those_of_the_rows() -> None:
    actual, scores, groups = rare()
    found, _ = counted(actual, scores, groups)
    assert area(found.scores) == pytest.approx(roc_auc_score(actual, scores), abs=1e-5)
    for group in "abc":
        mine = groups == group
        exact = roc_auc_score(actual[mine], scores[mine])
        assert area(found.scores, "group", group) == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("scores", [INSIDE, 1 - INSIDE[::-1]])
def test_places_rise_with_the_score_from_one_end_of_a_bin_to_the_other(scores: np.ndarray) -> None:
    assert len(set(score_bins(scores))) == 1
    found = [counted(np.array([True]), scores[[place]])[0] for place in range(PLACES)]
    ones = [next(iter(one.scores.bins.values())) for one in found]
    assert [float(one.placed()[0]) for one in ones] == list(range(PLACES))


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0]))))
@settings(max_examples=15, deadline=None)
def test_equal_scores_stay_ties(rows: list[tuple[bool, float]]) -> None:
    actual, scores = (np.array(side) for side in zip((True, 0.3), (False, 0.3), *rows, strict=True))
    found, _ = counted(actual, scores)
    assert area(found.scores) == pytest.approx(roc_auc_score(actual, scores))


COUNTS = st.integers(0, 9)
PLACE = st.integers(0, PLACES - 1)


@given(st.tuples(COUNTS, COUNTS), st.tuples(COUNTS, COUNTS), st.tuples(PLACE, PLACE))
def test_two_scores_in_a_bin_are_never_told_further_off_than_as_ties(
    own: tuple[int, int], rest: tuple[int, int], places: tuple[int, int]
) -> None:
    low, high = sorted(places)
    sides = [
        Sparse(np.array([5]), np.array([1.0 * sum(n)]), np.array([1.0 * n[0] * low + n[1] * high]))
        for n in (own, rest)
    ]
    said = lead(sides[:1], sides[1:], *side_by_side(sides[:1], sides[1:], size=BINS))
    exact = (own[1] * rest[0] - own[0] * rest[1]) / 2 if low < high else 0.0
    assert abs(said - exact) <= abs(exact) + 1e-9


def test_places_come_back_from_bytes_and_add_up_as_those_of_all_rows() -> None:
    actual, scores, groups = (side[:3_000] for side in rare())
    actual = actual | (np.arange(3_000) % 50 == 0)
    whole, layout = counted(actual, scores, groups)
    again = Outcomes.from_bytes(whole.to_bytes(), layout)
    parts = [
        counted(actual[cut], scores[cut], groups[cut])[0] for cut in (slice(900), slice(900, None))
    ]
    for found in (again, parts[0] + parts[1]):
        for key, one in whole.scores.bins.items():
            assert found.scores.bins[key].places.tolist() == one.places.tolist()
        assert area(found.scores) == area(whole.scores)


def test_a_tally_that_kept_no_places_is_read_and_added_to_as_rows_in_the_middle() -> None:
    actual, scores, _ = rare()
    whole, layout = counted(actual, scores)
    old = Outcomes.from_bytes(without_places(whole).to_bytes(), layout)
    assert all(one.places is None for one in old.scores.bins.values())
    bins, own, rest, ahead = old.scores.one_versus_rest()
    assert ahead == 0.0
    ties = roc_auc_score(
        np.r_[own * 0 + 1, own * 0], np.r_[bins, bins], sample_weight=np.r_[own, rest]
    )
    assert area(old.scores) == pytest.approx(ties)
    both = area((old + whole).scores)
    assert (
        min(area(old.scores), area(whole.scores)) < both < max(area(old.scores), area(whole.scores))
    )
    assert set(score_bins(scores)) == set(bins.tolist())
