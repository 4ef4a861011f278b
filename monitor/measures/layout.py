"""What to count and into which bins: made once from the reference, kept with the version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from monitor.measures.edges import (
    CategoricalEdges,
    Edges,
    edges_from_json,
    edges_of,
    edges_to_json,
    numeric_edges,
)
from monitor.measures.norms import Norms
from monitor.measures.pairs import Joint, Pair, choose_pairs
from monitor.measures.rows import Rows
from monitor.terms import Task

PSEUDO_COLUMNS = ("prediction", "score", "target")


@dataclass(frozen=True, slots=True)
class Layout:
    """The plan of a tally.

    ``edges`` are those of the features and of the pseudo-columns "prediction", "score" (binary,
    probability of the positive class) and "target"; a feature that has one of these names takes its
    place.  ``reference_groups`` maps a sensitive feature to the group the others are compared with.
    ``residual_scale`` is the standard deviation of the reference's target.  ``pairs`` are the
    attributes counted two at a time; a layout stored without them has none.
    """

    task: Task
    classes: tuple[str, ...]
    positive: str | None
    favourable: tuple[str, ...]
    favourable_range: tuple[float, float] | None
    threshold: float
    edges: Mapping[str, Edges]
    attributes: tuple[str, ...]
    segments: tuple[str, ...]
    reference_groups: Mapping[str, str]
    residual_scale: float = 1.0
    features: tuple[str, ...] = ()
    norms: Norms = field(default_factory=Norms)
    pairs: tuple[Pair, ...] = ()

    @property
    def score_classes(self) -> tuple[str, ...]:
        """The class whose probability each score column holds; none for regression."""
        if self.task is Task.BINARY:
            return () if self.positive is None else (self.positive,)
        return self.classes

    def joined(self, joint: Joint) -> tuple[Pair, ...]:
        """The intersections, or the groups within strata."""
        return tuple(pair for pair in self.pairs if pair.joint is joint)

    def edges_beside_features(self, name: str) -> Edges | None:
        """The edges of a pseudo-column; None where there are none or a feature took its name."""
        return None if name in self.features else self.edges.get(name)

    def to_json(self) -> dict[str, Any]:
        return {
            "task": self.task.value,
            "classes": list(self.classes),
            "positive": self.positive,
            "favourable": list(self.favourable),
            "favourable_range": self.favourable_range and list(self.favourable_range),
            "threshold": self.threshold,
            "edges": {name: edges_to_json(edges) for name, edges in self.edges.items()},
            "attributes": list(self.attributes),
            "segments": list(self.segments),
            "reference_groups": dict(self.reference_groups),
            "residual_scale": self.residual_scale,
            "features": list(self.features),
            "norms": self.norms.to_json(),
            "pairs": [[pair.first, pair.second, pair.joint.name] for pair in self.pairs],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        bounds = document["favourable_range"]
        return cls(
            task=Task(document["task"]),
            classes=tuple(document["classes"]),
            positive=document["positive"],
            favourable=tuple(document["favourable"]),
            favourable_range=(bounds[0], bounds[1]) if bounds else None,
            threshold=document["threshold"],
            edges={name: edges_from_json(edges) for name, edges in document["edges"].items()},
            attributes=tuple(document["attributes"]),
            segments=tuple(document["segments"]),
            reference_groups=dict(document["reference_groups"]),
            residual_scale=document["residual_scale"],
            features=tuple(document["features"]),
            norms=Norms.from_json(document.get("norms", {})),
            pairs=tuple(
                Pair(first, second, Joint[joint])
                for first, second, joint in document.get("pairs", ())
            ),
        )


def build_layout(
    rows: Rows,
    *,
    task: Task,
    classes: tuple[str, ...] = (),
    positive: str | None = None,
    favourable: tuple[str, ...] = (),
    favourable_range: tuple[float, float] | None = None,
    threshold: float = 0.5,
    attributes: tuple[str, ...] = (),
    segments: tuple[str, ...] = (),
    reference_groups: Mapping[str, str] | None = None,
) -> Layout:
    """The layout whose bins are cut from these rows: the reference, or its first million."""
    features = {name: edges_of(column) for name, column in rows.columns.items()}
    return Layout(
        task=task,
        classes=classes,
        positive=positive,
        favourable=favourable,
        favourable_range=favourable_range,
        threshold=threshold,
        edges={**_pseudo_edges(rows, task=task, classes=classes), **features},
        attributes=attributes,
        segments=segments,
        reference_groups=dict(reference_groups or {}),
        residual_scale=_residual_scale(rows) if task is Task.REGRESSION else 1.0,
        features=tuple(features),
        pairs=choose_pairs(rows.groups, attributes, segments),
    )


def _pseudo_edges(rows: Rows, *, task: Task, classes: tuple[str, ...]) -> dict[str, Edges]:
    found: dict[str, Edges] = {}
    for name, values in (("prediction", rows.predicted), ("target", rows.actual)):
        if values is not None:
            found[name] = (
                numeric_edges(values) if task is Task.REGRESSION else CategoricalEdges(classes)
            )
    if task is Task.BINARY and rows.scores is not None:
        found["score"] = numeric_edges(rows.scores[:, 0])
    return found


def _residual_scale(rows: Rows) -> float:
    values = rows.predicted if rows.actual is None else rows.actual
    known = np.array([]) if values is None else values[np.isfinite(values)]
    return float(known.std()) or 1.0 if known.size else 1.0
