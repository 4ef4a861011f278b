"""What is drawn once for all visitors is drawn anew when something changed, and not before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.store.engine import Store
from monitor.ui import current
from monitor.ui.once import Once
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]


def test_what_is_known_is_made_once_until_something_changes(store: Store) -> None:
    made: list[str] = []

    def make() -> int:
        made.append("")
        return len(made)

    assert [current.known(("a",), make), current.known(("a",), make)] == [1, 1]
    assert current.known(("b",), make) == 2
    with store.write():
        pass
    assert current.known(("a",), make) == 3


def test_what_many_ask_for_at_once_is_made_once() -> None:
    made, gate, once = list[str](), threading.Barrier(8), Once(10)

    def ask(_: int) -> int:
        gate.wait(timeout=10)
        return int(once.get("a", lambda: made.append("") or len(made)))

    with ThreadPoolExecutor(8) as visitors:
        assert list(visitors.map(ask, range(8))) == [1] * 8


def test_what_failed_is_tried_again_and_what_nobody_asked_for_is_forgotten() -> None:
    once = Once(2)
    with pytest.raises(ZeroDivisionError):
        once.get("a", lambda: 1 // 0)
    assert [once.get(key, lambda key=key: key * 2) for key in ("a", "b", "a", "c")] == [
        "aa", "bb", "aa", "cc",
    ]  # fmt: skip
    assert once.get("a", lambda: "new") == "aa"
    assert once.get("b", lambda: "new") == "new"


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
