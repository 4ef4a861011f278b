"""Text from data is shown, never obeyed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from monitor.ui.markdown import JOINER, escape


@pytest.mark.parametrize(
    "text",
    [
        "**a**",
        "[x](http://y)",
        "<script>",
        ":red[a]",
        "$x^2$",
        "a_b_c",
        "`x`",
        "# h",
        "1. a",
        "~~a~~",
    ],
)
def test_every_mark_is_taken_literally(text: str) -> None:
    escaped = escape(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace(JOINER, "") == text
    assert not re.search(r"(?<!\\)[*\[\]<>$_`#~:]", escaped)


@given(some.text())
def test_a_value_never_breaks_out_of_its_line(text: str) -> None:
    assert "\n" not in escape(text)


@pytest.mark.parametrize("text", ["http://x.y", "HTTPS://x.y", "www.x.y", "a.b@x.org"])
def test_an_address_does_not_become_a_link(text: str) -> None:
    shown = re.sub(r"\\(.)", r"\1", escape(text))
    assert not re.search(r"https?://|www\.|@[-\w]", shown, re.IGNORECASE)


def test_a_word_without_end_ends_and_all_others_stay():
    assert escape("from " + "ü" * 10_000 + " on") == "from " + "ü" * 80 + "… on"
    assert escape("a" * 199) == "a" * 199
