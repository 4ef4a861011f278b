"""What a reference says beforehand, found once: see ``measures.norms``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from monitor.errors import FairwatchError
from monitor.jobs.conclude import tally_from
from monitor.jobs.pieces import pieces_of
from monitor.jobs.reading import open_table
from monitor.jobs.sample import SAMPLE_ROWS, Sample, sample_from
from monitor.jobs.table_file import TableFile
from monitor.jobs.version import Version
from monitor.measures.drift import column_of
from monitor.measures.importance import association, goodness, shares
from monitor.measures.layout import Layout
from monitor.measures.norms import Norms
from monitor.measures.overdispersion import excess_of
from monitor.measures.profile import Profile
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally
from monitor.models.convert import to_rows
from monitor.models.runner import Runner
from monitor.store import results, writes
from monitor.store.engine import Store

ASKED_ROWS = 2000  # of the reference
SHUFFLES = 3
MOST_SECONDS = 60.0  # that the model may take over all the questions together
SEED = 2001  # the year of Breiman's forests; any fixed number would do

Weighed = tuple[Mapping[str, float], str]  # shares of importance, and how they were found


def with_known_norms(store: Store, version: Version, runner: Runner) -> Version:
    """The version with its norms, which are found once, before its first batch is judged.

    They are stored at once: should the model not survive being asked, it is not asked again.
    """
    layout = version.layout
    if layout is None or layout.norms.known or "reference_predictions_sha256" not in version.facts:
        return version
    file, predictions = (
        store.files.path(version.facts[f"reference_{name}"])
        for name in ("sha256", "predictions_sha256")
    )
    with store.read() as connection:
        stored = results.load_tallies(connection, version.id, results.REFERENCE)
    tally = tally_from(stored, layout)
    table = open_table(file, name=file.name)
    layout = with_norms(layout, table, predictions, runner, tally, version=version)
    with store.write() as connection:
        writes.describe_version(connection, version.id, {"layout": layout.to_json()})
    return replace(version, layout=layout)


def with_norms(
    layout: Layout,
    table: TableFile,
    predictions: Path,
    runner: Runner,
    tally: Tally,
    *,
    version: Version,
) -> Layout:
    """The layout with what its reference says beforehand.

    ``predictions`` are those of the table's rows, and ``tally`` counts both.
    """
    assert version.contract is not None
    pieces = pieces_of(
        table, predictions, spec=version.spec, contract=version.contract, layout=layout
    )
    whole = _columns(tally, layout)
    weights, by = _own(runner, whole) or _found(runner, table, predictions, version, layout)
    return replace(layout, norms=Norms(excess_of(pieces, whole), len(pieces), weights, by))


def _columns(tally: Tally, layout: Layout) -> dict[str, Profile]:
    named = {name: column_of(tally, name, layout) for name in layout.edges}
    return {name: one for name, one in named.items() if one is not None}


def _own(runner: Runner, whole: Mapping[str, Profile]) -> Weighed | None:
    """What the model itself says; None where it says nothing of use."""
    found = shares(runner.importances)
    if runner.importances_by == "coef_":
        spreads = {name: getattr(whole.get(name), "std", 0.0) for name in found}
        found = shares({name: weight * spreads[name] for name, weight in found.items()})
        return (found, "the model's own |coef_| × standard deviation") if found else None
    return (found, f"the model's own {runner.importances_by}") if found else None


def _found(
    runner: Runner, table: TableFile, predictions: Path, version: Version, layout: Layout
) -> Weighed:
    """Shares of importance by asking the model, or by association where there is none to ask."""
    if version.spec.runner.kind == "columns":
        sample = sample_from(table, predictions, version, most=SAMPLE_ROWS)
        return _by_association(sample.rows, layout, "there is no model to ask")
    sample = sample_from(table, predictions, version, most=ASKED_ROWS)
    try:
        if _seconds(runner, sample.frame, layout) > MOST_SECONDS:
            return _by_association(sample.rows, layout, "the model is too slow to be asked")
        return _Question(runner, sample, version, layout).weights()
    except FairwatchError as error:
        return {}, f"The model could not be asked about its columns: {error}"


def _seconds(runner: Runner, frame: pd.DataFrame, layout: Layout) -> float:
    """What all the questions would take, by the time that one takes."""
    begun = time.perf_counter()
    runner.predict(frame)
    return (time.perf_counter() - begun) * len(layout.features) * SHUFFLES


def _by_association(rows: Rows, layout: Layout, why: str) -> Weighed:
    weights = shares(association(rows, layout))
    if not weights:
        return {}, "No column goes together with the prediction."
    return weights, f"association with the prediction, for {why}"


@dataclass(frozen=True, slots=True)
class _Question:
    """What does the model say of these rows when a column's values are shuffled among them?"""

    runner: Runner
    sample: Sample
    version: Version
    layout: Layout

    def weights(self) -> Weighed:
        """By how much predictions get worse when a column says nothing any more, as shares."""
        frame, before = self.sample.frame, self.sample.rows
        base, by = goodness(before, self.layout, before=before)
        random = np.random.default_rng(SEED)
        found = shares(
            {
                name: base - float(np.mean([self._shuffled(name, random) for _ in range(SHUFFLES)]))
                for name in self.layout.features
                if name in frame.columns
            }
        )
        if not found:
            return {}, "No column changes what the model says."
        return found, f"permutation importance: loss of {by} on {len(frame):,} reference rows"

    def _shuffled(self, name: str, random: np.random.Generator) -> float:
        frame, contract = self.sample.frame, self.version.contract
        assert contract is not None
        values = frame[name].take(random.permutation(len(frame)))
        asked = frame.assign(**{name: values.set_axis(frame.index)})
        predicted = self.runner.predict(asked)
        rows = to_rows(asked, predicted, spec=self.version.spec, contract=contract)
        return goodness(rows, self.layout, before=self.sample.rows)[0]
