"""Every metric we name: what it is, which way is better, and where its definition comes from.

Pages, messages, rules and the README read it, so it imports nothing heavy.
"""

from __future__ import annotations

from monitor.measures.catalogue.causes import CAUSES
from monitor.measures.catalogue.definition import Better, Family, Metric, Range, Unit
from monitor.measures.catalogue.drift import DRIFT
from monitor.measures.catalogue.estimated import ESTIMATES
from monitor.measures.catalogue.evidently import EVIDENTLY
from monitor.measures.catalogue.gaps import GAPS
from monitor.measures.catalogue.groups import GROUPS
from monitor.measures.catalogue.inequality import INEQUALITY
from monitor.measures.catalogue.performance import PERFORMANCE
from monitor.measures.catalogue.quality import QUALITY
from monitor.measures.catalogue.sequence import SEQUENCE
from monitor.measures.catalogue.service import SERVICE

__all__ = ["METRICS", "Better", "Family", "Metric", "Range", "Unit", "metric"]

METRICS: dict[str, Metric] = {
    one.name: one
    for one in (
        *PERFORMANCE,
        *GROUPS,
        *GAPS,
        *INEQUALITY,
        *DRIFT,
        *EVIDENTLY,
        *QUALITY,
        *SERVICE,
        *SEQUENCE,
        *ESTIMATES,
        *CAUSES,
    )
}


def metric(name: str) -> Metric:
    """The definition of ``name``; KeyError, naming it, if we have none.

    >>> metric("demographic_parity_ratio").neutral
    1.0
    """
    return METRICS[name]
