"""The frame: a silent worker is said, and whatever breaks becomes one plain card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from monitor.errors import BatchError, Busy
from monitor.store import reads, writes
from monitor.store.engine import Store
from monitor.ui import times

SHELL = str(Path(__file__).resolve().parents[2] / "monitor" / "ui" / "shell.py")


def run() -> AppTest:
    return AppTest.from_file(SHELL, default_timeout=30).run()


def test_a_silent_worker_is_announced(story: Store) -> None:
    writes.worker_seen(story, "w1", doing="", now=times.now() - timedelta(hours=3, minutes=5))
    assert "No evaluation for 3 h" in run().warning[0].value


def test_a_living_worker_is_not(story: Store) -> None:
    writes.worker_seen(story, "w1", doing="", now=times.now())
    assert not run().warning


def test_an_error_of_ours_is_its_sentence(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "models", _raising(BatchError("The file *x* is empty.")))
    app = run()
    assert not app.exception
    assert app.error[0].value == "The file \\*x\\* is empty\\."


def test_a_locked_database_is_a_sentence_too(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "models", _raising(Busy("Locked.")))
    assert run().error[0].value == "Locked\\."


def test_an_unforeseen_error_is_a_card_without_a_traceback(
    story: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "models", _raising(ZeroDivisionError("secret detail")))
    app = run()
    assert not app.exception
    assert "could not be drawn" in app.error[0].value
    assert "secret" not in app.error[0].value


def _raising(error: Exception) -> Callable[..., None]:
    def raises(*_: object, **__: object) -> None:
        raise error

    return raises


@pytest.mark.parametrize(
    ("ago", "said"),
    [(timedelta(seconds=5), "just now"), (timedelta(hours=3), "3 h ago"),
     (timedelta(days=1200), "1,200 d ago")],
)  # fmt: skip
def test_ages_are_said_in_one_unit(ago: timedelta, said: str) -> None:
    now = times.now()
    assert times.age(now - ago, at=now) == said


def test_never_is_never() -> None:
    assert times.age(None) == "never"
