"""A table whose looks are worked out once is sent as one that is worked out each time."""

from __future__ import annotations

import pandas as pd
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData

from monitor.ui import parts

TABLE = pd.DataFrame({"Verdict": ["✓ Healthy", "◆ Failing", "–"], "Rows": [1, None, 3]})


def sent(styler: object) -> ArrowData:
    message = ArrowData()
    marshall_styler(message, styler, "one")  # type: ignore[arg-type]
    return message


def test_verdicts_have_their_colour_however_often_a_table_is_sent() -> None:
    fresh, kept = parts.inked(TABLE), parts.dry(TABLE)
    fresh.set_uuid(kept.uuid)  # type: ignore[union-attr, operator]
    first, again = sent(kept), sent(kept)
    assert first == again == sent(fresh)
    assert parts.INKS["◆"] in again.styler.styles


def test_a_table_without_verdicts_is_sent_as_it_is() -> None:
    assert parts.dry(TABLE[["Rows"]]).equals(TABLE[["Rows"]])  # type: ignore[operator]
