"""Pieces that every page is made of: badges, charts, pickers, empty states."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.terms import Verdict
from monitor.ui.markdown import escape
from monitor.ui.plotted import plotted

BADGES: Final[dict[str, tuple[str, str, Any]]] = {
    Verdict.HEALTHY: ("Healthy", ":material/check_circle:", "green"),
    Verdict.AT_RISK: ("At risk", ":material/warning:", "orange"),
    Verdict.FAILING: ("Failing", ":material/error:", "red"),
    Verdict.NOT_ENOUGH_DATA: ("Not enough data", ":material/hourglass_empty:", "gray"),
}
SIGNS: Final = {
    Verdict.HEALTHY: "✓",
    Verdict.AT_RISK: "▲",
    Verdict.FAILING: "◆",
    Verdict.NOT_ENOUGH_DATA: "○",
}
INKS: Final = {
    SIGNS[verdict]: theme.STATUS[verdict] for verdict in (Verdict.FAILING, Verdict.AT_RISK)
}

SELECT_WIDTH: Final = 340
MOST_ROWS: Final = 5000


def badge(verdict: object) -> None:
    """Icon, word and colour; a number that nobody judges has no badge."""
    if known(verdict):
        word, icon, colour = BADGES[Verdict(str(verdict))]
        st.badge(word, icon=icon, color=colour)


def badge_text(verdict: object) -> str:
    """The same inside a line of markdown."""
    if not known(verdict):
        return ""
    word, icon, colour = BADGES[Verdict(str(verdict))]
    return f":{colour}-badge[{icon} {word}]"


def sign(verdict: object) -> str:
    """The same inside a table, where there is no markdown."""
    return f"{SIGNS[Verdict(str(verdict))]} {str(verdict).capitalize()}" if known(verdict) else "–"


def known(verdict: object) -> bool:
    return isinstance(verdict, str) and verdict in SIGNS


def chart(figure: Figure, alt: str, *, key: str, **options: Any) -> Any:
    """A figure whose takeaway is read aloud to those who do not see it."""
    return st.plotly_chart(plotted(figure), alt=alt, key=key, config=theme.CONFIG, **options)


def table(frame: pd.DataFrame | Styler, alt: str, *, key: str, **options: Any) -> Any:
    """At most 5 000 rows go to the browser, what is cut is said; verdicts have their colour."""
    if isinstance(frame, pd.DataFrame):
        if len(frame) > MOST_ROWS:
            st.caption(f"The first {MOST_ROWS:,} of {len(frame):,} rows.")
        frame = inked(frame.head(MOST_ROWS))
    return st.dataframe(frame, alt=alt, key=key, hide_index=True, placeholder="–", **options)


def inked(frame: pd.DataFrame) -> pd.DataFrame | Styler:
    """With the colours of its verdicts, where it has any."""
    judged: list[Hashable] = [
        name for name in ("Status", "Verdict") if name in frame and any(map(_ink, frame[name]))
    ]
    return frame.style.map(_ink, subset=judged) if judged else frame


def dry(frame: pd.DataFrame) -> pd.DataFrame | Styler:
    """The same of a table that many are shown: how it looks, which Streamlit asks for again and
    again, is worked out once."""
    styled: Any = inked(frame)
    if not isinstance(styled, pd.DataFrame):
        styled._compute()
        looks = styled._translate(False, False)
        styled.__dict__ |= {"_compute": lambda: styled, "_translate": lambda *_: looks}
    told: pd.DataFrame | Styler = styled
    return told


def _ink(cell: object) -> str:
    """The status colour of a verdict in a table; everything else stays as the theme has it."""
    ink = INKS.get(str(cell)[:1])
    return f"color: {ink}; font-weight: 600" if ink else ""


def nothing_yet(title: str, next_step: str) -> None:
    """An empty state always says what to do next."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.markdown(next_step)


def picker(
    label: str,
    options: Sequence[str],
    *,
    field: str,
    chosen: str,
    words: Callable[[str], str] = str,
    drawn: Callable[..., Any] = st.segmented_control,
    **more: Any,
) -> None:
    """A choice that lives in the address: the widget shows it, and a click rewrites it."""
    key = f"pick_{field}"
    st.session_state[key] = chosen

    def changed() -> None:
        st.query_params[field] = st.session_state[key]

    # The words on a segment are read as markdown, those in a list are not.
    if drawn is st.segmented_control:
        kind: dict[str, Any] = {"required": True, "format_func": lambda o: escape(words(o))}
    else:
        kind = {"width": SELECT_WIDTH, "format_func": words}
    drawn(label, list(options), key=key, on_change=changed, **kind | more)


def number(value: object) -> float | None:
    """A cell of a frame as a number, None where there is none."""
    return None if value is None or value != value else float(value)  # type: ignore[arg-type]


def words(text: object) -> str:
    """Text of a cell fit for markdown."""
    return "" if text is None or (isinstance(text, float) and pd.isna(text)) else escape(text)
