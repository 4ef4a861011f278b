"""Files made lighter are those that this Streamlit has, and hold all that our pages use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit

import monitor
from monitor.api.lighter import CUT, LIGHTER, TRACES, TURNED, charts
from tests.browser.letters import named_icons

NO_MARKS = {
    "annotation", "hline", "vline", "shape", "figure", "line", "rect", "category", "log",
}  # fmt: skip
STATIC = Path(streamlit.__file__).parent / "static"


@pytest.fixture(scope="module")
def whole() -> str:
    return next(STATIC.glob("static/js/PlotlyChart.*.js")).read_text("utf-8")


@pytest.fixture(scope="module")
def light(whole: str) -> str:
    return charts(whole.encode()).decode()


def test_streamlit_still_has_the_files_that_are_made_lighter():
    missing = [path for path in LIGHTER if not (STATIC / path[1:]).exists()]
    assert missing == [], "look at what is new, run `make letters` and `make test`, and name it"


def test_every_icon_that_is_named_is_among_the_letters():
    there = set((CUT / "icons.txt").read_text().split())
    assert named_icons() <= there, "run `make letters`"


def test_charts_keep_a_third_of_their_script_and_what_it_gives_to_others(whole: str, light: str):
    assert len(light) < len(whole) / 3
    assert light.endswith(whole[whole.rindex("export{") :])


def test_what_is_changed_in_it_is_there_once(whole: str, light: str):
    was, now = TURNED
    assert (whole.count(was), whole.count(now)) == (1, 0)
    assert (light.count(was), light.count(now)) == (0, 1)


def test_marks_that_no_chart_here_is_made_of_are_gone(whole: str, light: str):
    gone = '"src/traces/sankey/plot.js"'
    assert gone in whole
    assert gone not in light


def test_every_kind_of_mark_that_charts_are_made_of_is_kept():
    kind = re.compile(r"""\.add_(\w+)\(|\bgo\.(\w+)\(|"?\btype"?(?:: |=)"(\w+)\"""")
    charts_of_ours = (Path(monitor.__file__).parent / "charts").glob("*.py")
    found = (kind.findall(file.read_text()) for file in charts_of_ours)
    named = {name.lower() for three in found for name in map("".join, three)}
    assert {"scatter", "bar", "heatmap"} <= named
    assert named - NO_MARKS <= {"scatter", *TRACES}
