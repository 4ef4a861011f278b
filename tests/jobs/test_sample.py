"""Samples of rows, and the job that looks at them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.jobs import explain as module
from monitor.jobs.register import register
from monitor.jobs.sample import Sample, reference_sample, sample_of
from monitor.jobs.version import Version, champion_of
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import reads, results
from monitor.store.engine import Store, open_store
from monitor.store.results import Made
from monitor.terms import JobKind
from tests.jobs.conftest import Give
from tests.jobs.loans import csv, explanations, history, labels_of, loans, undone, work_off


def champion(store: Store) -> Version:
    with store.read() as connection:
        return champion_of(connection, "loans")


def newest(store: Store) -> int:
    return int(reads.batches(store, "loans").query("role == 'records'")["id"].iloc[0])


def test_a_small_batch_is_its_own_sample(store: Store, give: Give) -> None:
    frame = loans()
    give(frame)
    work_off(store)
    sample = sample_of(store, champion(store), newest(store))
    assert sample.total == sample.rows.n == len(frame)
    assert list(sample.ids) == list(frame["id"].astype(str))
    np.testing.assert_array_equal(sample.rows.columns["income"], frame["income"])
    assert sample.rows.columns["job"].to_pylist() == frame["job"].tolist()
    assert list(sample.rows.groups["sex"]) == frame["sex"].tolist()
    assert list(sample.rows.actual) == frame["repaid"].astype(str).tolist()


def test_rows_of_a_sample_are_whole_and_the_same_at_every_call(store: Store, give: Give) -> None:
    frame = loans().set_index("id", drop=False)
    give(frame)
    work_off(store)
    one, again = (sample_of(store, champion(store), newest(store), most=100) for _ in range(2))
    assert (one.rows.n, one.total) == (100, len(frame))
    assert list(one.ids) == list(again.ids)
    theirs = frame.loc[list(one.ids)]
    np.testing.assert_array_equal(one.rows.columns["income"], theirs["income"])
    np.testing.assert_array_equal(one.rows.scores[:, 0], theirs["chance"])
    assert list(one.rows.predicted) == theirs["answer"].astype(str).tolist()
    assert list(one.frame["job"]) == theirs["job"].tolist()


def test_labels_that_came_late_are_in_the_sample(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans()
    give(frame.drop(columns="repaid"))
    work_off(store)
    give_labels(labels_of(frame).head(50))
    work_off(store)
    actual = sample_of(store, champion(store), newest(store)).rows.actual
    assert list(actual[:50]) == frame["repaid"].astype(str).tolist()[:50]
    assert pd.isna(actual[50:]).all()


def test_the_reference_has_a_sample_with_scores_and_labels(store: Store) -> None:
    sample = reference_sample(store, champion(store))
    assert sample is not None
    assert sample.total == 1500
    assert sample.rows.scores is not None
    assert not pd.isna(sample.rows.actual).any()


def test_a_first_batch_that_became_the_reference_is_its_sample(kept: Path, tmp_path: Path) -> None:
    store = open_store(Settings(home=tmp_path / "home", database_url=""))
    register(store, read_spec(kept / "bare.toml"), who="test")
    from monitor.jobs.intake import receive

    receive(store, "loans", csv(loans(), tmp_path / "a.csv"), name="a.csv", source="test")
    work_off(store)
    assert undone(store) == []
    sample = reference_sample(store, champion(store))
    assert sample is not None
    assert sample.total == len(loans())


def test_what_was_registered_without_predictions_has_no_reference_sample(store: Store) -> None:
    facts = dict(champion(store).facts)
    del facts["reference_predictions_sha256"]
    assert reference_sample(store, replace(champion(store), facts=facts)) is None


@pytest.fixture
def mean_income(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explainer, under the name of a metric that the sample is said to make."""

    def look(batch: Sample, reference: Sample, layout: Layout) -> list[Measurement]:
        labels = 0 if batch.rows.actual is None else int((~pd.isna(batch.rows.actual)).sum())
        value = float(np.mean(batch.rows.columns["income"]))
        return [Measurement("wasserstein", value, labels, attribute="made of a sample")]

    monkeypatch.setattr(module, "EXPLAINERS", (look,))
    of_tallies = tuple(n for n in results.NAMES[Made.OF_TALLIES] if n != "wasserstein")
    assert len(of_tallies) == len(results.NAMES[Made.OF_TALLIES]) - 1
    names = {**results.NAMES, Made.OF_TALLIES: of_tallies, Made.OF_SAMPLES: ("wasserstein",)}
    monkeypatch.setattr(results, "NAMES", names)


@pytest.mark.usefixtures("mean_income")
def test_scoring_and_labels_are_each_followed_by_an_explanation(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans()
    give(frame.drop(columns="repaid"))
    work_off(store)
    assert len(explanations(store)) == 1
    give_labels(labels_of(frame))
    work_off(store)
    assert len(explanations(store)) == 2
    found = reads.measurements(store, "loans", metric="wasserstein")
    assert list(found["n"]) == [len(frame)]
    assert list(found["value"]) == [pytest.approx(frame["income"].mean())]


def test_labels_that_overtake_an_explanation_leave_one_to_be_made(
    store: Store, give: Give, give_labels: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled: list[int] = []

    def look(batch: Sample, reference: Sample, layout: Layout) -> list[Measurement]:
        labelled.append(int(pd.notna(batch.rows.actual).sum()))
        return []

    monkeypatch.setattr(module, "EXPLAINERS", (look,))
    frame = loans()
    give(frame.drop(columns="repaid"))
    give_labels(labels_of(frame))
    work_off(store)
    assert labelled == [len(frame)]
    assert len(explanations(store)) == len(reads.jobs(store)) - 2 == 1


@pytest.mark.usefixtures("mean_income")
def test_tallies_and_samples_leave_each_others_numbers_alone(store: Store, give: Give) -> None:
    give(loans())
    work_off(store)
    table = reads.measurements(store, "loans")
    assert {"psi", "accuracy", "wasserstein"} <= set(table["metric"])
    of_one_batch = ~table["metric"].isin(results.NAMES[Made.OF_BATCHES])
    assert table.loc[of_one_batch, "window"].eq("").all()


def test_batches_are_scored_before_any_is_explained_and_the_newest_explained_first(
    store: Store, give: Give
) -> None:
    give(history(3))
    work_off(store)
    jobs = reads.jobs(store).sort_values("started_at")
    kinds = jobs["kind"].tolist()
    assert kinds == [JobKind.SCORE] * 3 + [JobKind.EXPLAIN] * 3
    batches = jobs[jobs["kind"] == JobKind.EXPLAIN]["batch"].tolist()
    assert batches == sorted(batches, reverse=True)
