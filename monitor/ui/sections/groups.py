"""Which groups are compared: where a number is cut, and with which group the others stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from monitor.models.spec import Sensitive
from monitor.ui import actions
from monitor.ui.markdown import escape
from monitor.ui.spec_form import to_bins

if TYPE_CHECKING:
    from monitor.models.sensitive import Grouping


def ask(reference: Any, names: Sequence[str]) -> tuple[Sensitive, ...]:
    """One line a feature: its groups with their rows, the largest proposed as the reference."""
    if not names:
        return ()
    st.markdown("**Groups to compare**, each with the reference group of its column.")
    proposed = _known(reference, dict.fromkeys(names, ()))
    places = {name: st.columns(3, vertical_alignment="bottom") for name in names}
    cuts = {
        name: _cuts(place[0], name, proposed[name], reference.file_id)
        for name, place in places.items()
    }
    found = _known(reference, cuts)
    return tuple(_one(place, name, found[name]) for name, place in places.items())


def _cuts(place: Any, name: str, proposed: Grouping, file: str) -> tuple[float, ...]:
    if not proposed.is_number:
        return ()
    text = place.text_input(
        f"Cut {name} at",
        value=", ".join(f"{edge:.15g}" for edge in proposed.bins),
        key=f"cuts_{name}_{file}",
        help="Rising numbers; each begins a group. Proposed is a round number near the median.",
    )
    return to_bins(name, text)


def _one(place: Any, name: str, found: Grouping) -> Sensitive:
    chosen = place[1].selectbox(
        f"Compare the groups of {name} with",
        list(found.sizes),
        key=f"group_{name}_{found.bins}",
        help="The largest group is proposed.",
    )
    place[2].caption(f"{escape(name)}: {escape(found.words)}")
    return Sensitive(name, chosen, found.bins)


def _known(reference: Any, bins: Mapping[str, tuple[float, ...]]) -> dict[str, Grouping]:
    """Counted once for each question, not once a rerun."""
    question = (reference.file_id, tuple(bins.items()))
    asked = st.session_state.setdefault("groupings", {})
    if question not in asked:
        with st.spinner("Counting the groups …"):
            asked[question] = actions.groupings(reference, bins)
    answer: dict[str, Grouping] = asked[question]
    return answer
