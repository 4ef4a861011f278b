"""Registering: what is derived, what is refused, and what stays of an older version."""

from __future__ import annotations

import shutil
from pathlib import Path

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from monitor.errors import BatchError, FairwatchError, SpecError, StoreError, UntrustedModel
from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.store import reads
from monitor.store.engine import Store
from monitor.terms import Stage
from tests.jobs.conftest import Give
from tests.jobs.loans import SPEC, csv, loans, runs, undone, work_off
from tests.models.model_files import strange

REFERENCE = '\n[reference]\nfile = "reference.csv"\n'
MODEL = '\n[model]\nrunner = "process"\nfile = "model.joblib"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(text)
    return path


def named(name: str) -> str:
    return SPEC.replace('"loans"', f'"{name}"')


def test_the_same_again_is_no_new_version(store: Store, kept: Path) -> None:
    again = register(store, read_spec(kept / "spec.toml"), who="test")
    assert again.sentence == "loans is registered like this already, as version 1."
    assert len(reads.versions(store, "loans")) == 1


def test_the_same_files_elsewhere_are_no_new_version(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(kept, folder)
    again = register(store, read_spec(folder / "spec.toml"), who="test")
    assert again.sentence == "loans is registered like this already, as version 1."


def test_another_spec_is_a_new_champion_and_retires_the_old(store: Store, kept: Path) -> None:
    text = (kept / "spec.toml").read_text().replace('reference = "male"', 'reference = "female"')
    (kept / "other.toml").write_text(text)
    new = register(store, read_spec(kept / "other.toml"), who="test")
    assert new.sentence == "Registered loans, version 2, as champion."
    assert list(reads.versions(store, "loans")["stage"]) == ["champion", "retired"]


def test_a_challenger_scores_beside_the_champion_and_opens_no_incident(
    store: Store, kept: Path, give: Give
) -> None:
    text = (kept / "spec.toml").read_text().replace('reference = "male"', 'reference = "female"')
    (kept / "other.toml").write_text(text)
    register(store, read_spec(kept / "other.toml"), who="test", stage=Stage.CHALLENGER)
    receipt = give(loans(2000, week=7))
    assert len(receipt.jobs) == 2
    work_off(store)
    assert undone(store) == []
    assert len(runs(store)) == 2
    assert set(reads.incidents(store)["version"]) == {1}
    assert len(reads.measurements(store, "loans", version=2))


def test_what_was_derived_is_told(store: Store, kept: Path) -> None:
    (kept / "derived.toml").write_text(
        named("derived").replace('features = ["income", "age", "job"]', "") + REFERENCE
    )
    added = register(store, read_spec(kept / "derived.toml"), who="test")
    assert "Reference of 1,500 rows" in added.notes[0]
    spec = reads.versions(store, "derived")["spec"].iloc[0]
    assert {"income", "age", "job"} <= set(spec["columns"]["features"])


@pytest.mark.parametrize(
    ("bins", "told"),
    [
        ("", "age is cut at 45, near its median, since the spec gives no bins: <45 ("),
        ("bins = [30, 60]", "age is cut at 30, 60: <30 ("),
    ],
)
def test_where_a_number_was_cut_is_told(
    store: Store, kept: Path, tmp_path: Path, bins: str, told: str
) -> None:
    shutil.copy(kept / "reference.csv", tmp_path)
    text = named("cut") + f"[sensitive.age]\n{bins}\n" + REFERENCE
    notes = register(store, read_spec(write(tmp_path, text)), who="test").notes
    assert any(note.startswith(told) for note in notes)
    bare = write(tmp_path, text.replace(REFERENCE, "").replace('"cut"', '"later"'))
    register(store, read_spec(bare), who="test")
    said = receive(store, "later", kept / "reference.csv", name="r.csv", source="test").sentence
    assert f"They are the reference from now on. {told.split(':')[0]}." in said


def test_a_pickle_that_nobody_trusted_is_not_opened(store: Store, kept: Path, tmp_path) -> None:
    mark = tmp_path / "opened"
    joblib.dump(strange(f"open({str(mark)!r}, 'w')"), tmp_path / "model.joblib")
    shutil.copy(kept / "reference.csv", tmp_path)
    spec = read_spec(write(tmp_path, named("pickled") + REFERENCE + MODEL))
    with pytest.raises(UntrustedModel, match="--trust"):
        register(store, spec, who="test")
    assert not mark.exists()
    assert list(reads.models(store)["model"]) == ["loans"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("income", "incom"), "incom"),
        (('positive = "1"', 'positive = "yes"'), "yes"),
        (('reference = "male"', 'reference = "men"'), "men"),
        (('target = "repaid"', 'target = "job"'), "job"),
        (('"reference.csv"', '"nowhere.csv"'), "does not exist"),
        (('cadence = "week"', 'cadence = "weak"'), "weak"),
    ],
)
def test_a_spec_that_does_not_fit_its_reference_leaves_nothing_behind(
    store: Store, kept: Path, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    shutil.copy(kept / "reference.csv", tmp_path)
    text = (named("misfit") + REFERENCE).replace(*change)
    with pytest.raises((SpecError, BatchError)) as refused:
        register(store, read_spec(write(tmp_path, text)), who="test")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(reads.models(store)["model"]) == ["loans"]


BARE = """
name = "bare"
task = "binary"
[columns]
id = "id"
target = "repaid"
score = {score}
features = ["income", "age"]
[outcome]
{outcome}
"""


@pytest.mark.parametrize("score", ['"chance"', '["other", "chance"]'])
def test_scores_of_unknown_classes_are_refused_before_any_batch_is(
    store: Store, tmp_path: Path, score: str
) -> None:
    text = BARE.format(score=score, outcome="")
    with pytest.raises(SpecError, match=r"which classes are predicted: add outcome\.positive"):
        register(store, read_spec(write(tmp_path, text)), who="test")
    assert list(reads.models(store)["model"]) == ["loans"]


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        ('"chance"', "positive = 1"),
        ('"chance"', "favourable = 0"),
        ('"chance"', 'positive = "1"\nfavourable = "0"'),
        ('{ 1 = "chance" }', ""),
    ],
)
def test_scores_alone_are_enough_where_the_spec_tells_the_classes(
    store: Store, tmp_path: Path, score: str, outcome: str
) -> None:
    text = BARE.format(score=score, outcome=outcome)
    register(store, read_spec(write(tmp_path, text)), who="test")
    batch = csv(loans().drop(columns=["answer", "repaid"]), tmp_path / "x.csv")
    receive(store, "bare", batch, name="x.csv", source="test")
    work_off(store)
    assert undone(store) == []


def test_the_model_tells_its_classes_where_no_row_does(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    frame = loans(300)
    model = LogisticRegression().fit(frame[["income", "age"]], frame["repaid"])
    joblib.dump(model, tmp_path / "model.joblib")
    text = BARE.replace("score = {score}\n", "").format(outcome="favourable = 0") + MODEL
    register(store, read_spec(write(tmp_path, text)), who="test", trust=True)
    batch = csv(frame.drop(columns=["answer", "chance", "repaid"]), tmp_path / "x.csv")
    receive(store, "bare", batch, name="x.csv", source="test")
    work_off(store)
    assert undone(store) == []


def test_a_name_keeps_its_task(store: Store, kept: Path, tmp_path: Path) -> None:
    text = """
name = "loans"
task = "regression"
[columns]
prediction = "chance"
target = "income"
features = ["age"]
"""
    with pytest.raises(StoreError, match="give the new one a name of its own"):
        register(store, read_spec(write(tmp_path, text)), who="test")


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"PAR1 cut short"])
def test_a_reference_that_cannot_be_read_is_refused(store, tmp_path, content: bytes) -> None:
    (tmp_path / "reference.csv").write_bytes(content)
    with pytest.raises(FairwatchError, match="reference"):
        register(store, read_spec(write(tmp_path, named("bad") + REFERENCE)), who="test")


def test_the_model_file_may_go_once_it_is_registered(store: Store, kept: Path, tmp_path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    joblib.dump(strange("return ['1'] * len(X)"), folder / "model.joblib")
    shutil.copy(kept / "reference.csv", folder)
    text = named("moved").replace('prediction = "answer"\nscore = "chance"\n', "")
    register(store, read_spec(write(folder, text + REFERENCE + MODEL)), who="test", trust=True)
    shutil.rmtree(folder)
    receive(store, "moved", csv(loans(), tmp_path / "x.csv"), name="x.csv", source="test")
    work_off(store)
    assert undone(store) == []
