"""The placeholders are Streamlit's, and text from data stays text."""

from __future__ import annotations

from streamlit.elements.lib import streamlit_plotly_theme as streamlit_theme

from monitor.charts import theme


def test_the_placeholder_colours_are_still_those_that_streamlit_replaces() -> None:
    ours = [*theme.CATEGORICAL, *theme.SEQUENTIAL]
    theirs = [getattr(streamlit_theme, f"CATEGORY_{i}") for i in range(10)]
    theirs += [getattr(streamlit_theme, f"SEQUENTIAL_{i}") for i in range(10)]
    assert ours == theirs


def test_tags_in_names_are_shown_and_not_obeyed() -> None:
    assert theme.plain("<a href='x'>A & B</a>") == "&lt;a href='x'&gt;A &amp; B&lt;/a&gt;"


def test_every_verdict_has_a_colour_and_a_shape_of_its_own() -> None:
    assert len(set(theme.STATUS.values())) == len(set(theme.SYMBOL.values())) == 4


def test_status_colours_can_be_seen_on_both_grounds() -> None:
    for colour in (*list(theme.STATUS.values())[1:], theme.MUTED):
        assert _contrast(colour, "#FFFFFF") >= 3
        assert _contrast(colour, "#0E1117") >= 3


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
