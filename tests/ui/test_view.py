"""The address is read once, and never trusted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.ui.view import DEFAULT_WINDOW, LONGEST, View, choose, window

MODELS = ["credit", "routing"]


def test_a_full_address_is_kept_as_it_is() -> None:
    view = View.of(
        {"model": "routing", "section": "drift", "feature": "age", "batch": "w1", "window": "30d"},
        MODELS,
    )
    assert (view.model, view.section, view.feature, view.batch) == ("routing", "drift", "age", "w1")
    assert view.window.back == 30
    assert view.unknown == ""


def test_an_empty_address_falls_back_everywhere() -> None:
    view = View.of({}, MODELS)
    assert (view.model, view.section, view.window.slug) == ("credit", "performance", DEFAULT_WINDOW)
    assert (view.attribute, view.metric, view.incident) == ("", "", None)


def test_an_unknown_model_is_named_and_not_replaced_in_silence() -> None:
    assert View.of({"model": "<b>nope</b>"}, MODELS).unknown == "<b>nope</b>"


def test_without_models_there_is_no_model() -> None:
    assert View.of({}, []).model == ""


@pytest.mark.parametrize("text", ["", "-1", "1e3", "²", "x", "9" * 40, "1 or 1=1"])
def test_an_incident_that_is_no_number_is_none(text: str) -> None:
    assert View.of({"incident": text}, MODELS).incident is None


@pytest.mark.parametrize(
    "slug", ["", "3d", "2026-01-01", "2026-02-01/2026-01-01", "x/y", "9999-12-31/9999-12-31", "/"]
)
def test_a_window_that_means_nothing_is_the_default(slug: str) -> None:
    assert window(slug).slug == DEFAULT_WINDOW


def test_two_days_include_the_last_one() -> None:
    start, end = window("2026-01-01/2026-01-31").bounds(None)
    assert start == datetime(2026, 1, 1, tzinfo=UTC)
    assert end == datetime(2026, 2, 1, tzinfo=UTC)


def test_windows_count_back_from_the_last_data() -> None:
    last = datetime(2013, 5, 31, tzinfo=UTC)
    assert window("30d").bounds(last) == (datetime(2013, 5, 1, tzinfo=UTC), None)
    assert window("all").bounds(last) == (None, None)


def test_nonsense_is_cut_before_it_is_carried_around() -> None:
    assert len(View.of({"metric": "x" * 10_000}, MODELS).metric) == LONGEST


def test_choosing_falls_to_the_default_and_then_to_the_first() -> None:
    assert choose("c", ["a", "b"], "b") == "b"
    assert choose("c", ["a", "b"], "z") == "a"
    assert choose("c", []) == ""
