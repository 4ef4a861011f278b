"""The sample data tells its stories: counted here on raw rows by sklearn, fairlearn and pandas."""

from __future__ import annotations

import importlib
import json
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score, mean_absolute_error, roc_auc_score
from threadpoolctl import threadpool_limits

from monitor.models.labels import cut
from monitor.models.spec import Spec
from monitor.models.spec_file import read_spec

HOME = Path(__file__).parent.parent / "sample_data"
STORIES = ("credit", "tickets", "claims")
ALL_WEEKS = range(1, 27)
LABELLED = {"credit": 20, "tickets": 26, "claims": 26}
MEGABYTES = 6
RATIO, GAP = 0.8, 0.10  # the limits a new model is watched with

QUIET_CREDIT = [("sex", week) for week in range(1, 16)] + [("age", week) for week in ALL_WEEKS]

each_story = pytest.mark.parametrize("story", STORIES)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """More threads than idle cores make boosted trees many times slower."""
    with threadpool_limits(1):
        yield


@dataclass(frozen=True)
class Week:
    """One week's rows, what the model says about them and, where it came, the truth."""

    rows: pd.DataFrame
    predicted: np.ndarray
    score: np.ndarray | None
    actual: np.ndarray | None

    @property
    def truth(self) -> np.ndarray:
        assert self.actual is not None
        return self.actual


@cache
def spec_of(story: str) -> Spec:
    return read_spec(HOME / story / "spec.toml")


@cache
def model_of(story: str) -> Any:
    path = str(spec_of(story).runner.file)
    return skops.io.load(path, trusted=[]) if path.endswith(".skops") else joblib.load(path)


@cache
def reference_of(story: str) -> pd.DataFrame:
    return pd.read_parquet(str(spec_of(story).reference_file))


def batch_path(story: str, week: int) -> Path:
    return HOME / story / "batches" / f"week-{week:02}.parquet"


def labels_path(story: str, week: int) -> Path:
    return HOME / story / "labels" / f"week-{week:02}.parquet"


@cache
def week_of(story: str, number: int) -> Week:
    spec, model = spec_of(story), model_of(story)
    rows = pd.read_parquet(batch_path(story, number))
    features = rows[list(spec.columns.features)]
    actual = None
    if labels_path(story, number).exists():
        labels = pd.read_parquet(labels_path(story, number)).set_index("id")
        actual = labels.loc[rows["id"], spec.columns.target].to_numpy()
    score = model.predict_proba(features)[:, 1] if "" in spec.columns.score else None
    predicted = model.predict(features) if score is None else (score > 0.5).astype(int)
    return Week(rows, predicted, score, actual)


def psi(story: str, column: str, week: int) -> float:
    """The population stability index on 20 reference-quantile bins, missing values left out."""
    reference = reference_of(story)[column].dropna()
    current = week_of(story, week).rows[column].dropna()
    if pd.api.types.is_numeric_dtype(reference) and reference.dtype != bool:
        edges = np.unique(np.quantile(reference, np.linspace(0, 1, 21)[1:-1]))
        reference, current = (
            pd.Series(np.searchsorted(edges, values)) for values in (reference, current)
        )
    shares = [
        (counts + 0.5) / (counts + 0.5).sum()
        for counts in reference.value_counts().align(current.value_counts(), fill_value=0)
    ]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def granted(week: Week) -> np.ndarray:
    return (week.predicted == 0).astype(int)


def repaid(week: Week) -> np.ndarray:
    return (week.truth == 0).astype(int)


def groups(week: Week, attribute: str) -> np.ndarray:
    values = week.rows[attribute]
    return cut(values, (25, 40, 60)) if attribute == "age" else values.to_numpy(dtype=object)


def rates(good: np.ndarray, favoured: np.ndarray, by: np.ndarray) -> MetricFrame:
    """fairlearn's rates by group, of the favourable outcome."""
    metrics = {"selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate}
    return MetricFrame(metrics=metrics, y_true=good, y_pred=favoured, sensitive_features=by)


@cache
def credit_rates(week: int, attribute: str) -> MetricFrame:
    """Without labels only ``selection`` means anything."""
    rows = week_of("credit", week)
    good = granted(rows) if rows.actual is None else repaid(rows)
    return rates(good, granted(rows), groups(rows, attribute))


@each_story
def test_each_spec_names_columns_that_are_there(story):
    spec, reference = spec_of(story), reference_of(story)
    columns = spec.columns
    named = {columns.id, columns.target, columns.prediction, *columns.score.values()}
    named |= {*columns.features, *columns.segments, *(one.name for one in spec.sensitive)}
    assert named == set(reference.columns)
    assert not {one.name for one in spec.sensitive} & set(columns.features)
    for one in spec.sensitive:
        assert one.reference in set(cut(reference[one.name], one.bins))


@each_story
def test_each_week_has_a_batch_without_label_prediction_or_time(story):
    columns = spec_of(story).columns
    absent = {columns.target, columns.prediction, *columns.score.values()}
    wanted = set(reference_of(story).columns) - absent
    for week in ALL_WEEKS:
        rows = week_of(story, week).rows
        assert set(rows.columns) == wanted
        assert 1900 <= len(rows) <= 2100
    assert not batch_path(story, 27).exists()


@each_story
def test_ids_never_repeat_and_labels_belong_to_their_batch(story):
    ids = [reference_of(story)["id"], *(week_of(story, week).rows["id"] for week in ALL_WEEKS)]
    assert pd.concat(ids).is_unique
    for week in ALL_WEEKS:
        assert labels_path(story, week).exists() == (week <= LABELLED[story])
    for week in range(1, LABELLED[story] + 1):
        labels = pd.read_parquet(labels_path(story, week))
        assert list(labels.columns) == ["id", spec_of(story).columns.target]
        assert set(labels["id"]) == set(week_of(story, week).rows["id"])


@each_story
def test_the_model_still_says_what_the_reference_holds(story):
    spec, reference = spec_of(story), reference_of(story)
    features = reference[list(spec.columns.features)]
    predicted = model_of(story).predict(features)
    if spec.columns.score:
        stored = reference[list(spec.columns.score.values())].to_numpy()
        scores = model_of(story).predict_proba(features)[:, -stored.shape[1] :]
        assert np.abs(scores - stored).max() < 1e-6
        assert (predicted == reference["prediction"].to_numpy()).all()
    else:
        assert np.allclose(predicted, reference["prediction"], rtol=1e-9)


@each_story
def test_the_models_take_missing_and_unseen_values(story):
    spec = spec_of(story)
    rows = week_of(story, 1).rows[list(spec.columns.features)].head(50)
    for column in rows:
        gone = rows.assign(**{column: None if rows[column].dtype.kind not in "if" else np.nan})
        assert len(model_of(story).predict(gone)) == len(rows)
        if rows[column].dtype.kind not in "ifb":
            odd = rows.assign(**{column: "never seen"})
            assert len(model_of(story).predict(odd)) == len(rows)


def test_model_files_are_small_and_two_of_them_need_no_trust():
    for story in ("credit", "tickets"):
        path = HOME / story / "model.skops"
        assert skops.io.get_untrusted_types(file=path) == []
    for story in STORIES:
        assert Path(str(spec_of(story).runner.file)).stat().st_size < 500_000


def test_all_files_together_are_a_few_megabytes():
    sizes = [p.stat().st_size for p in HOME.rglob("*") if "__pycache__" not in p.parts]
    assert sum(sizes) < MEGABYTES * 2**20


@pytest.mark.parametrize("week", range(16, 27))
def test_women_are_granted_far_fewer_loans_from_week_16(week):
    by_sex = credit_rates(week, "sex").by_group["selection"]
    assert by_sex["female"] / by_sex["male"] < 0.76


@pytest.mark.parametrize("week", range(16, 21))
def test_creditworthy_women_are_refused_from_week_16(week):
    by_sex = credit_rates(week, "sex").by_group["tpr"]
    assert by_sex["female"] - by_sex["male"] < -0.13


@pytest.mark.parametrize(("attribute", "week"), QUIET_CREDIT)
def test_no_other_gap_between_groups_comes_near_a_limit(attribute, week):
    frame = credit_rates(week, attribute)
    assert frame.ratio()["selection"] > RATIO + 0.03
    assert frame.difference()["selection"] < GAP - 0.005
    if week <= LABELLED["credit"]:
        assert frame.difference()[["tpr", "fpr"]].max() < GAP


def test_accuracy_and_auc_stay_healthy_while_the_gap_is_open():
    reference = reference_of("credit")
    auc = roc_auc_score(reference["default"], reference["score"])
    accuracy = accuracy_score(reference["default"], reference["prediction"])
    for week in range(1, LABELLED["credit"] + 1):
        rows = week_of("credit", week)
        assert roc_auc_score(rows.truth, rows.score) > auc - 0.04
        assert accuracy_score(rows.truth, rows.predicted) > accuracy - 0.04


@pytest.mark.parametrize("story", ["credit", "tickets"])
def test_no_feature_drifts_in_credit_and_tickets(story):
    for column in spec_of(story).columns.features:
        assert max(psi(story, column, week) for week in ALL_WEEKS) < 0.1, column


def test_the_ticket_model_stays_as_accurate_as_it_was_for_every_language():
    reference = reference_of("tickets")
    expected = accuracy_score(reference["queue"], reference["prediction"])
    for week in ALL_WEEKS:
        rows = week_of("tickets", week)
        right = pd.Series(rows.predicted == rows.truth).groupby(rows.rows["language"])
        assert abs(accuracy_score(rows.truth, rows.predicted) - expected) < 0.03
        assert np.ptp(right.mean()[["en", "de", "fr"]]) < 0.05


def test_every_language_reaches_the_priority_queue_alike():
    for week in ALL_WEEKS:
        rows = week_of("tickets", week)
        main = rows.rows["language"].to_numpy() != "cy"
        first, by = rows.predicted[main] == "priority", rows.rows["language"][main]
        owed = rows.truth[main] == "priority"
        frame = rates(owed, first, by.to_numpy())
        assert frame.ratio()["selection"] > RATIO + 0.05
        assert frame.difference().max() < 0.08


def test_welsh_tickets_are_too_few_to_judge():
    for week in ALL_WEEKS:
        assert 1 <= (week_of("tickets", week).rows["language"] == "cy").sum() < 10


def test_fuel_and_mileage_creep_from_week_12_and_nothing_else_does():
    others = [
        column
        for column in spec_of("claims").columns.features
        if column not in ("fuel", "annual_mileage", "power_kw")  # electric cars are stronger
    ]
    for column in ("fuel", "annual_mileage"):
        assert max(psi("claims", column, week) for week in range(1, 13)) < 0.03
        assert psi("claims", column, 17) < 0.2 <= psi("claims", column, 20)
        assert psi("claims", column, 26) > 0.4
    for column in others:
        assert max(psi("claims", column, week) for week in ALL_WEEKS) < 0.05, column


def test_mileage_is_missing_in_week_20_alone():
    for week in ALL_WEEKS:
        missing = week_of("claims", week).rows.isna().mean()
        assert missing.drop("annual_mileage").max() == 0
        assert missing["annual_mileage"] == (pytest.approx(0.6, abs=0.03) if week == 20 else 0)


def test_the_error_on_claims_is_steady_then_grows_and_jumps_in_week_20():
    reference = reference_of("claims")
    before = mean_absolute_error(reference["cost"], reference["prediction"])
    weeks = [week_of("claims", week) for week in ALL_WEEKS]
    errors = pd.Series([mean_absolute_error(w.truth, w.predicted) for w in weeks], ALL_WEEKS)
    assert (errors[:11] / before).between(0.95, 1.05).all()
    assert (errors.loc[16:] / before > 1.15).all()
    assert errors.idxmax() == 20
    assert errors[20] / before > 1.8
    assert errors[19] < errors[21] < errors[26]


@pytest.mark.parametrize("attribute", ["region", "sex"])
def test_claims_of_all_regions_and_both_sexes_fare_alike(attribute):
    limit = GAP * reference_of("claims")["cost"].std()
    for number in ALL_WEEKS:
        week = week_of("claims", number)
        error = week.truth - week.predicted
        by = week.rows[attribute].to_numpy()
        frame = pd.DataFrame({"error": error, "size": np.abs(error), "low": week.predicted <= 1200})
        means = frame.groupby(by).mean()
        chosen = next(s.reference for s in spec_of("claims").sensitive if s.name == attribute)
        assert (means["error"] - means["error"][chosen]).abs().max() < limit
        assert means["size"].min() / means["size"].max() > RATIO
        assert means["low"].min() / means["low"].max() > RATIO
        assert np.ptp(means["low"]) < GAP


def test_the_extra_week_of_credit_is_a_batch_like_the_last():
    extra = pd.read_parquet(HOME / "credit" / "one_more_week.parquet")
    last = week_of("credit", 26).rows
    assert extra.dtypes.equals(last.dtypes)
    assert not set(extra["id"]) & set(last["id"])


def table_of_the_story() -> pd.DataFrame:
    """The README's table, one row a week."""
    text = (HOME / "README.md").read_text(encoding="utf-8").replace("−", "-")
    rows = [line.strip("| \n").split(" | ") for line in re.findall(r"^\| \d+ \|.*$", text, re.M)]
    return pd.DataFrame(rows).set_index(0).replace("–", np.nan).astype(float)


def counted(week: int) -> list[float]:
    """What the README's table says about one week, counted."""
    credit, tickets, claims = (week_of(story, week) for story in STORIES)
    women, men = (credit_rates(week, "sex").by_group.loc[sex] for sex in ("female", "male"))
    late = [np.nan] * 3
    if credit.actual is not None:
        late = [
            women["tpr"] - men["tpr"],
            accuracy_score(credit.truth, credit.predicted),
            roc_auc_score(credit.truth, credit.score),
        ]
    return [
        women["selection"] / men["selection"],
        *late,
        psi("credit", "income", week),
        accuracy_score(tickets.truth, tickets.predicted),
        psi("claims", "fuel", week),
        psi("claims", "annual_mileage", week),
        claims.rows["annual_mileage"].isna().mean(),
        mean_absolute_error(claims.truth, claims.predicted),
    ]


def test_the_readme_says_what_is_counted_here():
    table = table_of_the_story()
    assert len(table) == 26
    within = np.array(
        [0.0051, 0.0051, 0.0006, 0.0006, 0.0051, 0.0006, 0.0051, 0.0051, 0.0051, 0.51]
    )
    measured = np.array([counted(week) for week in ALL_WEEKS])
    assert (np.isnan(measured) == table.isna()).all(axis=None)
    assert (np.abs(np.nan_to_num(table - measured)) <= within).all()


def same_versions() -> bool:
    """Whether the libraries here are those that made the files; others may write other bytes."""
    made = json.loads((HOME / "made_with.json").read_text())
    python = ".".join(platform.python_version_tuple()[:2])
    return made.pop("python") == python and all(version(k) == v for k, v in made.items())


same_libraries = pytest.mark.skipif(
    not same_versions(), reason="other library versions than sample_data/made_with.json"
)


def generator(monkeypatch: pytest.MonkeyPatch, home: Path) -> ModuleType:
    """The generator as a module that writes and checks in ``home``."""
    monkeypatch.syspath_prepend(str(HOME))
    module = importlib.import_module("generate")
    monkeypatch.setattr(module, "HOME", home)
    return module


@same_libraries
def test_tickets_are_made_again_byte_for_byte_and_a_changed_file_is_named(
    tmp_path, monkeypatch, capsys
):
    shutil.copytree(HOME / "tickets", tmp_path / "tickets")
    shutil.copy(HOME / "made_with.json", tmp_path)
    shutil.copy(labels_path("tickets", 4), tmp_path / "tickets" / "labels" / "week-03.parquet")
    shutil.copy(labels_path("tickets", 4), tmp_path / "tickets" / "labels" / "week-27.parquet")
    assert generator(monkeypatch, tmp_path).main(["--check", "tickets"]) == 1
    differing = {line.split("tickets/")[1] for line in capsys.readouterr().err.splitlines()}
    assert differing == {"labels/week-03.parquet", "labels/week-27.parquet"}


def test_an_unknown_story_is_wrong_usage(monkeypatch, capsys):
    with pytest.raises(SystemExit) as stopped:
        generator(monkeypatch, HOME).main(["--check", "weather"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "no story called 'weather': there is credit, tickets, claims" in said


@pytest.mark.slow
@same_libraries
def test_everything_is_made_again_byte_for_byte_in_a_fresh_process():
    command = [sys.executable, str(HOME / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
