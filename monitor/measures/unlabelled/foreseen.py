"""What is expected of one group's rows, read as numbers with their intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from zlib import crc32

import numpy as np

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import ESTIMATED
from monitor.measures.losses import GroupKey
from monitor.measures.measurement import Measurement, changed
from monitor.measures.quantiles import quantiles
from monitor.measures.rows import Floats
from monitor.measures.unlabelled.calibrations import Calibrations
from monitor.measures.unlabelled.expected import Scored, Turned, expect
from monitor.measures.unlabelled.figures import FIGURES
from monitor.measures.unlabelled.grouped import Counted
from monitor.measures.unlabelled.simulated import simulate
from monitor.measures.verdict import HIDDEN_BELOW, enough
from monitor.measures.wording import format_rows
from monitor.terms import Verdict

ALPHA = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """A group's ``expected`` outcome; ``turned`` has it first, then those of labels drawn for it.

    ``weight`` is that of its ``rows`` rows; ``whose`` says which calibration was used, and
    ``window`` which batches the rows are of, "" for the one in question.
    """

    group: GroupKey
    expected: Turned
    turned: Turned
    rows: int
    weight: float
    whose: str
    window: str = ""
    _reads: dict[str, Read] = field(default_factory=dict, init=False, repr=False)

    def read(self, metric: str) -> Read:
        """Worked out once; the gaps to every other group ask for it again."""
        if metric not in self._reads:
            figure = FIGURES[metric]
            among = float(figure.among(self.expected))
            value, drawn = np.split(figure.of(self.turned), [1])
            self._reads[metric] = Read(
                self.group.group,
                float(value[0]),
                drawn,
                self.rows,
                round(self.rows * among / self.weight),
            )
        return self._reads[metric]

    @property
    def method(self) -> str:
        return f"CBPE, {self.whose}, simulated labels"


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A number of a group, the same of every draw, and how many rows it divides by."""

    group: str
    value: float
    drawn: Floats
    rows: int
    denominator: int

    @property
    def hidden(self) -> str:
        """Why the value is not shown; "" if it is."""
        if isnan(self.value) or self.denominator < HIDDEN_BELOW:
            expected = format_rows(self.denominator)
            return f"Only {expected} expected behind it; {HIDDEN_BELOW} are needed to show it."
        return ""

    @property
    def thin(self) -> str:
        """Why it is shown and not judged; "" if it is judged."""
        return enough(rows=self.rows, denominator=self.denominator)


def foresee(
    group: GroupKey, counted: Counted, calibrations: Calibrations, *, window: str = ""
) -> Foreseen:
    """From a group's rows predicted positive and others; they must have some weight."""
    scored = Scored(counted.bins, counted.yes, counted.no, counted.worth)
    calibration = calibrations.best(group)
    expected = expect(scored, calibration.fitted)
    drawn = simulate(scored, calibration, seed=crc32("\0".join(group).encode()))
    return Foreseen(
        group,
        expected,
        expected.and_then(drawn),
        rows=round(counted.rows),
        weight=counted.weight,
        whose=calibrations.whose(group),
        window=window,
    )


def bounds(value: float, drawn: Floats, *, alpha: float = ALPHA) -> tuple[float, float]:
    """The interval of the draws about the value, with room for the side to which it may err.

    Calibrators of drawn rows follow chance a second time, so the mean of the draws is off the value
    by about as much as the value is off the truth: the draws are moved back by that error, and the
    interval's far end by as much again.
    """
    known = defined(drawn)
    error = float(known.mean()) - value
    low, high = quantiles(known - error, (alpha / 2, 1 - alpha / 2))
    return low - max(error, 0.0), high - min(error, 0.0)


def defined(drawn: Floats) -> Floats:
    """The draws of which the number can be told."""
    unknown = np.isnan(drawn)
    return drawn[~unknown] if unknown.any() else drawn


def measured(foreseen: Foreseen, metric: str) -> Measurement:
    """The metric of one group as it is expected to be."""
    group, attribute = foreseen.group.group, foreseen.group.attribute
    one = shown(foreseen.read(metric), metric, method=foreseen.method)
    about = (attribute, group, foreseen.window)
    return (
        one
        if about == (one.attribute, one.group, one.window)
        else changed(one, attribute=attribute, group=group, window=foreseen.window)
    )


def shown(read: Read, metric: str, *, method: str) -> Measurement:
    """What was read, hidden or unjudged where it divides by too few rows."""
    about = Measurement(
        f"{ESTIMATED}{metric}",
        None,
        read.rows,
        method=method,
        denominator=read.denominator,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if read.hidden:
        return changed(about, reason=read.hidden)
    least, most = METRICS[about.metric].range
    low, high = (min(max(bound, least), most) for bound in bounds(read.value, read.drawn))
    verdict = Verdict.NOT_ENOUGH_DATA if read.thin else None
    return changed(about, value=read.value, low=low, high=high, verdict=verdict, reason=read.thin)
