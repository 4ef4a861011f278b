"""What is promised about chance, held by the quick part of the simulations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.simulations import __main__ as simulations
from benchmarks.simulations.figure import Figure, mean, median, share
from benchmarks.simulations.promise import HEAD, Found, Promise, Row, line

README = (Path(__file__).parents[2] / "README.md").read_text()
QUICK = [promise for promise in simulations.PROMISES if promise.quick]


@cache
def simulated(name: str, setting: str) -> Row:
    promise = next(p for p in QUICK if (p.name, p.setting) == (name, setting))
    return Row(promise, promise.simulated(quick=True))


@pytest.mark.parametrize(
    ("name", "setting"), [(p.name, p.setting) for p in QUICK], ids=lambda text: text
)
def test_a_promise_is_kept(name: str, setting: str):
    row = simulated(name, setting)
    assert not row.broken, line(row.cells)


def found(ours: Figure, theirs: Mapping[str, Figure] | None = None) -> Promise:
    return Promise("x", "y", lambda random, repeats: Found(ours, theirs or {}), 1, limit=0.05)


def broken(promise: Promise) -> bool:
    return Row(promise, promise.simulated(quick=False)).broken


def test_a_promise_is_broken_where_the_draws_leave_no_doubt():
    assert not broken(found(share(9, 100)))
    assert broken(found(share(90, 1000)))
    assert broken(replace(found(share(900, 1000)), side="at least", limit=0.94))
    assert not broken(replace(found(share(935, 1000)), side="at least", limit=0.94))
    assert not broken(replace(found(share(1, 1)), limit=None))


def test_a_promise_may_be_to_do_no_worse_than_others():
    slow, fast = median([9.0] * 50, unit="batches"), median([2.0] * 50, unit="batches")
    assert broken(replace(found(slow, {"theirs": fast}), limit="theirs"))
    assert not broken(replace(found(fast, {"theirs": slow}), limit="theirs"))


def test_incumbents_rules_would_break_what_we_promise():
    """So the simulations can tell a good rule from a bad one."""
    wanted = ("2 groups of 50 rows", "both .95, 30 beside 100 rows")
    for promise in (p for p in QUICK if p.setting.startswith(wanted)):
        row = simulated(promise.name, promise.setting)
        theirs = next(iter(row.found.theirs.values()))
        assert Row(promise, Found(theirs)).broken, line(row.cells)


def test_the_same_draws_are_made_in_every_run():
    promise = next(p for p in QUICK if "Newcombe" in p.name)
    assert promise.simulated(quick=True) == simulated(promise.name, promise.setting).found


def test_figures_hold_what_they_estimate_nearly_always():
    random = np.random.default_rng(3)
    shares = [share(x, 200) for x in random.binomial(200, 0.05, 150).tolist()]
    means = [mean(random.exponential(1.0, 200).tolist(), unit="batches") for _ in range(150)]
    medians = [median(random.exponential(1.0, 200).tolist(), unit="batches") for _ in range(150)]
    for figures, truth in ((shares, 0.05), (means, 1.0), (medians, np.log(2))):
        assert sum(f.low <= truth <= f.high for f in figures) >= 144


def test_it_prints_a_table_and_fails_where_a_promise_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(simulations, "PROMISES", (found(share(1, 100)),))
    with pytest.raises(SystemExit) as kept:
        simulations.main(["--processes", "1"])
    assert kept.value.code == 0
    assert capsys.readouterr().out.splitlines()[-1] == "| x | y | 1 % (0–7.2) | ≤ 5 % | – | – |"
    monkeypatch.setattr(simulations, "PROMISES", (found(share(50, 100)),))
    with pytest.raises(SystemExit) as failed:
        simulations.main(["--processes", "1"])
    assert failed.value.code == "1 of 1 promises are broken."


def test_the_readme_shows_the_table():
    """Its figures are those of the whole run; all else is compared."""
    table = README.split(line(HEAD))[1].split("\n\n")[0].strip().splitlines()[1:]
    shown = [tuple(row.strip("| ").split(" | ")) for row in table]
    assert [row[:2] for row in shown] == [(p.name, p.setting) for p in simulations.PROMISES]
    assert not any("BROKEN" in row[2] for row in shown)
    by_name = {row[:2]: row[3:5] for row in shown}
    for promise in QUICK:
        cells = simulated(promise.name, promise.setting).cells
        assert by_name[cells[:2]] == cells[3:5]
