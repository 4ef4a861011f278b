"""Fewer points, same picture: what the eye and the reader would miss is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from monitor.terms import Verdict

MOST = 1000


def thin(frame: pd.DataFrame, *, most: int = MOST) -> pd.DataFrame:
    """Lowest, highest and last value of each stretch, and every breached point; order kept."""
    if len(frame) <= most:
        return frame
    rows = frame.reset_index(drop=True)
    stretch = np.arange(len(rows)) * (most // 3) // len(rows)
    value = rows["value"].groupby(stretch)
    kept = {
        *value.idxmin().dropna(),
        *value.idxmax().dropna(),
        *rows.groupby(stretch).tail(1).index,
    }
    kept |= {*rows.index[rows["verdict"].isin([Verdict.FAILING, Verdict.AT_RISK])]}
    return rows.loc[sorted(int(i) for i in kept)].reset_index(drop=True)
