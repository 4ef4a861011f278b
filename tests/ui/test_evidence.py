"""The section Over time: what many batches say together, and what to do while they say nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from monitor.measures import verdict
from monitor.measures.sequential.follow import follow
from monitor.measures.sequential.observed import Observed
from monitor.measures.sequential.part import Part
from monitor.measures.sequential.plan import Watch, plan
from monitor.store import results
from monitor.store import tables as t
from monitor.store.engine import Store
from tests.measures.people import layout_of, people, rows_of
from tests.ui.conftest import WEEKS
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]


def observed(women: float) -> Observed:
    parts = {
        ("sex", "female", "selection_rate"): Part.of_share(1000 * women, 1000),
        ("sex", "male", "selection_rate"): Part.of_share(600, 1000),
    }
    return Observed(2000, parts, {})


@pytest.fixture
def followed(story: Store) -> Store:
    """The story's gap of week 16, followed by the product's own detector."""
    batches = [observed(0.6 if week < 16 else 0.45) for week in range(WEEKS)]
    watch = Watch("demographic_parity_difference", 0.1, "sex")
    planned = plan([watch], layout_of(rows_of(people(200))), observed(0.6), batches)
    with story.write() as connection:
        mine = select(t.batches.c.id).where(t.batches.c.model_id == 1)
        ids = connection.scalars(mine.order_by(t.batches.c.starts_at)).all()
        for batch, found in zip(ids, follow(planned, batches, budget=2000), strict=True):
            whole = verdict.judge(found[0], low=None, high=2000, parity=None)
            saved = [(whole, 1), *((m, None) for m in found[1:])]
            results.save_measurements(connection, 1, batch, saved, made=results.Made.OF_BATCHES)
    return story


def test_the_model_has_a_line_for_what_all_batches_say(open_page: Open, followed: Store) -> None:
    app = open_page("model", model="credit")
    assert well(app)
    assert "Evidence of change" in text(app)
    assert "above the limit of 2,000" in text(app)


def test_evidence_is_shown_with_its_sources_strongest_first(
    open_page: Open, followed: Store
) -> None:
    app = open_page("model", model="credit", section="evidence")
    assert well(app)
    assert "Has anything become worse?" in text(app)
    rows = app.dataframe[0].value.to_dict("records")
    assert rows[0]["What"] == "female (sex)"
    assert rows[0]["n"] == 2000 * WEEKS


def test_a_gap_since_deployment_stands_with_both_groups_rows(
    open_page: Open, followed: Store
) -> None:
    app = open_page("model", model="credit", section="evidence")
    assert well(app)
    assert "female 54.2 % (26,000 rows) and male 60.0 % (26,000 rows)." in text(app)


def test_before_anything_is_followed_the_next_step_is_said(open_page: Open, story: Store) -> None:
    app = open_page("model", model="credit", section="evidence")
    assert well(app)
    assert "Nothing is followed over time yet" in text(app)


def test_a_batch_that_says_nothing_is_said_to(open_page: Open, followed: Store) -> None:
    app = open_page(
        "model", model="credit", section="evidence", batch="week-00",
        window="2026-09-01/2026-11-20",
    )  # fmt: skip
    assert "This batch added nothing" in text(app)
