"""The model a page is about: its row, its batches, and which batch a section looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts.records import records
from monitor.charts.words import period
from monitor.ui import current, data, parts
from monitor.ui.view import View, choose


@dataclass(frozen=True, slots=True)
class Scored:
    """The model's scored batches by name, newest first; ``labelled`` is the newest with labels,
    the newest of all while there are none, and each as people say when it is from."""

    names: list[str]
    labelled: str
    said: dict[str, str]

    @classmethod
    def of(cls, model: str) -> Scored:
        rows = data.answered(model).iloc[::-1]
        names = rows["batch"].astype(str).tolist()
        known = rows[rows["labelled"] > 0]["batch"].astype(str).tolist()
        said = [_said(row) for row in records(rows, "starts_at", "ends_at", "label_coverage")]
        return cls(names, (known or names or [""])[0], dict(zip(names, said, strict=True)))


@dataclass(frozen=True, slots=True)
class Subject:
    """``row`` is the model's row of the overview."""

    view: View
    row: Any
    scored: Scored

    @property
    def model(self) -> str:
        return self.view.model

    @property
    def between(self) -> tuple[datetime | None, datetime | None]:
        return self.view.window.bounds(self.row["last_ends_at"])

    @property
    def latest(self) -> str:
        return self.scored.names[0]

    @property
    def labelled(self) -> str:
        return self.scored.labelled

    def pick_batch(self, *, default: str) -> str:
        """The batch of the address, offered by its period, newest first."""
        names, said = self.scored.names, self.scored.said
        chosen = choose(self.view.batch, names, default)
        parts.picker(
            "Batch", names, field="batch", chosen=chosen, words=said.__getitem__, drawn=st.selectbox
        )
        return chosen


def of(view: View, models: pd.DataFrame) -> Subject:
    row = current.known(("row", view.model), lambda: models[models["model"] == view.model].iloc[0])
    return Subject(view, row, current.known(("scored", view.model), lambda: Scored.of(view.model)))


def _said(row: Any) -> str:
    coverage = parts.number(row["label_coverage"])
    labels = f"labels {coverage:.0%}" if coverage else "no labels yet"
    return f"{period(row)} · {labels}"
