"""The store as it is now: opened once, of one revision in each rerun, and what is known of that."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

import streamlit as st

from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store, open_store
from monitor.ui.once import Once

NAMES: Final = tuple(f"FAIRWATCH_{name.upper()}" for name in Settings.model_fields)
MOST: Final = 200  # values in memory, of some tens of kilobytes each
T = TypeVar("T")
C = TypeVar("C")

_rerun = threading.local()
_held: dict[str, int] = {}  # by database, the revision that what is known is of
_known = Once(MOST)
_caches: list[Any] = []


def settings() -> Settings:
    """What the environment decides, read once for each environment there has been."""
    return _decided(tuple(os.environ.get(name) for name in NAMES), os.getcwd())


@st.cache_resource(show_spinner=False, max_entries=4)
def _decided(environment: tuple[str | None, ...], folder: str) -> Settings:
    found = Settings()
    return found.model_copy(update={"home": found.home.resolve()})


def store() -> Store:
    """The one store of this process; a test that moves the home gets another."""
    found: Store = getattr(_rerun, "store", None) or _store()
    return found


def _store() -> Store:
    decided = settings()
    return _opened(decided.database, str(decided.home))


@st.cache_resource(show_spinner=False)
def _opened(database: str, home: str) -> Store:
    return open_store(Settings())


def began() -> None:
    """Everything that this rerun goes on to show is of one store and one revision."""
    _rerun.store = _store()
    _rerun.key = _newest()


def key() -> tuple[str, int]:
    """The database and its revision; outside of a rerun of a whole page, the newest."""
    found: tuple[str, int] = getattr(_rerun, "key", None) or _newest()
    return found


def revision() -> int:
    """Grows with every change a page could show."""
    return reads.revision(store())


def known(what: Hashable, make: Callable[[], T]) -> T:
    """What was made of the same ``what`` at this revision, by whatever visitor; not to be changed.

    ``what`` names the value and all that it depends on beside the store: never the clock, nor who
    looks.
    """
    found: T = _known.get((key(), what), make)
    return found


def of_one_revision(cached: C) -> C:
    """A cache that is emptied when there is a newer revision: nobody asks for an older one again,
    and a busy worker makes many in an hour."""
    _caches.append(cached)
    return cached


def _newest() -> tuple[str, int]:
    opened = store()
    database, number = opened.settings.database, reads.revision(opened)
    if _held.get(database) != number:
        _held[database] = number
        for cached in (_known, *_caches):
            cached.clear()
    return database, number
