"""Evidence over time as measurements: the model's, and that of every family, group and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import MOSTLY
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats
from monitor.measures.sequential.detector import log_sum
from monitor.measures.sequential.observed import Observed
from monitor.measures.sequential.plan import Plan
from monitor.terms import Verdict, counted

NAMED, WORTH = 3, 0.1  # sources named, and the share of the evidence that is worth it
SOME = 10.0  # below, where evidence comes from is chance
ANEW = 3  # batches after a restart before little evidence means that all is well
METHOD = "sum of {} weighted Shiryaev–Roberts statistics"


@dataclass(frozen=True, slots=True)
class Standing:
    """After a batch: ln M of the plan's streams and of its columns; ``most`` bounds their mean, and
    ``limit`` is that of the budget.

    ``batches`` and their ``rows`` are those since deployment, or since the restart.
    """

    streams: Floats
    columns: Floats
    most: float
    limit: float
    batches: int
    rows: int
    restarted: bool

    @property
    def window(self) -> str:
        since = "it was acknowledged" if self.restarted else "deployment"
        return f"since {since}, {counted(self.batches, 'batch')}"

    def anew(self, total: float) -> str:
        """Why little evidence does not mean that all is well yet; "" if it does, or is not little.

        What somebody was told of is over only when fresh batches say nothing of it.
        """
        if not self.restarted or total >= self.limit:
            return ""
        if self.batches < ANEW:
            return f"Watched anew since it was acknowledged: {self.batches} of {ANEW} batches."
        return (
            "Watched anew since it was acknowledged: not surely over." if total > log(SOME) else ""
        )


def told(plan: Plan, standing: Standing, observed: Observed) -> list[Measurement]:
    """The model's evidence first, then the parts it is the sum of, each only where this batch says
    something of it; and the gaps themselves."""
    parts = np.concatenate([standing.streams, standing.columns]) + np.log(
        np.concatenate(plan.weights)
    )
    scene = _Scene(plan, standing, observed, parts)
    here = [gap for gap in plan.gaps if gap.own in observed.parts]
    families = Counter((gap.metric, gap.own[0]) for gap in plan.gaps if gap.known)
    return [
        _whole(scene),
        *_of_performance(scene),
        *_of_groups(scene),
        *_of_columns(scene),
        *(m for gap in here for m in gap.measurements(family=families[gap.metric, gap.own[0]])),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """``parts`` are the logarithms of what each stream, then each column, adds to the evidence."""

    plan: Plan
    standing: Standing
    observed: Observed
    parts: Floats


def _whole(scene: _Scene) -> Measurement:
    anew = scene.standing.anew(float(log_sum(scene.parts)) if scene.parts.size else -np.inf)
    said = _statistic(Measurement("change_evidence", None, 0), scene, scene.parts)
    return replace(
        said,
        verdict=Verdict.NOT_ENOUGH_DATA if anew else None,
        reason=anew or said.reason or _mostly(scene),
    )


def _mostly(scene: _Scene) -> str:
    """What most of the evidence comes from, largest first; "" while there is little."""
    total = float(log_sum(scene.parts))
    if total < log(SOME):
        return ""
    names = list(_names(scene.plan))
    order = np.argsort(-scene.parts, kind="stable")[:NAMED].tolist()
    said = [names[place] for place in order if scene.parts[place] - total > log(WORTH)]
    return f"{MOSTLY}{', '.join(said)}."


def _names(plan: Plan) -> Iterator[str]:
    yield from (METRICS[metric].title for _, _, metric in plan.performance)
    for gap in plan.judged:
        attribute, group, _ = gap.own
        yield f"{METRICS[gap.metric].title} of {group} ({attribute})"
    yield from (f"drift of {name}" for name in plan.columns)


def _of_performance(scene: _Scene) -> Iterator[Measurement]:
    keys = scene.plan.performance
    if any(key in scene.observed.parts for key in keys):
        about = Measurement("performance_change_evidence", None, 0)
        yield _statistic(about, scene, scene.parts[: len(keys)])


def _of_groups(scene: _Scene) -> Iterator[Measurement]:
    groups: dict[tuple[str, str], list[float]] = {}
    first = len(scene.plan.performance)
    for place, gap in enumerate(scene.plan.judged, start=first):
        if gap.own in scene.observed.parts:
            groups.setdefault((gap.own[0], gap.own[1]), []).append(scene.parts[place])
    for (attribute, group), parts in groups.items():
        about = Measurement("fairness_change_evidence", None, 0, attribute=attribute, group=group)
        yield _statistic(about, scene, np.array(parts))


def _of_columns(scene: _Scene) -> Iterator[Measurement]:
    first = len(scene.plan.streams)
    for place, name in enumerate(scene.plan.columns, start=first):
        if name in scene.observed.columns:
            about = Measurement("drift_change_evidence", None, 0, feature=name)
            yield _statistic(about, scene, scene.parts[place : place + 1])


def _statistic(about: Measurement, scene: _Scene, parts: Floats) -> Measurement:
    """The sum of these parts, as the number ``about`` names."""
    known = bool(np.isfinite(parts).any())
    total = min(float(log_sum(parts)), scene.standing.most) if known else -np.inf
    return replace(
        about,
        value=exp(total) if known else None,
        n=scene.standing.rows,
        method=METHOD.format(parts.size),
        family=parts.size,
        reason="" if known else "Too few rows to be compared yet.",
        window=scene.standing.window,
    )
