"""Whether the rows of a file have come before, in whatever format and order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from monitor.jobs import periods
from monitor.jobs.periods import Period
from monitor.models.contract import Contract
from monitor.models.identity import Hashes, digest, row_hashes
from monitor.store import rows
from monitor.store.engine import Connection
from monitor.terms import Cadence, Role

Digests = Mapping[Period | None, str]


class Fingerprints:
    """The rows seen so far by period, eight bytes a row; None where the file tells no time."""

    def __init__(self, contract: Contract, *, role: Role) -> None:
        wanted = contract.columns.items()
        if role is Role.LABELS:
            wanted = {n: c for n, c in wanted if {"id", "target"} & set(c.roles)}.items()
        self._columns = dict(wanted)
        self._hashes: dict[Period | None, list[Hashes]] = defaultdict(list)

    def add(self, frame: pd.DataFrame, starts: pd.Series | None, cadence: Cadence) -> None:
        """One more piece of the file; ``starts`` are those of its rows' periods."""
        found = row_hashes(frame, self._columns)
        if starts is None:
            self._hashes[None].append(found)
            return
        codes, distinct = pd.factorize(starts)
        for code, start in enumerate(distinct):
            period = periods.period_of(pd.Timestamp(str(start)), cadence)
            self._hashes[period].append(found[codes == code])

    @property
    def periods(self) -> dict[Period, int]:
        """Rows in each, oldest first."""
        sizes = {k: sum(map(len, parts)) for k, parts in self._hashes.items() if k is not None}
        return dict(sorted(sizes.items()))

    def digests(self) -> Digests:
        """Of each period, and under None of the whole file."""
        whole = [part for parts in self._hashes.values() for part in parts]
        return {period: digest(parts) for period, parts in self._hashes.items()} | {
            None: digest(whole)
        }


def received_before(
    connection: Connection, model_id: int, *, sha256: str, digests: Digests, role: Role
) -> tuple[tuple[str, ...], dict[Period | None, str]]:
    """The batches that the whole file is already, and those that some of its periods are."""
    names = rows.batches_of_rows(connection, model_id, digests.values(), role)
    known = {period: names[one] for period, one in digests.items() if one in names}
    same = rows.batches_of_file(connection, model_id, sha256, role)
    return same or _all_of(known, digests), known


def _all_of(known: Mapping[Period | None, str], digests: Digests) -> tuple[str, ...]:
    """None where some rows are new."""
    if None in known:
        return (known[None],)
    parts = sorted(period for period in digests if period is not None)
    return tuple(known[p] for p in parts) if parts and known.keys() >= set(parts) else ()
