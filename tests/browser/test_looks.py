"""Every page in both themes, wide and narrow, is whole and can be used by everybody."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import settle

pytestmark = pytest.mark.browser
# Streamlit gives its upload zone role=presentation and a label at once; we cannot mend it.
DROPZONE = 'data-testid="stFileUploaderDropzone"'
# Charts are drawn anew a moment after the width has changed.
WIDE_ENOUGH = (
    "() => { const m = document.querySelector('[data-testid=stMain]');"
    " return m.scrollWidth - m.clientWidth <= 1; }"
)
BACKGROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
DARK = f"light => ({BACKGROUND})() !== light && document.getAnimations().length === 0"
LINE = "path.js-line[style*='stroke: rgb({})']"
PAGES = {
    "overview": "/",
    "performance": "/model?model=claims&section=performance",
    "fairness": "/model?model=credit&section=fairness&attribute=sex",
    "intersections": "/model?model=credit&section=fairness&part=intersections",
    "indices": "/model?model=tickets&section=fairness&part=indices",
    "over time": "/model?model=credit&section=evidence",
    "drift": "/model?model=claims&section=drift",
    "quality": "/model?model=claims&section=quality",
    "versions": "/model?model=tickets&section=versions",
    "alerts": "/alerts",
    "incident": "/alerts?incident=1&do=snooze",
    "rules": "/alerts?part=rules&model=credit",
    "rule": "/alerts?part=rules&model=credit&rule=3",
    "pauses": "/alerts?part=pauses",
    "channels": "/alerts?part=channels",
    "noise": "/alerts?part=noise&model=claims",
    "batches": "/batches?model=credit",
    "settings": "/settings",
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_in_either_theme_and_on_a_telephone_nothing_sticks_out(
    demo: str, page: Page, name: str
) -> None:
    page.goto(f"{demo}{PAGES[name]}")
    settle(page)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_function(WIDE_ENOUGH)
    page.set_viewport_size({"width": 1440, "height": 1000})
    darken(page)
    assert violations(page) == []


def test_marks_take_the_colours_of_the_theme_that_the_system_turns_to(
    demo: str, page: Page
) -> None:
    page.goto(f"{demo}{PAGES['performance']}")
    settle(page)
    expect(page.locator(LINE.format("10, 58, 158")).first).to_be_attached()
    darken(page)
    expect(page.locator(LINE.format("56, 168, 255")).first).to_be_attached()
    expect(page.locator(LINE.format("10, 58, 158"))).to_have_count(0)


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe holds against the page as it stands: rule and element."""
    return [
        (violation["id"], node["html"][:160])
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
        if DROPZONE not in node["html"]
    ]


def darken(page: Page) -> None:
    """As where a person's system turns dark in the evening; waits until nothing fades any more."""
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(DARK, arg=light)
    settle(page)
