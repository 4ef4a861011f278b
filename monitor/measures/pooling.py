"""Adding earlier batches to one that is too small to say anything alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice

from monitor.measures.profile import Profile, combined
from monitor.measures.tally import Tally

MOST_BATCHES = 20  # what happened longer ago is no longer about this batch

Earlier = Callable[[], Iterator[Tally]]  # earlier batches' tallies, newest first, made when asked
Pick = Callable[[Tally], Profile | None]


def nothing_earlier() -> Iterator[Tally]:
    """As if this were the first batch."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Pooled:
    """A column's profile over ``batches`` batches, the one in question and those before it."""

    profile: Profile
    batches: int

    @property
    def window(self) -> str:
        """The batches in words; "" for one alone.

        >>> from monitor.measures.profile import CategoricalEdges, zero_profile
        >>> Pooled(zero_profile(CategoricalEdges(())), 3).window
        'last 3 batches'
        """
        return f"last {self.batches} batches" if self.batches > 1 else ""


class Past:
    """Earlier batches, newest first, each read once and only when it is needed."""

    def __init__(self, earlier: Earlier) -> None:
        self._earlier = earlier
        self._coming: Iterator[Tally] | None = None
        self._read: list[Tally] = []

    def __iter__(self) -> Iterator[Tally]:
        for place in count():
            if place == len(self._read) and not self._read_one():
                return
            yield self._read[place]

    def recent(self) -> Iterator[Tally]:
        """Those that still say something about this batch."""
        return islice(self, MOST_BATCHES - 1)

    def _read_one(self) -> bool:
        if self._coming is None:
            self._coming = self._earlier()
        one = next(self._coming, None)
        if one is not None:
            self._read.append(one)
        return one is not None


def pooled(profile: Profile, pick: Pick, past: Past, *, rows: int) -> Pooled:
    """The profile with as many earlier ones as it takes to have ``rows`` known values.

    A column without any value in this batch stays alone: older values would hide that.  Earlier
    profiles counted in other bins, or of other columns, end the search.
    """
    total, batches = profile, 1
    if not profile.known or profile.known >= rows:
        return Pooled(profile, 1)
    for tally in past.recent():
        older = pick(tally)
        if older is None or older.edges != total.edges:
            break
        total, batches = combined(total, older), batches + 1
        if total.known >= rows:
            break
    return Pooled(total, batches)
