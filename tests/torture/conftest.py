"""A registered model of loans, as the tests of the jobs have it."""

from __future__ import annotations

from tests.jobs.conftest import home, kept, nothing_explained, settings, store

__all__ = ["home", "kept", "nothing_explained", "settings", "store"]
