"""What is drawn once for all visitors is drawn anew when something changed, and not before."""

from __future__ import annotations

import pytest

from monitor.store.engine import Store
from monitor.ui import kept
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]


def test_what_is_known_is_made_once_until_something_changes(store: Store) -> None:
    made: list[str] = []

    def make() -> int:
        made.append("")
        return len(made)

    assert [kept.known(("a",), make), kept.known(("a",), make)] == [1, 1]
    assert kept.known(("b",), make) == 2
    with store.write():
        pass
    assert kept.known(("a",), make) == 3


@pytest.mark.parametrize("section", ["performance", "fairness", "drift"])
def test_a_page_that_is_drawn_again_is_the_same(
    open_page: Open, story: Store, section: str
) -> None:
    app = open_page("model", model="credit", section=section)
    first, charts = text(app), len(app.get("plotly_chart"))
    again = app.run()
    assert well(again)
    assert (text(again), len(again.get("plotly_chart"))) == (first, charts)
    assert charts > 1
