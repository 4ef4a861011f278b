"""The process that ``rehearsing`` starts: a question as JSON comes in, the answer goes out."""

from __future__ import annotations

import json
import sys

from monitor.alerts.rule import Rule
from monitor.jobs.rehearse import rehearse
from monitor.settings import Settings
from monitor.store.engine import open_store


def main() -> None:
    question = json.load(sys.stdin)
    store = open_store(Settings())
    try:
        found = rehearse(store, question["model"], Rule.from_row(question["rule"]))
    finally:
        store.close()
    caught = [(one.sentence, one.batches is not None) for one in found.caught]
    json.dump({"sentence": found.backtest.sentence, "caught": caught}, sys.stdout)


if __name__ == "__main__":
    main()
