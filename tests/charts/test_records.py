"""Rows of frames are what pandas says they are."""

from __future__ import annotations

import pandas as pd

from monitor.charts.records import records, unknown


def test_rows_have_the_cells_that_pandas_gives_them() -> None:
    frame = pd.DataFrame(
        {"at": pd.to_datetime(["2026-01-01", None]), "value": [0.5, None], "n": [1, 2]}
    )
    theirs = pd.DataFrame(frame.to_dict("records"))
    pd.testing.assert_frame_equal(pd.DataFrame(records(frame)), theirs)
    assert records(frame, "n") == [{"n": 1}, {"n": 2}]
    assert [unknown(row["value"]) for row in records(frame)] == [False, True]
    assert records(frame.head(0)) == []
