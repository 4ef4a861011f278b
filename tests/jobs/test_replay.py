"""The demo lived through week by week: who is told what, and nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.replay import Sent, replay

README = Path(__file__).parents[2] / "README.md"
WEEKS = range(15, 18)  # credit's gap opens in week 16


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> list[Sent]:
    return replay(Path(tmp_path_factory.mktemp("replay")), WEEKS, models=("credit", "tickets"))


def test_a_healthy_model_sends_nothing(weeks: list[Sent]) -> None:
    assert [one for one in weeks if "tickets" in one.subject] == []


def test_a_gap_is_told_once_in_the_week_it_opens(weeks: list[Sent]) -> None:
    told = [one for one in weeks if "credit" in one.subject]
    assert [one.week for one in told] == [16]
    assert told[0].subject.startswith("Critical – credit: ")
    assert told[0].subject.endswith(" more)")


@pytest.mark.slow
def test_half_a_year_sends_what_the_readme_lists(tmp_path: Path) -> None:
    told = README.read_text(encoding="utf-8")
    missing = [one for one in replay(tmp_path) if f"| {one.week} | {one.subject} |" not in told]
    assert missing == []
