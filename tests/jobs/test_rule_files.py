"""Rules as code, through the commands: what a file would change, and that it does just that."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from monitor.store import reads, rules
from monitor.store.engine import Store
from tests.jobs.conftest import Give
from tests.jobs.loans import loans, work_off
from tests.jobs.test_cli import run as run


@pytest.fixture
def file(run, tmp_path: Path) -> Path:
    exported = run("rules", "export", tmp_path / "rules.yaml")
    assert exported.code == 0, exported.err
    return tmp_path / "rules.yaml"


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


ROC = "- {metric: roc_auc, against: reference, low: -0.05, severity: warning}"


def test_what_was_exported_changes_nothing(run, store: Store, file: Path) -> None:
    revision = reads.revision(store)
    assert run("rules", "diff", file, "--prune").out == "Nothing to change.\n"
    applied = run("rules", "apply", file, "--prune")
    assert (applied.code, applied.out) == (0, "Nothing to change.\n")
    assert reads.revision(store) == revision
    assert run("rules", "export", "--model", "loans").out == file.read_text()


def test_a_change_is_shown_made_once_and_kept_as_a_version(run, store: Store, file: Path) -> None:
    edit(file, ROC, ROC.replace("-0.05", "-0.03").replace("}", ", batches: 2 of 3}"))
    edit(file, "loans:\n", "loans:\n- {metric: accuracy, low: 0.4, severity: critical}\n")
    told = (
        "loans\n"
        "  + accuracy: low 0.4, severity critical\n"
        "  ~ roc_auc: low -0.03 (was -0.05), batches 2 of 3 (was 1 of 1)\n"
    )
    assert run("rules", "diff", file).out == told
    assert reads.rules(store, "loans")["version"].max() == 1
    applied = run("rules", "apply", file, "--yes")
    assert (applied.code, applied.out.startswith(told)) == (0, True)
    watched = reads.rules(store, "loans").set_index("metric")
    kept = rules.versions(store, int(watched.loc["roc_auc", "id"]))
    assert [(one["version"], one["note"]) for one in kept] == [(2, "From rules.yaml."), (1, "")]
    assert watched.loc["accuracy", "low"] == 0.4
    assert run("rules", "apply", file, "--yes").out == "Nothing to change.\n"


def test_nothing_is_changed_unless_somebody_says_yes(
    run, store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(file, "-0.05", "-0.03")
    revision = reads.revision(store)
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert run("rules", "apply", file).code == 1
        assert reads.revision(store) == revision
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run("rules", "apply", file).code == 0
    assert reads.revision(store) > revision


def test_what_the_file_does_not_have_is_switched_off_only_when_asked(
    run, store: Store, file: Path
) -> None:
    edit(file, ROC + "\n", "")
    left = run("rules", "apply", file, "--yes")
    assert left.out == (
        "loans\n  ? roc_auc: not in the file, and left as it is\nNothing to change.\n"
    )
    pruned = run("rules", "apply", file, "--yes", "--prune")
    assert "  - roc_auc: switched off, for the file does not have it" in pruned.out
    watched = reads.rules(store, "loans").set_index("metric")
    assert (watched.loc["roc_auc", "enabled"], watched.loc["roc_auc", "version"]) == (0, 2)


def test_a_file_with_anything_wrong_in_it_changes_nothing(
    run, store: Store, give: Give, file: Path
) -> None:
    give(loans(week=1), "1.csv")
    work_off(store)
    edit(file, "-0.05", "-0.03")
    file.write_text(
        file.read_text()
        + "- {metric: acuracy, low: 0.5}\n"
        + "- {metric: accuracy, attribute: sex, group: femal, low: 0.5, channels: [pager]}\n"
    )
    revision = reads.revision(store)
    refused = run("rules", "apply", file, "--yes")
    assert refused.code == 1
    assert "There is no metric called 'acuracy'; is accuracy" in refused.err
    assert "sex has no group 'femal'; there is female, male." in refused.err
    assert "There is no channel called 'pager'." in refused.err
    assert reads.revision(store) == revision
    file.write_text("lones: []")
    refused = run("rules", "diff", file)
    assert (refused.code, "No model called 'lones'" in refused.err) == (1, True)
    assert run("rules", "diff", file, "--model", "loans").code == 1
    assert run("rules", "diff", file.parent / "none.yaml").code == 1


def test_rules_are_listed(run) -> None:
    listed = run("rules", "list", "--format", "json").json()
    assert {"model", "metric", "low", "high", "version", "enabled"} <= set(listed[0])
    assert "at most 0.05 below the reference" in run("rules", "list", "loans").out
    assert run("rules", "list", "lones").code == 1
