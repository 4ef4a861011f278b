"""What a reference says beforehand: its pieces of time, and which columns matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from monitor.errors import SpecError
from monitor.jobs import norms
from monitor.jobs.intake import receive
from monitor.jobs.pieces import piece_of_each
from monitor.jobs.register import register
from monitor.jobs.version import champion_of
from monitor.measures.layout import Layout
from monitor.measures.norms import Norms
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store, open_store
from monitor.terms import Cadence
from tests.jobs.loans import SPEC, csv, history, loans, work_off

DAY = np.timedelta64(86_400_000_000, "us")
START = np.datetime64("2026-01-05", "us")


def spread(days: int, rows: int) -> np.ndarray:
    return START + np.arange(rows) * (days * DAY // max(rows, 1))


def test_pieces_are_the_models_periods():
    found = spread(70, 700)
    places = piece_of_each(found, Cadence.WEEK)
    assert np.bincount(places).tolist() == [70] * 10
    assert (np.diff(places) >= 0).all()


def test_of_a_long_history_sixty_evenly_spaced_periods_are_pieces():
    places = piece_of_each(spread(365, 3650), Cadence.DAY)
    assert places.max() == 59
    assert (places == -1).sum() == 3650 - 600
    first, last = np.flatnonzero(places == 0), np.flatnonzero(places == 59)
    assert first[0] == 0
    assert last[-1] == 3649


def test_where_periods_are_few_pieces_are_of_equal_size():
    places = piece_of_each(spread(10, 3000)[::-1], Cadence.WEEK)
    assert np.bincount(places).tolist() == [200] * 15
    assert places[0] == 14
    assert piece_of_each(spread(10, 100_000), Cadence.WEEK).max() == 19


@pytest.mark.parametrize("rows", [0, 1, 1599])
def test_too_few_rows_are_no_pieces(rows: int):
    assert (piece_of_each(spread(10, rows), Cadence.WEEK) == -1).all()


def test_rows_without_a_time_belong_to_no_piece():
    found = spread(70, 700)
    found[::7] = np.datetime64("NaT")
    places = piece_of_each(found, Cadence.WEEK)
    assert (places[::7] == -1).all()
    assert np.bincount(places[places >= 0]).sum() == 600


@pytest.fixture
def registered(tmp_path: Path) -> Callable[..., Store]:
    """Registers loans with this reference and spec, scores one batch, and gives the store."""

    def make(reference: pd.DataFrame, spec: str, batch: pd.DataFrame | None = None) -> Store:
        csv(reference, tmp_path / "reference.csv")
        (tmp_path / "spec.toml").write_text(spec)
        store = open_store(Settings(home=tmp_path / "home", database_url=""))
        register(store, read_spec(tmp_path / "spec.toml"), who="test", trust=True)
        path = csv(loans(week=2) if batch is None else batch, tmp_path / "batch.csv")
        receive(store, "loans", path, name="batch.csv", source="test")
        work_off(store)
        return store

    return make


def layout_of(store: Store) -> Layout:
    with store.read() as connection:
        found = champion_of(connection, "loans").layout
    assert found is not None
    return found


def norms_of(store: Store) -> Norms:
    return layout_of(store).norms


WITH_REFERENCE = SPEC + '\n[reference]\nfile = "reference.csv"\n'


def test_a_reference_of_ten_weeks_says_how_much_weeks_vary(registered: Callable[..., Store]):
    reference = history(weeks=10, rows=300)
    weekly = np.random.default_rng(4).normal(0, 9_000, 10)
    reference["income"] += np.repeat(weekly, 300)
    store = registered(reference, WITH_REFERENCE)
    found = norms_of(store)
    assert found.pieces == 10
    assert found.excess.keys() == {
        *("income", "age", "job", "prediction", "score", "target"),
    }
    assert found.excess["income"] > 10 * found.excess["age"]
    shown = reads.measurements(store, "loans", batch="batch", metric="overdispersion")
    income = shown[shown["feature"] == "income"].iloc[0]
    assert income["value"] > 3
    assert income["method"] == "mean χ²/df over 10 pieces of the reference, at these rows"


def test_a_reference_without_times_says_nothing_of_them(registered: Callable[..., Store]):
    store = registered(history(weeks=10, rows=200).drop(columns="applied_at"), WITH_REFERENCE)
    assert (norms_of(store).pieces, norms_of(store).excess) == (0, {})
    assert reads.measurements(store, "loans", metric="overdispersion").empty


def test_where_there_is_no_model_features_are_weighed_by_what_goes_with_the_score(
    registered: Callable[..., Store],
):
    reference = loans(1500)
    reference["income"] = 30_000 + 20_000 * reference["chance"]
    found = norms_of(registered(reference, WITH_REFERENCE))
    assert found.weights["income"] > 0.9
    assert sum(found.weights.values()) == pytest.approx(1.0)
    assert found.weighed_by == "association with the prediction, for there is no model to ask"


def test_without_a_reference_file_the_first_batch_says_it(registered: Callable[..., Store]):
    first = loans(1800, week=2)
    store = registered(first, SPEC, first)
    found = norms_of(store)
    assert found.known
    assert found.pieces == 9  # one week, cut into pieces of 200 rows


def with_model(model: object, folder: Path, features: list[str]) -> str:
    joblib.dump(model, folder / "model.joblib")
    plain = SPEC.replace('prediction = "answer"\nscore = "chance"\n', "")
    plain = plain.replace('["income", "age", "job"]', str(features).replace("'", '"'))
    return plain + (
        '\n[reference]\nfile = "reference.csv"\n[model]\nrunner = "inproc"\nfile = "model.joblib"\n'
    )


def learnt() -> pd.DataFrame:
    frame = loans(1500)
    chance = 1 / (1 + np.exp(-(frame["income"] - 40_000) / 3_000 - (frame["job"] == "cook")))
    frame["repaid"] = (np.random.default_rng(1).random(len(frame)) < chance).astype(int)
    return frame


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ('sex = "psi"', "drift.columns names 'sex', which is no monitored feature: use one of inc"),
        ('job = "ks"', "drift.columns.job is 'ks', and the column holds names: use one of chisq"),
        ('age = "TVD"', "drift.columns.age is 'TVD', and the column holds numbers: use one of an"),
    ],
)
def test_a_method_that_does_not_fit_its_column_is_refused_at_registration(
    registered: Callable[..., Store], wish: str, says: str
):
    with pytest.raises(SpecError) as refused:
        registered(loans(300), f"{WITH_REFERENCE}\n[drift.columns]\n{wish}\n")
    assert says in str(refused.value)


def test_what_evidently_was_asked_is_kept_beside_our_own_numbers(
    registered: Callable[..., Store],
):
    spec = f'{WITH_REFERENCE}\n[drift]\nprofile = "evidently"\ncolumns = {{ age = "es" }}\n'
    store = registered(loans(1200), spec)
    found = {
        (row["metric"], row["feature"]): row
        for _, row in reads.measurements(store, "loans", batch="batch").iterrows()
    }
    assert found["evidently_es", "age"]["verdict"] == "healthy"
    assert found["evidently_wasserstein", "income"]["limit_high"] == 0.1
    assert found["evidently_drift_share", ""]["value"] == 0.0
    assert found["domain_classifier_auc", ""]["low"] < 0.5


def test_a_forest_says_itself_what_matters(registered: Callable[..., Store], tmp_path: Path):
    frame = learnt()
    forest = RandomForestClassifier(20, random_state=1).fit(frame[["income", "age"]], frame.repaid)
    found = norms_of(registered(frame, with_model(forest, tmp_path, ["income", "age"])))
    assert found.weighed_by == "the model's own feature_importances_"
    assert found.weights == pytest.approx(
        dict(zip(["income", "age"], forest.feature_importances_, strict=True))
    )


def test_coefficients_count_by_what_their_column_varies(
    registered: Callable[..., Store], tmp_path: Path
):
    frame = learnt()
    plain = LogisticRegression(max_iter=5000).fit(frame[["income", "age"]], frame.repaid)
    store = registered(frame, with_model(plain, tmp_path, ["income", "age"]))
    found = norms_of(store)
    assert found.weighed_by == "the model's own |coef_| × standard deviation"
    size = np.abs(plain.coef_[0]) * frame[["income", "age"]].std(ddof=0).to_numpy()
    assert list(found.weights.values()) == pytest.approx((size / size.sum()).tolist())


def test_a_model_that_says_nothing_is_asked_with_shuffled_columns(
    registered: Callable[..., Store], tmp_path: Path
):
    frame, features = learnt(), ["income", "age", "job"]
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough"),
        RandomForestClassifier(20, min_samples_leaf=20, random_state=1),
    ).fit(frame[features], frame.repaid)
    store = registered(frame, with_model(pipeline, tmp_path, features))
    found = norms_of(store)
    by = "permutation importance: loss of ROC AUC on 1,500 reference rows"
    assert found.weighed_by == by
    assert found.weights["income"] > 0.6 > found.weights["job"] > found.weights["age"]
    model = reads.measurements(store, "loans", metric="drifted_importance").iloc[0]
    assert model["method"] == by


def test_a_model_too_slow_to_be_asked_is_weighed_by_association(
    registered: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(norms, "MOST_SECONDS", -1.0)
    frame, features = learnt(), ["income", "age"]
    model = make_pipeline(LogisticRegression(max_iter=5000)).fit(frame[features], frame.repaid)
    found = norms_of(registered(frame, with_model(model, tmp_path, features)))
    assert found.weighed_by.endswith("for the model is too slow to be asked")
    assert found.weights["income"] > 0.9


def test_norms_are_found_once(registered: Callable[..., Store], monkeypatch: pytest.MonkeyPatch):
    store = registered(loans(1500), WITH_REFERENCE)
    with store.read() as connection:
        version = champion_of(connection, "loans")
    monkeypatch.setattr(norms, "with_norms", partial(pytest.fail, "asked again"))
    assert norms.with_known_norms(store, version, None) is version  # type: ignore[arg-type]


def test_norms_are_the_same_after_their_way_through_the_database():
    one = Norms({"x": 0.01}, 9, {"x": 1.0}, "as told")
    assert Norms.from_json(one.to_json()) == one
    assert not Norms().known


def test_a_regression_is_weighed_too(registered: Callable[..., Store], tmp_path: Path):
    frame = loans(1500)
    frame["repaid"] = frame["income"] / 100 + np.random.default_rng(1).normal(0, 9, len(frame))
    model = make_pipeline(LinearRegression()).fit(frame[["income", "age"]], frame.repaid)
    spec = with_model(model, tmp_path, ["income", "age"]).replace('"binary"', '"regression"')
    spec = spec.replace('positive = "1"\nfavourable = "1"', "favourable = { min = 400 }")
    batch = frame.assign(applied_at=frame.applied_at + pd.Timedelta(weeks=1))
    found = norms_of(registered(frame, spec, batch))
    assert found.weighed_by.startswith("permutation importance: loss of mean absolute error")
    assert found.weights["income"] > 0.95
