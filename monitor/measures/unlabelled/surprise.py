"""What labels say beyond what the scores of their own rows promised.

A shift of inputs is in the estimate already, so what remains is a changed relation between inputs
and outcome: concept drift.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import REALISED, WHOLE
from monitor.measures.groupings import EVERYBODY
from monitor.measures.measurement import Measurement, changed
from monitor.measures.multiplicity import Question, corrected
from monitor.measures.outcomes import Outcomes
from monitor.measures.significance import normal_p
from monitor.measures.unlabelled.calibrations import EVERYONE, Calibrations
from monitor.measures.unlabelled.estimate import doubted, why_unreliable
from monitor.measures.unlabelled.foreseen import Read, bounds, defined, foresee
from monitor.measures.unlabelled.grouped import by_prediction, labelled
from monitor.terms import Verdict


def measure(
    outcomes: Outcomes, calibrations: Calibrations, realised: Mapping[str, Measurement]
) -> list[Measurement]:
    """Realised minus estimated over the rows with a label, p by Holm; nothing without such rows.

    ``realised`` are the performance metrics of the same outcomes by name.
    """
    counted = by_prediction(outcomes, among=labelled, attribute=EVERYBODY).get(EVERYONE)
    if calibrations.reason or counted is None or not counted.weight:
        return []
    foreseen = foresee(EVERYONE, counted, calibrations)
    why = why_unreliable(counted, calibrations)
    found = corrected(
        [
            Question(
                beyond(realised[name], foreseen.read(name), method=foreseen.method),
                "realised",
                name,
            )
            for name in WHOLE
            if name in realised
        ]
    )
    return [doubted(m, why) for m in found] if why else found


def beyond(realised: Measurement, read: Read, *, method: str) -> Measurement:
    """What came true minus what was expected of the same rows."""
    name = f"{REALISED}{realised.metric}"
    about = Measurement(
        name,
        None,
        read.rows,
        method=method,
        denominator=read.denominator,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if realised.value is None or read.hidden:
        return changed(about, reason=realised.reason or read.hidden)
    value = realised.value - read.value
    low, high = (realised.value - bound for bound in bounds(read.value, read.drawn)[::-1])
    least, most = METRICS[name].range
    spread = float(defined(read.drawn).std())
    return changed(
        about,
        value=value,
        low=max(low, least),
        high=min(high, most),
        p=normal_p(value / spread) if spread else 1.0,
        verdict=Verdict.NOT_ENOUGH_DATA if read.thin else None,
        reason=read.thin,
    )
