"""The Fairness section: groups, intersections, strata, indices and classes, of measured people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from monitor.measures.measurement import Measurement
from monitor.measures.pairs import Joint, Pair
from monitor.store.engine import Store
from monitor.terms import Task, Verdict
from monitor.ui.comparisons import compared, related
from monitor.ui.sections import outcome, worst_gap
from tests.measures.people import measured, people
from tests.ui.conftest import add_model
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]

PARTS = ("groups", "intersections", "strata", "indices", "classes")
Measure = Callable[[int], list[Measurement]]
Look = Callable[..., AppTest]


@cache
def numbers(task: Task) -> tuple[Measurement, ...]:
    """Everything fairness says of 3,000 people, of whom 17 are women of a small group."""
    frame = people(task=task)
    small = (frame["race"] == "other") & (frame["sex"] == "female")
    kept = frame[~small | (small.cumsum() <= 17)]
    return tuple(measured(kept, task).values())


def week(task: Task = Task.BINARY) -> Measure:
    labelled = Measurement("label_coverage", 1.0, 3000)
    return lambda _: [*numbers(task), labelled]


def without_labels(_: int) -> list[Measurement]:
    """As a batch is before its labels: nothing that needs them has a value."""
    frame = people().assign(actual="")
    return [*measured(frame).values(), Measurement("label_coverage", 0.0, 3000)]


def only(**kept: str) -> Measure:
    """The numbers of people of one group, or of one feature alone."""

    def measure(_: int) -> list[Measurement]:
        frame = people()
        for name, group in kept.items():
            frame = frame[frame[name] == group] if group else frame.drop(columns=name)
        more = {"reference_groups": {"sex": "male"}} if "race" in kept else {}
        return [*measured(frame, **more).values(), Measurement("label_coverage", 1.0, 3000)]

    return measure


@pytest.fixture
def look(open_page: Open, store: Store) -> Look:
    """The section of a model that has one batch of these numbers."""

    def opened(measure: Measure, *, task: Task = Task.BINARY, **address: str) -> AppTest:
        add_model(store, "people", weeks=1, measure=measure, task=task)
        app = open_page("model", model="people", section="fairness", **address)
        assert well(app)
        return app

    return opened


def tables(app: AppTest) -> list[pd.DataFrame]:
    return [element.value for element in app.dataframe]


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_every_task_is_drawn(look: Look, task: Task, part: str) -> None:
    app = look(week(task), task=task, part=part)
    shown = task is Task.MULTICLASS or part != "classes"
    assert app.segmented_control(key="pick_part").value == (part if shown else "groups")
    assert app.get("plotly_chart")


@pytest.mark.parametrize("part", PARTS)
def test_nonsense_in_the_address_falls_back(look: Look, part: str) -> None:
    app = look(week(), part=part, attribute="\\u0000", metric="'; drop", batch="../x")
    assert app.query_params["part"] == [part] or app.query_params["part"] == part


def test_an_unknown_part_is_group_by_group(look: Look) -> None:
    assert look(week(), part="<script>").segmented_control(key="pick_part").value == "groups"


@pytest.mark.parametrize(
    ("attribute", "part"), [("sex × race", "intersections"), ("race | department", "strata")]
)
def test_a_link_to_a_pair_opens_the_part_that_shows_it(
    look: Look, attribute: str, part: str
) -> None:
    app = look(week(), attribute=attribute)
    assert app.segmented_control(key="pick_part").value == part
    assert app.segmented_control(key="pick_attribute").value == attribute


def test_a_choice_of_part_rewrites_the_address(look: Look) -> None:
    app = look(week())
    app.segmented_control(key="pick_part").select("strata").run()
    assert app.query_params["part"] in ("strata", ["strata"])
    assert well(app)


def test_intersections_are_ranked_by_size_times_gap_and_small_ones_are_not_judged(
    look: Look,
) -> None:
    app = look(week(), part="intersections")
    ranks = tables(app)[0]
    sizes = [float(cell.split()[0].replace(",", "")) for cell in ranks["Rows × gap"][:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert ranks["Group"].iloc[-1] == "female × other"
    assert ranks["n"].iloc[-1] == "n = 17, not judged"
    assert "Only 17 rows" in ranks["Why not judged"].iloc[-1]
    assert ranks["Base rate"].str.endswith("%").all()


def test_intersections_say_how_many_comparisons_were_corrected_together(look: Look) -> None:
    said = text(look(week(), part="intersections"))
    assert "p-values are corrected by Benjamini–Hochberg over" in said
    assert "fewer favourable predictions than at the rate of male × white" in said
    assert "Base rates. male × white: " in said


@pytest.mark.parametrize("metric", ["equal_opportunity_difference", "equalized_odds_difference"])
def test_intersections_are_ranked_by_other_gaps_too(look: Look, metric: str) -> None:
    app = look(week(), part="intersections", metric=metric)
    shown = "True positive rate" in tables(app)[0]
    assert shown is (metric == "equal_opportunity_difference")


def test_a_difference_within_strata_stands_beside_the_raw_one(look: Look) -> None:
    app = look(week(), part="strata")
    said = text(app)
    assert "A stratum is a group of rows with the same department." in said
    assert "Among people of the same department, female gets the favourable prediction" in said
    assert "over everybody it is" in said
    assert "by Mantel–Haenszel over 3 of 3 strata, Sato; p-values are corrected by Holm" in said
    given, rates = tables(app)
    assert {"Selection rate difference", "Base rate", "What is left"} <= set(given)
    assert rates["department (stratum)"].tolist() == ["A", "B", "C"]


def test_indices_have_interval_rows_and_what_chance_makes_of_them(look: Look) -> None:
    app = look(week(), part="indices")
    said = text(app)
    assert "Generalized entropy index" in said
    assert "Theil index" in said
    rows = tables(app)[0].set_index(["Index", "Of"])
    row = rows.loc[("Differential fairness ε", "all groups of sex")]
    assert row["None is"] == "0"
    assert float(row["Alike, 95 of 100"]) > 0
    assert "to" in row["95 % interval"]
    assert ("Treatment ratio", "female") in rows.index


def test_several_classes_have_the_distance_of_all_predictions(look: Look) -> None:
    app = look(week(Task.MULTICLASS), task=Task.MULTICLASS, part="classes")
    assert "Distance between predicted classes, from male" in text(app)
    assert "p-values are corrected by Holm over" in text(app)
    groups = tables(app)[0]["Group"]
    assert {"gold: female", "none: female", "silver: female"} == set(groups)


def test_what_cannot_all_hold_is_said_with_both_base_rates(look: Look) -> None:
    said = text(look(week(), attribute="sex"))
    assert "What cannot all hold at once" in said
    assert "equal precision, equal false positive rates and equal false negative rates" in said
    assert "Chouldechova 2017" in said
    assert "Base rates. female: " in said


def test_a_comparison_says_how_it_was_corrected(look: Look) -> None:
    assert "corrected by Holm over" in text(look(week(), attribute="race"))


def test_a_gap_without_a_limit_is_told_before_one_that_is_too_small(look: Look) -> None:
    metric = "false_positive_rate_difference"

    def gaps(_: int) -> list[Measurement]:
        thin = {"value": 0.9, "verdict": Verdict.NOT_ENOUGH_DATA, "reason": "Only 23 rows."}
        return [
            replace(m, **thin) if (m.metric, m.group) == (metric, "other") else m
            for m in numbers(Task.BINARY)
        ]

    app = look(gaps, attribute="race", metric=metric)
    assert "False positive rate difference, black against white (race)" in text(app)


def test_base_rates_stand_in_the_table_of_groups(look: Look) -> None:
    table = tables(look(week(), attribute="race"))[0]
    assert (table["Base rate"] != "–").any()


def test_without_labels_only_what_was_predicted_is_compared(look: Look) -> None:
    app = look(without_labels)
    assert "No labels for this batch yet" in app.info[0].value
    assert "Selection rate" in text(app)
    assert "What cannot all hold at once" not in text(app)
    assert "Base rate" not in tables(app)[-1]


@pytest.mark.parametrize("part", PARTS[:4])
def test_without_labels_every_part_is_drawn(look: Look, part: str) -> None:
    assert look(without_labels, part=part)


def test_a_single_group_has_nothing_to_be_compared_with(look: Look) -> None:
    said = text(look(only(sex="male"), attribute="sex"))
    assert "Nothing to compare sex by" in said
    assert "All rows with a value are male" in said


@pytest.mark.parametrize("part", PARTS[:4])
def test_a_single_group_breaks_no_part(look: Look, part: str) -> None:
    assert look(only(sex="male"), attribute="sex", part=part)


def test_one_feature_alone_says_how_to_get_intersections(look: Look) -> None:
    said = text(look(only(race="", department=""), part="intersections"))
    assert "No two features are crossed" in said
    assert "Name a second sensitive feature" in said


def test_without_a_segment_column_the_page_says_how_to_name_one(look: Look) -> None:
    said = text(look(only(race="", department=""), part="strata"))
    assert "No stratum is named" in said


def test_a_group_pooled_over_batches_says_which(look: Look) -> None:
    def pooled(_: int) -> list[Measurement]:
        return [
            replace(m, window="last 3 batches") if m.group == "female × black" else m
            for m in numbers(Task.BINARY)
        ]

    said = text(look(pooled, part="intersections"))
    assert (
        "female × black: too few rows in this batch alone, so judged on the last 3 batches" in said
    )


def frame(*attributes: str) -> pd.DataFrame:
    gaps: list[dict[str, Any]] = [
        {"attribute": name, "metric": "accuracy_difference"} for name in attributes
    ]
    return pd.DataFrame([*gaps, {"attribute": "city", "metric": "accuracy"}])


def test_pairs_are_found_by_the_names_they_would_have() -> None:
    found = compared(frame("sex", "a × b", "sex × a × b"))
    assert found.alone == ("sex", "a × b")
    assert found.crossed == (Pair("sex", "a × b", Joint.CROSSED),)


def test_nothing_is_related_to_nothing() -> None:
    assert related("sex", []) == ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, ""),
        ({"positive": "yes"}, "Positive is yes."),
        ({"favourable": ["a", "b"]}, "Favourable is a or b."),
        ({"favourable": "a"}, "Favourable is a."),
        ({"favourable": {"max": 5}}, "Favourable is at most 5."),
        ({"favourable": {"min": 5}}, "Favourable is at least 5."),
    ],
)
def test_the_outcome_is_told(said: dict[str, Any], words: str) -> None:
    assert outcome.read(said).told == words


def test_a_rate_is_told_in_the_words_of_its_labels() -> None:
    rows = pd.DataFrame(
        {"metric": "false_positive_rate", "group": ["a", "b"], "value": [0.449, 0.235]}
    )
    meant = outcome.Outcome("high risk", "low risk")
    assert worst_gap.in_words("false_positive_rate", ["a", "b"], rows, meant) == (
        "Of those who were not high risk, 44.9 % of a and 23.5 % of b were predicted high risk."
    )
    assert worst_gap.in_words("selection_rate", ["a", "b"], rows, meant) == ""
    assert outcome.Outcome("", "low risk").rate("precision") is None
