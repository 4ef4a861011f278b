"""Files are named by what is in them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.clock import utc_now
from monitor.errors import NotFound
from monitor.store.files import Files, sha256_of

NOW = utc_now()


def test_the_same_content_is_kept_once(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    files.folder.mkdir()
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"rows")
    assert files.keep(tmp_path / "a") == files.keep(tmp_path / "b")
    assert len([path for path in files.folder.rglob("*") if path.is_file()]) == 1


def test_what_is_kept_has_the_hash_it_is_named_by(tmp_path: Path) -> None:
    files = Files(tmp_path)
    (tmp_path / "a").write_bytes(b"rows")
    assert sha256_of(files.path(files.keep(tmp_path / "a"))) == sha256_of(tmp_path / "a")


def test_a_file_removed_by_hand_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No file called"):
        Files(tmp_path).path("0" * 64)


def test_scratch_is_gone_afterwards(tmp_path: Path) -> None:
    with Files(tmp_path).scratch() as folder:
        (folder / "x").write_text("")
    assert not list(tmp_path.iterdir())


def kept(files: Files, content: bytes, *, age: timedelta) -> Path:
    """A file that was kept so long ago."""
    (files.folder / "source").write_bytes(content)
    path = files.path(files.keep(files.folder / "source"))
    os.utime(path, ((NOW - age).timestamp(),) * 2)
    return path


def test_a_file_that_no_row_names_is_swept_after_a_day(tmp_path: Path) -> None:
    files = Files(tmp_path)
    named, fresh, left = (
        kept(files, content, age=timedelta(days=days))
        for content, days in ((b"named", 9), (b"fresh", 0), (b"left", 9))
    )
    assert files.sweep_unnamed({named.name}, before=NOW - timedelta(days=1)) == 1
    assert (named.exists(), fresh.exists(), left.exists()) == (True, True, False)
    assert not list(tmp_path.glob("tmp-*"))


def test_a_file_kept_again_is_not_swept_before_its_row_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when that happens between the look at its age and its removal."""
    files = Files(tmp_path)
    path = kept(files, b"rows", age=timedelta(days=9))
    known = os.replace

    def kept_meanwhile(source: Path, target: Path) -> None:
        files.keep(tmp_path / "source")
        monkeypatch.setattr("os.replace", known)
        known(source, target)

    monkeypatch.setattr("os.replace", kept_meanwhile)
    assert files.sweep_unnamed(set(), before=NOW - timedelta(days=1)) == 0
    assert path.read_bytes() == b"rows"
