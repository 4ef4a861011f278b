"""What a batch is judged beside: the same numbers of the batches before it, and its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import numpy as np

from monitor.alerts.rule import Against, Rule
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import is_enough

Key = tuple[str, str, str, str]  # metric, feature, attribute, group
LOOKED_THROUGH: Final = 4  # times as many batches as are wanted, or weeks; some say too little
HOURS_OF_A_WEEK: Final = 7 * 24  # the batches of an hourly model since the same weekday


@dataclass(frozen=True, slots=True)
class Earlier:
    """One number of a batch that began before the one judged, as it was judged then."""

    starts_at: datetime
    measurement: Measurement


def nothing(_: Key) -> Sequence[Earlier]:
    """The past of the first batch."""
    return ()


@dataclass(frozen=True, slots=True)
class Beside:
    """``past`` gives a number's earlier values, newest first.

    ``coverage`` is the share of the batch's labels that are there and ``waited_days`` how long ago
    the batch ended; with None for either no rule waits for labels.  ``wait_days`` is the model's
    label wait.  ``starts_at`` may be None where no rule compares with the same weekday.
    """

    starts_at: datetime | None = None
    past: Callable[[Key], Sequence[Earlier]] = nothing
    coverage: float | None = None
    waited_days: float | None = None
    wait_days: int = 0


NOTHING: Final = Beside()


@dataclass(frozen=True, slots=True)
class Scale:
    """How a rule's limits become values: ``origin + limit · unit``.

    ``parity`` is the value of no difference, which an interval has to leave out before a limit is
    broken; None where it has to leave out the limit itself.
    """

    origin: float = 0.0
    unit: float = 1.0
    parity: float | None = None

    def of(self, limit: float | None) -> float | None:
        return None if limit is None else self.origin + limit * self.unit


def reach(rule: Rule) -> int:
    """How many batches before the one judged the rule may have to know."""
    weekday = LOOKED_THROUGH * HOURS_OF_A_WEEK if rule.against is Against.WEEKDAY else 0
    return max(newest(rule), weekday)


def newest(rule: Rule) -> int:
    """The same without those of the same weekday: how many of the newest batches."""
    asked = rule.conditions
    compared = {Against.PREVIOUS: 1, Against.TRAILING: asked.trailing}.get(rule.against, 0)
    return LOOKED_THROUGH * max(compared, asked.window - 1)


def same_weekday(starts_at: datetime) -> list[datetime]:
    """When the batches began that are of the same weekday, and the same time of day, for of an
    hourly model's batches most begin on the same day; the newest first."""
    return [starts_at - timedelta(weeks=weeks) for weeks in range(1, LOOKED_THROUGH + 1)]


def scale(rule: Rule, m: Measurement, beside: Beside) -> Scale | str:
    """What the limits of a rule against earlier batches count from; a clause that says why there
    is nothing to compare with.

    Earlier batches of which the number says too little are passed over.
    """
    earlier = (one for one in beside.past(m.key) if is_enough(one.measurement))
    if rule.against is Against.TRAILING:
        return _trailing(earlier, wanted=rule.conditions.trailing)
    if rule.against is Against.WEEKDAY:
        assert beside.starts_at is not None
        wanted = same_weekday(beside.starts_at)
        earlier = (one for one in earlier if one.starts_at in wanted)
    found = next(earlier, None)
    if found is None:
        same = " of the same weekday" if rule.against is Against.WEEKDAY else ""
        return f"no batch{same} before this one has such a number to compare with"
    return Scale(origin=_value(found))


def _trailing(earlier: Iterable[Earlier], *, wanted: int) -> Scale | str:
    values = [_value(one) for one in islice(earlier, wanted)]
    if len(values) < wanted:
        return (
            f"{len(values)} of the {wanted} batches before this one that the mean is of are there"
        )
    return Scale(origin=float(np.mean(values)), unit=float(np.std(values, ddof=1)))


def _value(one: Earlier) -> float:
    assert one.measurement.value is not None
    return one.measurement.value
