"""The benchmark's comparisons, on few rows: what they promise to print, and that sides agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare, material, peers
from benchmarks.peer_sides import measured as measured_peer
from benchmarks.prescored import Shape, make
from benchmarks.side import find, measured
from benchmarks.usage import files_mb, held_mb

KEYS = {
    *("name", "ours", "theirs", "rows", "columns", "repeats", "versions", "ratio"),
    *("ours_cpu_seconds", "theirs_cpu_seconds", "ours_peak_mb", "theirs_peak_mb"),
    *("ours_process_cpu_seconds", "theirs_process_cpu_seconds"),
    *("ours_peak_mb_over_imports", "theirs_peak_mb_over_imports"),
    *("shared_answers", "largest_difference"),
}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports were paid for already; only where the sides run differs."""

    def make(folder: Path, *, rows: int, columns: int) -> dict[str, str]:
        folder.mkdir()
        material.make(folder, rows=rows, columns=columns)
        return {"fairwatch": "here"}

    def run(whose: str, name: str, folder: Path, *, before: int) -> dict[str, Any]:
        return {**measured(find(whose, name), folder, before=before), "process_cpu_seconds": 1.0}

    monkeypatch.setattr(compare, "_make", make)
    monkeypatch.setattr(compare, "_run", run)


@pytest.mark.usefixtures("in_this_process")
def test_a_comparison_is_one_json_line_with_the_promised_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    compare.main(["--rows", "400", "--columns", "6", "--repeats", "1", "--only", "groups"])
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert set(line) == KEYS
    assert (line["name"], line["rows"], line["columns"]) == ("groups", 400, 6)
    assert line["shared_answers"] == 7 * 7 + 2 * 5  # rates of seven groups, gaps of two features
    assert line["largest_difference"] < 1e-9


def test_of_several_repeats_the_median_counts() -> None:
    def side(*seconds: float) -> list[dict[str, Any]]:
        about = {"process_cpu_seconds": 9.0, "peak_mb": 1.0, "peak_mb_over_imports": 0.5}
        return [{"cpu_seconds": s, "answers": {"accuracy": s}, **about} for s in seconds]

    line = compare.compared(compare.PAIRS[0], side(1.0, 2.0, 30.0), side(8.0, 4.0, 1.0))
    assert (line["ours_cpu_seconds"], line["theirs_cpu_seconds"]) == (2.0, 4.0)
    assert line["ratio"] == 2.0


def test_sides_that_share_no_answer_have_no_difference() -> None:
    found = compare.agreement({"accuracy": 0.5}, {"recall": 0.5})
    assert found == {"shared_answers": 0, "largest_difference": None}


@pytest.mark.slow
def test_the_script_compares_with_evidently_too() -> None:
    script = Path(compare.__file__)
    arguments = ["--rows", "2000", "--columns", "6", "--repeats", "1"]
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in lines] == [pair.name for pair in compare.PAIRS]
    assert all(set(line) == KEYS for line in lines)
    assert all(line["largest_difference"] < 1e-4 for line in lines)


def test_a_scored_file_gives_us_what_plain_scipy_and_sklearn_give(tmp_path: Path) -> None:
    make(tmp_path / "case", Shape(2_000, 2_000, numbers=2, levels=()))
    sides = ("ours", "ours, values alone", "plain")
    runs = {side: [measured_peer(side, tmp_path / "case")] for side in sides}
    line = peers.compared(*(runs[side] for side in sides))
    differences = line["largest_differences"]
    binned = {"ks", "wasserstein", "roc_auc", "average_precision"}
    assert {"accuracy", "true_positive_rate", "brier_score", *binned} <= set(differences)
    assert all(differences[name] < 5e-3 for name in binned)
    assert all(value < 1e-9 for name, value in differences.items() if name not in binned)
    whole, alone, _ = (runs[side][0]["answers"] for side in sides)
    shared = {*whole} & {*alone}
    assert len(shared) > 100
    assert [alone[name] for name in shared] == pytest.approx([whole[name] for name in shared])


def test_memory_is_told_though_a_thread_has_just_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Path("/proc/self/task/0/children")
    monkeypatch.setattr(Path, "glob", lambda *_: iter([ended]))
    assert held_mb() > 0


def test_libraries_that_two_processes_have_are_counted_once() -> None:
    alone = files_mb()
    twin = "import sys; print(flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", twin], **pipes) as child:
        assert child.stdout
        assert child.stdout.readline()
        status = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        its_own = next(int(line.split()[1]) / 1024 for line in status if line[:8] == "RssFile:")
        together = files_mb()
        child.communicate()
    assert alone > 0
    assert together < alone + its_own
