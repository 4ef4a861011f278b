"""The groups of one attribute beside its reference group, and all of them beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from monitor.measures.disparity import DISPARITIES, Disparity, Parts, beside, without_reference
from monitor.measures.disparity_range import over_groups
from monitor.measures.groupings import EVERYBODY
from monitor.measures.lookback import Estimates, Key, Lookback
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import Correction, corrected, question
from monitor.terms import UNKNOWN_GROUP, Task, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What every comparison of a batch rests on: its estimates, and those of longer windows."""

    task: Task
    now: Estimates
    look: Lookback
    _groups: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False)

    def known(self, attribute: str, parts: Sequence[str] = ()) -> list[str]:
        """The attribute's groups that have these metrics, sorted, but for the unknown one."""
        if attribute not in self._groups:
            found = {group for own, group, _ in self.now if own == attribute} - {UNKNOWN_GROUP}
            self._groups[attribute] = sorted(found)
        groups = self._groups[attribute]
        return [g for g in groups if all((attribute, g, part) in self.now for part in parts)]

    def has(self, metric: str) -> bool:
        """Whether the metric is one of the task's."""
        return (EVERYBODY, EVERYBODY, metric) in self.now

    def widened(self, keys: Sequence[Key]) -> Parts | None:
        """These estimates, from a longer window where the batch has too little for one of them.

        While nobody's labels have arrived there is nothing to widen: numbers of earlier batches
        alone would say nothing about this one.
        """
        found = tuple([self.now[key] for key in keys if key in self.now])
        here = found if len(found) == len(keys) else None
        if here and not any(e.hidden or e.thin for e in here):
            return here
        waiting = any(self.now[EVERYBODY, EVERYBODY, metric].reason for _, _, metric in keys)
        return here if waiting else self.look.enough(keys) or here


def compare(
    scene: Scene,
    attribute: str,
    *,
    reference: str | None,
    by: Correction = Correction.HOLM,
    draws: int,
) -> list[Measurement]:
    """Every disparity of the task: the range over all groups, and each group beside the reference
    group, with p corrected over all of them.
    """
    disparities = [d for d in DISPARITIES if all(scene.has(part) for part in d.parts)]
    if not scene.known(attribute):
        return [_nobody(disparity, attribute) for disparity in disparities]
    ranges = [_range(scene, disparity, attribute, draws=draws) for disparity in disparities]
    if reference is None:
        return ranges
    asked = [
        question(m, disparity, scene.task)
        for disparity in disparities
        for m in _beside_reference(scene, disparity, attribute, reference)
    ]
    return [*ranges, *corrected(asked, by)]


def _nobody(disparity: Disparity, attribute: str) -> Measurement:
    return Measurement(
        disparity.metric,
        None,
        0,
        attribute=attribute,
        verdict=Verdict.NOT_ENOUGH_DATA,
        reason=f"No row has a value of {attribute}.",
    )


def _range(scene: Scene, disparity: Disparity, attribute: str, *, draws: int) -> Measurement:
    parts = [
        tuple(scene.now[attribute, group, part] for part in disparity.parts)
        for group in scene.known(attribute, disparity.parts)
    ]
    return over_groups(disparity, parts, attribute=attribute, draws=draws)


def _beside_reference(
    scene: Scene, disparity: Disparity, attribute: str, reference: str
) -> Iterator[Measurement]:
    for group in scene.known(attribute, disparity.parts):
        if group == reference:
            continue
        sides = [[(attribute, g, part) for part in disparity.parts] for g in (group, reference)]
        found = scene.widened([*sides[0], *sides[1]])
        if found is None:
            own = tuple(scene.now[key] for key in sides[0])
            yield without_reference(disparity, own, attribute=attribute, reference=reference)
        else:
            middle = len(disparity.parts)
            yield beside(disparity, found[:middle], found[middle:], attribute=attribute)
