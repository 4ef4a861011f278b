"""Repeated ids are counted exactly, in pieces and beyond what is held in memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monitor.jobs import repeated_ids
from monitor.jobs.repeated_ids import Ids


@pytest.mark.parametrize("held", [10, 1 << 20])
@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_ids_that_came_before_are_counted_wherever_they_came(
    monkeypatch: pytest.MonkeyPatch, held: int, kind: pa.DataType
) -> None:
    monkeypatch.setattr(repeated_ids, "HELD", held)
    drawn = np.random.default_rng(5).integers(-400, 400, 1000)
    with Ids() as ids:
        for start in range(0, 1000, 64):
            piece = pa.array(drawn[start : start + 64]).cast(kind)
            ids.add(pa.concat_arrays([piece, pa.nulls(3, kind)]))
        assert ids.repeated == 1000 - len(set(drawn.tolist()))


@pytest.mark.parametrize("held", [10, 1 << 20])
def test_ids_that_rise_for_long_are_found_again_when_one_comes_back(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(repeated_ids, "HELD", held)
    with Ids() as ids:
        for start in range(0, 500, 50):
            ids.add(pa.array(np.arange(start, start + 50)))
        assert ids.repeated == 0
        for start in range(250, 750, 50):
            ids.add(pa.array(np.arange(start, start + 50)))
        assert ids.repeated == 250


def test_without_ids_none_is_repeated() -> None:
    with Ids() as ids:
        assert ids.repeated == 0
