"""The commands as scripts use them: exit codes, sentences on stderr, JSON keys."""

from __future__ import annotations

import csv as csv_files
import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor import cli
from monitor.measures.catalogue import METRICS
from monitor.measures.interval import wilson
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import judge
from monitor.store import reads
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, Verdict
from tests.jobs.loans import ROWS, csv, history, labels_of, loans, records, without_labels

SHOWN = [
    "model", "version", "batch", "starts_at", "ends_at", "metric", "feature", "attribute", "group",
    "value", "low", "high", "n", "verdict", "reason",
    "denominator", "method", "p", "family", "window", "reference", "baseline", "limit_low",
    "limit_high", "rule_version",
]  # fmt: skip


class Answer:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def json(self) -> list[dict[str, object]]:
        assert self.code == 0, self.err
        found: list[dict[str, object]] = json.loads(self.out)
        return found


@pytest.fixture
def run(
    home: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """Runs a command in this process, as ``fairwatch`` would."""
    monkeypatch.setenv("FAIRWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("FAIRWATCH_HOME", str(home))

    def command(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["fairwatch", *map(str, arguments)])
        capsys.readouterr()
        code: object = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return Answer(int(str(code or 0)), said.out, said.err)

    return command


def test_a_file_is_added_waited_for_and_shown(run, store: Store, tmp_path: Path) -> None:
    added = run("batch", "add", "loans", csv(history(3), tmp_path / "history.csv"), "--wait")
    assert added.code == 0
    assert "as 3 batches, 2026-08-03 to 2026-08-17" in added.out
    assert added.err == ""
    rows = run("show", "loans", "--format", "json").json()
    assert rows
    assert all(list(row) == SHOWN for row in rows)
    assert {row["batch"] for row in rows} == {"2026-08-17"}
    assert rows[0]["starts_at"] == "2026-08-17T00:00:00.000Z"


def test_show_finds_what_is_asked_for(run, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(history(2), tmp_path / "history.csv"), "--wait")
    by_sex = run(
        "show", "loans", "--metric", "selection_rate", "--attribute", "sex", "--batch", "all",
        "--format", "json",
    ).json()  # fmt: skip
    assert [row["group"] for row in by_sex].count("female") == 2
    drift = run(
        "show", "loans", "--metric", "psi", "--feature", "income", "--format", "json"
    ).json()
    assert [(row["metric"], row["feature"]) for row in drift] == [("psi", "income")]
    named = run("show", "loans", "--batch", "2026-08-03", "--metric", "accuracy", "--format", "csv")
    table = list(csv_files.DictReader(io.StringIO(named.out)))
    assert list(table[0]) == SHOWN
    assert {row["batch"] for row in table} == {"2026-08-03"}
    assert "accuracy" in run("show", "loans").out


def test_any_number_can_be_explained_from_what_is_shown(run, store: Store, tmp_path: Path) -> None:
    """Its interval from method and denominator, its verdict from limits and the rule's version."""
    run("batch", "add", "loans", csv(history(1), tmp_path / "history.csv"), "--wait")
    rows = run("show", "loans", "--format", "json").json()
    wilsons = [row for row in rows if row["method"] == "Wilson" and row["value"] is not None]
    assert len(wilsons) > 10
    for row in wilsons:
        if row["metric"] in ("f1", "calibration_ratio"):
            continue  # carried over from another rate's
        bounds = wilson(row["value"] * row["denominator"], row["denominator"])
        assert (row["low"], row["high"]) == pytest.approx((bounds.low, bounds.high)), row
    judged = [row for row in rows if row["rule_version"] and row["limit_low"] is not None]
    assert {"roc_auc", "demographic_parity_ratio"} <= {row["metric"] for row in judged}
    rules = reads.rules(store, "loans").to_dict("records")
    by_subject = {(rule["metric"], rule["attribute"]): rule for rule in rules}
    for row in judged:
        rule = by_subject[row["metric"], row["attribute"]]
        assert row["rule_version"] == rule["version"]
        beside_reference = rule["against"] != "absolute"
        again = judge(
            Measurement(
                row["metric"], row["value"], row["n"], row["low"], row["high"],
                denominator=row["denominator"], p=row["p"], reason=row["reason"],
                verdict=Verdict.NOT_ENOUGH_DATA if row["verdict"] == "not enough data" else None,
            ),
            low=row["limit_low"],
            high=row["limit_high"],
            parity=row["reference"] if beside_reference else METRICS[row["metric"]].neutral,
        )  # fmt: skip
        assert (again.verdict, again.reason) == (row["verdict"], row["reason"])


def test_the_table_is_narrow_enough_to_read(run, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(history(1), tmp_path / "history.csv"), "--wait")
    said = run("show", "loans", "--metric", "accuracy").out
    assert "high" in said
    assert "denominator" not in said


def test_the_metrics_have_the_names_of_sklearn_fairlearn_and_evidently(run, tmp_path) -> None:
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait")
    names = {row["metric"] for row in run("show", "loans", "--format", "json").json()}
    assert names >= {
        "accuracy", "roc_auc", "selection_rate", "true_positive_rate", "false_positive_rate",
        "false_negative_rate", "precision", "demographic_parity_difference",
        "demographic_parity_ratio", "equal_opportunity_difference", "equalized_odds_difference",
        "psi", "jensenshannon", "ks", "wasserstein", "chisquare",
    }  # fmt: skip


def test_late_labels_say_how_many_matched(run, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(without_labels(loans()), tmp_path / "a.csv"), "--wait")
    said = run("labels", "add", "loans", csv(labels_of(loans()), tmp_path / "l.csv"), "--wait")
    assert said.code == 0
    assert "400 labels matched in 1 batches, 0 unmatched, 0 duplicate ids." in said.out


def test_without_wait_the_work_is_left_to_a_worker(run, store: Store, tmp_path: Path) -> None:
    said = run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"))
    assert "scoring is queued" in said.out
    assert reads.jobs(store)["status"].iloc[0] == "queued"
    assert "2 jobs done" in run("work", "--until-idle").out
    assert reads.jobs(store)["status"].iloc[0] == "done"


def test_wait_leaves_the_work_to_a_living_worker(run, store, home, tmp_path) -> None:
    environment = {**os.environ, "FAIRWATCH_WORKER_POLL_SECONDS": "0.1"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "monitor", "work", "--name", "living"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while reads.workers(store).empty:
            assert worker.poll() is None
        assert run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait").code == 0
        assert reads.jobs(store, kind=JobKind.SCORE)["worker"].iloc[0] == "living"
    finally:
        worker.terminate()
        assert worker.wait(timeout=30) == 0
    assert reads.workers(store).empty


def test_a_name_and_a_period_are_taken(run, store: Store, tmp_path: Path) -> None:
    path = csv(loans(), tmp_path / "a.csv")
    run("batch", "add", "loans", path, "--name", "august", "--period", "2026-08-01/2026-09-01")
    row = records(store).iloc[0]
    assert (row["name"], str(row["ends_at"])) == ("august", "2026-09-01 00:00:00+00:00")


def test_the_same_file_again_is_no_refusal(run, tmp_path: Path) -> None:
    path = csv(loans(), tmp_path / "a.csv")
    run("batch", "add", "loans", path)
    again = run("batch", "add", "loans", path, "--wait")
    assert again.code == 0
    assert "were received before, as a; nothing was added." in again.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("batch", "add", "loans", "nowhere.csv"), "There is no file nowhere.csv"),
        (("batch", "add", "lones", "{good}"), "No model called 'lones'. There is loans."),
        (("batch", "add", "loans", "{bad}"), "wanted the model's score"),
        (("batch", "add", "loans", "{folder}"), "is a SQLite database"),
        (("batch", "add", "loans", "{empty}"), "holds no files"),
        (("batch", "add", "loans", "{good}", "--period", "soon"), "write START/END"),
        (("labels", "add", "loans", "nowhere.csv"), "There is no file nowhere.csv"),
        (("labels", "add", "loans", "{folder}"), "is a folder"),
        (("model", "add", "nowhere.toml"), "name a spec file"),
        (("model", "add", "{folder}"), "name a spec file"),
        (("show", "lones"), "No model called 'lones'. There is loans."),
        (("show", "loans", "--batch", "nope"), "No batch called 'nope'."),
        (("show", "loans", "--metric", "acuracy"), "No metric called 'acuracy'. There is accuracy"),
        (
            ("show", "loans", "--attribute", "sexe"),
            "'sexe'. There is sex, class.",
        ),
        (("show", "loans", "--feature", "incme"), "There is income, age, job, prediction, score"),
        (("show", "loans", "--version", "3"), "No version of loans called '3'. There is 1."),
        (("model", "promote", "loans", "--version", "3"), "There is 1."),
        (("model", "promote", "lones", "--version", "1"), "No model called 'lones'."),
        (("batches", "lones"), "No model called 'lones'."),
        (("notify", "test", "pager"), "No channel called 'pager'."),
    ],
)
def test_a_refusal_is_one_sentence_on_stderr(run, tmp_path, arguments, says) -> None:
    places = {
        "good": csv(loans(), tmp_path / "good.csv"),
        "bad": csv(loans().drop(columns=["answer", "chance"]), tmp_path / "bad.csv"),
        "folder": tmp_path,
        "empty": tmp_path / "empty",
    }
    places["empty"].mkdir()
    refused = run(*(part.format(**places) for part in arguments))
    assert refused.code == 1
    assert refused.out == ""
    assert refused.err.startswith("fairwatch: ")
    assert refused.err.count("\n") == 1
    assert says in refused.err


@pytest.mark.parametrize(
    "asked",
    [("--metric", "accuracy"), ("--attribute", "sex"), ("--feature", "income"), ("--version", 1)],
)
def test_what_could_be_measured_and_was_not_yet_is_no_refusal(run, asked) -> None:
    shown = run("show", "loans", *asked)
    assert (shown.code, shown.out) == (0, "Nothing yet.\n")


def test_a_model_whose_columns_are_not_known_yet_misses_none(run, kept: Path) -> None:
    text = (kept / "bare.toml").read_text().replace('"loans"', '"bare"')
    spec = kept / "unknown.toml"
    spec.write_text(text.replace('features = ["income", "age", "job"]', ""))
    assert run("model", "add", spec).code == 0
    assert run("show", "bare", "--feature", "income").out == "Nothing yet.\n"


def test_a_challenger_is_looked_at_and_made_champion(
    run, store: Store, kept: Path, tmp_path: Path
) -> None:
    other = kept / "women.toml"
    other.write_text((kept / "spec.toml").read_text().replace('"male"', '"female"'))
    run("model", "add", other, "--challenger")
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait")
    shown = ("show", "loans", "--metric", "accuracy", "--format", "json")
    assert {row["version"] for row in run(*shown).json()} == {1}
    assert {row["version"] for row in run(*shown, "--version", 2).json()} == {2}
    said = run("model", "promote", "loans", "--version", 2, "--reason", "it is fairer")
    assert said.out == "Version 2 of loans is champion now, in place of version 1.\n"
    assert {row["version"] for row in run(*shown).json()} == {2}
    assert list(reads.versions(store, "loans")["stage"]) == ["champion", "retired"]
    assert "already" in run("model", "promote", "loans", "--version", 2).out
    assert run("model", "promote", "loans", "--version", 1).code == 0
    assert list(reads.versions(store, "loans")["stage"]) == ["retired", "champion"]
    with store.read() as connection:
        said = list(connection.scalars(select(t.audit.c.what).order_by(t.audit.c.id)))
    assert "made loans version 2 champion, in place of version 1: it is fairer" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("batch",), ("batch", "add"), ("batch", "add", "loans"), ("show",), ("shew",),
        ("show", "loans", "--format", "xml"), ("show", "loans", "--nope"), ("model",),
        ("notify", "add", "x", "pigeon"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2(run, arguments) -> None:
    assert run(*arguments).code == 2


def test_a_batch_whose_job_fails_ends_the_wait_with_its_sentence(run, store, tmp_path) -> None:
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"))
    with store.read() as connection:
        sha256 = connection.execute(select(t.batches.c.file_sha256)).scalar_one()
    store.files.path(sha256).unlink()
    path = csv(loans(week=2), tmp_path / "b.csv")
    assert run("batch", "add", "loans", path, "--wait").code == 0
    errors = [job["error"] for job in run("jobs", "--format", "json").json()]
    assert any("No file called" in str(error) for error in errors)


def test_lists_are_tables_json_and_csv(run, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(history(), tmp_path / "h.csv"), "--wait")
    for command in (("models",), ("batches",), ("batches", "loans"), ("jobs",), ("incidents",)):
        rows = run(*command, "--format", "json").json()
        assert rows, command
        assert run(*command, "--format", "csv").out.splitlines()[0].split(",")[0] in rows[0]
        assert run(*command).code == 0
    assert run("models", "--format", "json").json()[0]["verdict"] == "failing"


def test_an_empty_house_has_empty_lists(run, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRWATCH_HOME", str(tmp_path / "empty"))
    for command in ("models", "batches", "jobs", "incidents"):
        assert run(command, "--format", "json").json() == []
        assert "Nothing yet." in run(command).out


def test_a_model_is_added_from_its_spec(run, kept: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRWATCH_HOME", str(tmp_path / "new"))
    added = run("model", "add", kept / "spec.toml")
    assert added.code == 0
    assert "Registered loans, version 1, as champion." in added.out
    again = run("model", "add", kept / "spec.toml")
    assert "is registered like this already, as version 1." in again.out


def test_channels_are_added_and_tried(run, tmp_path: Path) -> None:
    added = run("notify", "add", "box", "folder", "--set", f"path={tmp_path / 'mail'}")
    assert added.code == 0
    assert "took a test message" in run("notify", "test", "box").out
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 1
    wrong = run("notify", "add", "box", "folder", "--set", "path")
    assert (wrong.code, wrong.err) == (1, "fairwatch: Found --set path, wanted key=value.\n")


def test_the_doctor_says_what_is_wrong(run, store: Store, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait")
    found = run("doctor")
    assert found.code == 1
    assert "WRONG Worker: none is running; start one with" in found.out
    assert "ok    Files: all 1 stored files are there and unchanged." in found.out
    assert "ok    Database: sqlite answers" in found.out


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("FAIRWATCH_LEASE_SECONDS", "soon", "FAIRWATCH_LEASE_SECONDS"),
        ("FAIRWATCH_MAX_ATTEMPTS", "0", "FAIRWATCH_MAX_ATTEMPTS"),
        ("FAIRWATCH_DATABASE_URL", "nonsense", "FAIRWATCH_DATABASE_URL"),
        ("FAIRWATCH_DATABASE_URL", "oracle://x/y", "FAIRWATCH_DATABASE_URL"),
        ("FAIRWATCH_DATABASE_URL", "sqlite:////nowhere/at/all.db", "unable to open"),
        ("FAIRWATCH_HOME", "/dev/null/home", "FAIRWATCH_HOME"),
    ],
)
def test_settings_that_cannot_work_are_named(run, monkeypatch, name, value, says) -> None:
    monkeypatch.setenv(name, value)
    refused = run("models")
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert says in refused.err


def test_another_database_is_used_where_one_is_named(run, monkeypatch, tmp_path, kept) -> None:
    place = tmp_path / "elsewhere.db"
    monkeypatch.setenv("FAIRWATCH_DATABASE_URL", f"sqlite:///{place}")
    assert run("models", "--format", "json").json() == []
    run("model", "add", kept / "spec.toml")
    with sqlite3.connect(place) as connection:
        assert connection.execute("select name from models").fetchall() == [("loans",)]
    connection.close()


def test_help_is_quick_and_the_module_is_the_command(home: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "monitor", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for command in ("demo", "serve", "work", "model", "batch", "labels", "show", "doctor"):
        assert command in said.stdout
    assert "| pandas" not in said.stderr


def test_a_pipe_that_closes_early_is_no_error(run, home: Path, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait")
    said = subprocess.run(
        f"{sys.executable} -m monitor show loans --batch all --format json | head -1",
        shell=True, capture_output=True, text=True, check=True,
        env={**os.environ, "FAIRWATCH_HOME": str(home)},
    )  # fmt: skip
    assert said.stdout == "[\n"
    assert said.stderr == ""


def test_numbers_in_json_are_whole(run, store: Store, tmp_path: Path) -> None:
    run("batch", "add", "loans", csv(loans(), tmp_path / "a.csv"), "--wait")
    shown = {
        (row["metric"], row["feature"], row["attribute"], row["group"]): row["value"]
        for row in run("show", "loans", "--format", "json").json()
    }
    for row in reads.measurements(store, "loans").itertuples():
        value = shown[(row.metric, row.feature, row.attribute, row.group)]
        assert value is None if row.value != row.value else value == pytest.approx(row.value)
    assert shown[("row_count", "", "", "")] == ROWS
