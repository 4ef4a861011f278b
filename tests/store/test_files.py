"""Files are named by what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import NotFound
from monitor.store.files import Files, sha256_of


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
