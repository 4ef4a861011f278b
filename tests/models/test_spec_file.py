"""Specs: read as written, refused with a sentence that names the key."""

from __future__ import annotations

import os
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import SpecError
from monitor.models import toml
from monitor.models.spec import Columns, Drift, Outcome, Runner, Sensitive
from monitor.models.spec_file import (
    parse_spec,
    read_spec,
    spec_from_json,
    spec_to_json,
    spec_to_toml,
)
from monitor.terms import Cadence, Task

CREDIT = """
name = "credit"
task = "binary"
owner = "risk@example.org"
cadence = "day"

[columns]
id = "application"
timestamp = "applied_at"
target = "repaid"
prediction = "approved"
score = "p"
weight = "w"
features = ["income", "age"]
segments = ["branch"]

[outcome]
positive = 1
favourable = 1
threshold = 0.4

[sensitive.sex]
reference = "male"

[sensitive.age]
bins = [25, 45]
reference = "45+"

[reference]
file = "reference.csv"

[labels]
wait_days = 42

[model]
file = "model.joblib"
python = "venv/bin/python"
"""


def read(text, folder="/data"):
    return parse_spec(tomllib.loads(text), folder=folder)


def refused(text):
    with pytest.raises(SpecError) as caught:
        read(text)
    return caught.value.sentence


def test_every_key_finds_its_place():
    spec = read(CREDIT)
    assert (spec.name, spec.task, spec.owner) == ("credit", Task.BINARY, "risk@example.org")
    assert (spec.cadence, spec.wait_days) == (Cadence.DAY, 42)
    assert spec.columns == Columns(
        id="application",
        timestamp="applied_at",
        target="repaid",
        prediction="approved",
        score={"": "p"},
        weight="w",
        features=("income", "age"),
        segments=("branch",),
    )
    assert spec.outcome == Outcome(positive="1", favourable=("1",), threshold=0.4)
    assert spec.sensitive == (Sensitive("sex", "male"), Sensitive("age", "45+", (25.0, 45.0)))
    assert spec.reference_file == "/data/reference.csv"
    assert spec.runner == Runner("process", "/data/model.joblib", "/data/venv/bin/python")


def test_little_is_needed():
    spec = read('name = "m"\ntask = "regression"\n[columns]\nprediction = "p"')
    assert (spec.cadence, spec.wait_days, spec.runner) == (Cadence.WEEK, 0, Runner())


def test_an_interpreter_by_name_is_looked_up_later_and_a_link_is_kept(tmp_path):
    spec = read(CREDIT.replace("venv/bin/python", "python3.11"))
    assert spec.runner.python == "python3.11"
    (tmp_path / "env").symlink_to("/usr")
    linked = read(CREDIT.replace("venv/bin", "env/bin"), folder=tmp_path)
    assert linked.runner.python == os.path.join(tmp_path, "env/bin/python")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('favourable = ["a", "b"]', ("a", "b")),
        ("favourable = true", ("true",)),
        ("favourable = [0, 1, 1.0]", ("0", "1")),
    ],
)
def test_favourable_labels_are_texts(text, expected):
    base = 'name = "m"\ntask = "multiclass"\n[columns]\nprediction = "p"\n[outcome]\n'
    assert read(base + text).outcome.favourable == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("favourable = {max = 100}", (-float("inf"), 100.0)),
        ("favourable = {min = 1, max = 2}", (1.0, 2.0)),
        ("favourable = [0, 5]", (0.0, 5.0)),
    ],
)
def test_a_regression_has_a_favourable_range(text, expected):
    base = 'name = "m"\ntask = "regression"\n[columns]\nprediction = "p"\n[outcome]\n'
    spec = read(base + text)
    assert spec.outcome.favourable_range == expected
    assert spec_from_json(spec_to_json(spec)) == spec
    assert read(spec_to_toml(spec)) == spec


def test_scores_are_a_column_a_list_or_a_table():
    base = 'name = "m"\ntask = "multiclass"\n[columns]\nscore = '
    assert read(base + '["a", "b"]').columns.score == {"[0]": "a", "[1]": "b"}
    assert read(base + '{x = "a", 1 = "b"}').columns.score == {"x": "a", "1": "b"}


def test_drift_may_be_left_to_evidently_whole_or_column_by_column():
    assert read(BASE).drift == Drift("fairwatch", {})
    text = BASE + '[drift]\nprofile = "evidently"\n[drift.columns]\nage = "anderson"\n'
    spec = read(text)
    assert spec.drift == Drift("evidently", {"age": "anderson"})
    assert spec_from_json(spec_to_json(spec)) == spec
    assert parse_spec(tomllib.loads(spec_to_toml(spec)), folder="/data") == spec


@pytest.mark.parametrize("score", ['"p"', '["p", "q"]', '{0 = "p", 1 = "q"}'])
def test_a_spec_survives_json_and_toml(score):
    spec = read(CREDIT.replace('score = "p"', f"score = {score}"))
    assert spec_from_json(spec_to_json(spec)) == spec
    assert read(spec_to_toml(spec)) == spec


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.one_of(
            st.text(st.characters(codec="utf-8")), st.integers(-9, 9), st.booleans(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
        ),
    )
)  # fmt: skip
def test_written_toml_reads_back(table):
    assert tomllib.loads(toml.dumps({**table, "": {"nested": table}} if table else {})) == (
        {**table, "": {"nested": table}} if table else {}
    )


BASE = 'name = "m"\ntask = "binary"\n[columns]\nprediction = "p"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('nmae = "m"', "There is no nmae in a spec: did you mean name?"),
        (BASE + "traget = 't'", "There is no columns.traget in a spec: did you mean target?"),
        (BASE + "[sensitive.sex]\nref = 'm'", "There is no sensitive.sex.ref in a spec: use"),
        ('task = "binary"', "The spec has no name: add it."),
        ('name = "m"', "The spec has no task: add one of binary, multiclass, regression."),
        ('name = "m"\ntask = "binery"', "task is 'binery': did you mean binary?"),
        ('name = "../m"\ntask = "binary"', "The name '../m' cannot be used"),
        (BASE.replace('"p"', "1"), "columns.prediction is 1: write a text"),
        (BASE + "features = [1]", "columns.features is [1]: write a list of column names."),
        (BASE.replace("prediction", "id"), "neither a prediction nor a score column"),
        (BASE + 'target = "p"', "The column 'p' is target and prediction: choose one."),
        (BASE + 'features = ["p"]', "The column 'p' is the prediction and cannot be a feature"),
        (BASE + "[outcome]\nthreshold = 2", "outcome.threshold is 2: give a score from 0 to 1."),
        (BASE + "[outcome]\nfavourable = {min = 1}", "outcome.favourable is a range"),
        (BASE + "[outcome]\nfavourable = {mni = 1}", "did you mean min?"),
        (BASE + "[sensitive.age]\nbins = [45, 25]", "sensitive.age.bins is [45, 25]: give rising"),
        (BASE + "[sensitive.age]\nbins = 40\nreference = 'old'", "the groups are <40, 40+."),
        (BASE + "[sensitive]\nsex = 'x'", "sensitive.sex is 'x': write a table"),
        (BASE + "segments = ['class']", "cannot be called 'class'"),
        (BASE + "[labels]\nwait_days = -1", "labels.wait_days is -1: write a whole number"),
        (BASE + "[model]\nrunner = 'proces'", "runner is 'proces': did you mean process?"),
        (BASE + "[model]\nrunner = 'process'", "The runner 'process' needs a model file"),
        (BASE + "[model]\nurl = 'http://x'", "model.url is not used"),
        (BASE.replace("binary", "regression") + "score = 's'", "columns.score is for classes"),
        (BASE.replace("binary", "multiclass") + "score = 's'", "a multiclass model has one for"),
        (BASE + "score = 5", "columns.score is 5: name one column"),
        ("columns = 3", "columns is 3: write it as a table, [columns]."),
        (
            BASE + "[drift]\nprofile = 'evidenlty'",
            "profile is 'evidenlty': did you mean evidently?",
        ),
        (BASE + "[drift]\nmethod = 'ks'", "There is no drift.method in a spec"),
        (BASE + "[drift.columns]\nage = 'k'", "drift.columns.age is 'k': use one of anderson, chi"),
        (BASE + "[drift.columns]\nage = ['ks']", "drift.columns.age is ['ks']: use one of"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text, says):
    assert says in refused(text)


def test_a_file_is_read_with_its_own_folder(tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(BASE + '[reference]\nfile = "r.csv"')
    with pytest.raises(SpecError, match=r"The reference file .*r.csv does not exist"):
        read_spec(file)
    (tmp_path / "r.csv").touch()
    assert read_spec(file).reference_file == str(tmp_path / "r.csv")


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_says_so(tmp_path, content):
    file = tmp_path / "m.toml"
    file.write_bytes(content)
    with pytest.raises(SpecError, match="is not valid TOML"):
        read_spec(file)
    with pytest.raises(SpecError, match="cannot be read"):
        read_spec(tmp_path / "none.toml")
