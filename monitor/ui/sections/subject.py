"""The model a page is about: its row, its batches, and which batch a section looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts.words import period
from monitor.ui import data, parts
from monitor.ui.view import View, choose


@dataclass(frozen=True, slots=True)
class Subject:
    """``row`` is the model's row of the overview; ``batches`` are scored, newest first."""

    view: View
    row: Any
    batches: pd.DataFrame

    @property
    def model(self) -> str:
        return self.view.model

    @property
    def between(self) -> tuple[datetime | None, datetime | None]:
        return self.view.window.bounds(self.row["last_ends_at"])

    @property
    def latest(self) -> str:
        return str(self.batches["name"].iloc[0])

    @property
    def labelled(self) -> str:
        """The newest batch with labels; the newest of all while there are none."""
        known = self.batches[self.batches["labelled"] > 0]
        return str(known["name"].iloc[0]) if len(known) else self.latest

    def pick_batch(self, *, default: str) -> str:
        """The batch of the address, offered by its period, newest first."""
        names = self.batches["name"].astype(str).tolist()
        chosen = choose(self.view.batch, names, default)
        said = {str(row["name"]): _said(row) for _, row in self.batches.iterrows()}
        parts.picker(
            "Batch", names, field="batch", chosen=chosen, words=said.__getitem__, drawn=st.selectbox
        )
        return chosen


def of(view: View, models: pd.DataFrame) -> Subject:
    row = models[models["model"] == view.model].iloc[0]
    batches = data.batches(view.model)
    return Subject(view, row, batches[batches["scored"].astype(bool)].reset_index(drop=True))


def _said(row: Any) -> str:
    coverage = parts.number(row["label_coverage"])
    labels = f"labels {coverage:.0%}" if coverage else "no labels yet"
    return f"{period(row)} · {labels}"
