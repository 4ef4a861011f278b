"""What is wrong with the data itself, column by column."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.measures.interval import wilson
from monitor.measures.measurement import Measurement
from monitor.measures.profile import NumericProfile, Profile
from monitor.measures.tally import Profiles


def measure(
    profiles: Profiles, reference: Profiles | None, *, duplicate_ids: int, rows: int
) -> list[Measurement]:
    """missing_rate of every column; infinite_rate and out_of_range_rate of the numeric ones and
    unseen_rate of the others; duplicate_ids and row_count of the batch.

    Shares are of all rows, so they add up.  A column without rows has no shares.
    """
    before = reference.columns if reference else {}
    return [
        Measurement("row_count", float(rows), rows, method="count"),
        Measurement("duplicate_ids", float(duplicate_ids), rows, method="count"),
        *(
            measurement
            for name, profile in profiles.columns.items()
            for measurement in _column(name, profile, before.get(name))
        ),
    ]


def _column(name: str, profile: Profile, before: Profile | None) -> Iterator[Measurement]:
    earlier = _counted(before) if before is not None else {}
    for metric, count in _counted(profile).items():
        yield _share(metric, name, count, profile.n, _rate(earlier.get(metric), before))


def _counted(profile: Profile) -> dict[str, int]:
    if isinstance(profile, NumericProfile):
        return {
            "missing_rate": profile.missing,
            "infinite_rate": profile.infinite,
            "out_of_range_rate": profile.out_of_range,
        }
    return {"missing_rate": profile.missing, "unseen_rate": profile.other}


def _rate(count: int | None, profile: Profile | None) -> float | None:
    return count / profile.n if count is not None and profile is not None and profile.n else None


def _share(
    metric: str, feature: str, count: int, rows: int, reference: float | None
) -> Measurement:
    if not rows:
        return Measurement(
            metric, None, 0, feature=feature, reason="The batch has no rows of this column."
        )
    low, high = wilson(count, rows).bounds
    return Measurement(
        metric,
        count / rows,
        rows,
        low,
        high,
        feature=feature,
        method="Wilson",
        denominator=rows,
        reference=reference,
    )
