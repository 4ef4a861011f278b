from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.pauses import Pause, PauseKind, Repeats
from monitor.errors import NotFound
from monitor.store import pauses

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NIGHT = Pause("Nights", PauseKind.QUIET, NOW, NOW + timedelta(hours=8), Repeats.DAILY)


def test_a_pause_is_kept_changed_and_removed(store):
    added = pauses.add(store, NIGHT.to_row(), who="ada", now=NOW)
    with store.read() as connection:
        assert [Pause.from_row(row) for row in pauses.of_model(connection, 7)] == [NIGHT]
    row = NIGHT.to_row() | {"repeats": "weekdays"}
    pauses.change(store, added, row, who="bob", now=NOW)
    table = pauses.pauses(store)
    assert table[["name", "repeats", "who"]].to_dict("records") == [
        {"name": "Nights", "repeats": "weekdays", "who": "ada"}
    ]
    pauses.remove(store, added, who="ada", now=NOW)
    assert pauses.pauses(store).empty


def test_a_pause_that_is_not_there_is_said_not_to_be(store):
    with pytest.raises(NotFound):
        pauses.remove(store, 9, who="ada", now=NOW)
    with pytest.raises(NotFound):
        pauses.change(store, 9, NIGHT.to_row(), who="ada", now=NOW)
