"""A registered model of loans, as the tests of the jobs have it."""

from __future__ import annotations

from tests.jobs.conftest import (
    explained,
    home,
    kept,
    kept_on_postgres,
    nothing_explained,
    settings,
    store,
    template,
)

__all__ = [
    "explained", "home", "kept", "kept_on_postgres", "nothing_explained", "settings", "store",
    "template",
]  # fmt: skip
