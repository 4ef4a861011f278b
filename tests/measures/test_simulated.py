"""Labels that are drawn: sums drawn as a normal vector vary as labels counted row by row do."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.measures.histogram import BINS
from monitor.measures.rows import Floats
from monitor.measures.unlabelled.calibration import Calibration, calibrate
from monitor.measures.unlabelled.expected import Scored, Turned, expect
from monitor.measures.unlabelled.simulated import simulate

PARTS = ("roc_auc", "log_loss", "brier_score")


def _calibration() -> Calibration:
    random = np.random.default_rng(8)
    both = np.bincount(random.integers(1_500, 6_500, 4_000), minlength=BINS).astype(float)
    own = random.binomial(both.astype(int), np.linspace(0.0, 1.0, BINS)).astype(float)
    return calibrate(own, both - own, rows=both.sum())


def _scored(rows: int, *, weight: float = 1.0) -> Scored:
    """As many rows below the middle as above it, in forty bins."""
    bins = np.linspace(1_600, 6_400, 40).astype(int)
    each = np.full(40, weight * rows / 40)
    said = np.where(bins < BINS // 2, 0.0, each)
    return Scored(bins, said, each - said, rows=rows)


def _spreads(turned: Turned) -> Floats:
    cells = turned.matrix.reshape(-1, 4)
    return np.array([*cells.std(axis=0), *(getattr(turned, part).std() for part in PARTS)])


def test_a_normal_vector_varies_as_counted_rows_do(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration, scored = _calibration(), _scored(800)
    found = {}
    for least in (0.0, np.inf):
        monkeypatch.setattr("monitor.measures.unlabelled.simulated.NORMAL_FROM", least)
        drawn = [simulate(scored, calibration, seed=seed) for seed in range(10)]
        found[least] = np.mean([_spreads(one) for one in drawn], axis=0)
    assert found[0.0] == pytest.approx(found[np.inf], rel=0.04)


@pytest.mark.parametrize(("rows", "weight"), [(40, 1.0), (40, 0.5), (60, 1.0), (40_000, 2.0)])
def test_draws_lie_about_what_is_expected(rows: int, weight: float) -> None:
    calibration, scored = _calibration(), _scored(rows, weight=weight)
    middle, drawn = (
        expect(scored, calibration.fitted),
        simulate(scored, calibration, seed=1),
    )
    error = drawn.matrix.std(axis=0) + 1e-9
    assert np.all(np.abs(drawn.matrix.mean(axis=0) - middle.matrix) < error)
    assert drawn.matrix.sum(axis=(1, 2)) == pytest.approx(middle.matrix.sum())
    assert drawn.matrix.min() >= 0.0
