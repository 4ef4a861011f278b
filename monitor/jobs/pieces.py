"""The reference in pieces of time: how it varies from one to the next is how batches may vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from monitor.jobs import periods
from monitor.jobs.instants import instants
from monitor.jobs.partitions import CHUNK_ROWS
from monitor.jobs.predictions import read_predictions
from monitor.jobs.reading import TableFile
from monitor.measures.layout import PSEUDO_COLUMNS, Layout
from monitor.measures.overdispersion import FEWEST_PIECES
from monitor.measures.profile import Profile, combined, profile
from monitor.measures.rows import Ints, Rows
from monitor.models.contract import Contract
from monitor.models.convert import columns_of
from monitor.models.spec import Spec
from monitor.terms import Cadence

MOST_PERIODS = 60  # of a longer history, evenly spaced
EQUAL_PIECES = 20
EQUAL_ROWS = 200  # the fewest rows of a piece where periods are too few
NO_PIECE = -1

Piece = dict[str, Profile]


def pieces_of(
    table: TableFile, predictions: Path, *, spec: Spec, contract: Contract, layout: Layout
) -> list[Piece]:
    """Profiles of every column in every piece, oldest first; none without a usable timestamp.

    ``predictions`` are those of the table's rows, in the same order.
    """
    timestamp = spec.columns.timestamp
    if timestamp is None or timestamp not in table.columns:
        return []
    found = [instants(frame[timestamp]) for frame in table.frames(CHUNK_ROWS)]
    places = piece_of_each(np.concatenate(found), spec.cadence)
    pieces: list[Piece] = [{} for _ in range(places.max(initial=NO_PIECE) + 1)]
    if pieces:
        start = 0
        for frame in table.frames(CHUNK_ROWS):
            columns = columns_of(frame, contract)
            _count(pieces, columns, places[start : start + len(frame)], layout)
            start += len(frame)
        start = 0
        for _, rows in read_predictions(predictions):
            _count(pieces, _answers(rows, layout), places[start : start + rows.n], layout)
            start += rows.n
    return pieces


def piece_of_each(found: np.ndarray, cadence: Cadence) -> Ints:
    """The number of each instant's piece, oldest 0; −1 for rows of no piece.

    Pieces are the model's periods where there are at least eight of them, and of a long history 60
    evenly spaced ones; else 8 to 20 pieces of at least 200 rows, or none.
    """
    places = np.full(len(found), NO_PIECE, dtype=np.int64)
    known = np.flatnonzero(~np.isnat(found))
    starts, period = np.unique(periods.starts(found[known], cadence), return_inverse=True)
    if len(starts) >= FEWEST_PIECES:
        places[known] = _evenly_spaced(len(starts))[period]
        return places
    count = min(EQUAL_PIECES, len(known) // EQUAL_ROWS)
    if count >= FEWEST_PIECES:
        order = known[np.argsort(found[known], kind="stable")]
        places[order] = np.arange(len(order)) * count // len(order)
    return places


def _evenly_spaced(periods: int) -> Ints:
    """The piece of each period; −1 for those that are passed over."""
    kept = np.unique(np.linspace(0, periods - 1, min(periods, MOST_PERIODS)).round().astype(int))
    places = np.full(periods, NO_PIECE, dtype=np.int64)
    places[kept] = np.arange(len(kept))
    return places


def _answers(rows: Rows, layout: Layout) -> dict[str, Any]:
    """The pseudo-columns of scored rows."""
    given = (rows.predicted, None if rows.scores is None else rows.scores[:, 0], rows.actual)
    named = zip(PSEUDO_COLUMNS, given, strict=True)
    return {
        name: values
        for name, values in named
        if values is not None and layout.edges_beside_features(name) is not None
    }


def _count(pieces: list[Piece], columns: Mapping[str, Any], places: Ints, layout: Layout) -> None:
    """Adds the rows of a chunk to the pieces they belong to."""
    for place, chosen in _by_piece(places):
        for name, values in columns.items():
            one = profile(values.take(chosen), layout.edges[name])
            before = pieces[place].get(name)
            pieces[place][name] = one if before is None else combined(before, one)


def _by_piece(places: Ints) -> Iterator[tuple[int, Ints]]:
    for place in np.unique(places[places != NO_PIECE]).tolist():
        yield place, np.flatnonzero(places == place)
