"""Text from data is shown, never obeyed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from monitor.ui.markdown import escape


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
    assert re.sub(r"\\(.)", r"\1", escaped) == text
    assert not re.search(r"(?<!\\)[*\[\]<>$_`#~:]", escaped)


@given(some.text())
def test_a_value_never_breaks_out_of_its_line(text: str) -> None:
    assert "\n" not in escape(text)
