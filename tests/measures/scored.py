"""Made rows of a binary model whose scores are, or are not, the chance of the label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.terms import Task


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@dataclass(frozen=True)
class World:
    """Women are a share of the rows, score lower, and in their case scores mislead by so much."""

    women: float = 0.3
    lower: float = 0.8
    misled: float = 0.0
    moved: float = 0.0

    def rows(self, n: int, rng: np.random.Generator, *, weight: np.ndarray | None = None) -> Rows:
        woman = rng.random(n) < self.women
        inside = rng.normal(self.moved - self.lower * woman, 1.5, n)
        score = logistic(inside)
        positive = rng.random(n) < logistic(inside + self.misled * woman)
        return Rows(
            columns={},
            groups={"sex": np.where(woman, "f", "m").astype(object)},
            predicted=np.where(score >= 0.5, "yes", "no").astype(object),
            actual=np.where(positive, "yes", "no").astype(object),
            scores=score[:, None],
            weight=weight,
            n=n,
        )


def layout_of(rows: Rows, *, favourable: tuple[str, ...] = ("yes",)) -> Layout:
    return build_layout(
        rows,
        task=Task.BINARY,
        classes=("no", "yes"),
        positive="yes",
        favourable=favourable,
        attributes=("sex",),
        reference_groups={"sex": "m"},
    )
