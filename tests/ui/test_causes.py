"""The Causes section: what moved, how surely, and what to do while nothing is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from monitor.measures.measurement import Measurement
from monitor.store import queue, results
from monitor.store.engine import Store
from monitor.terms import JobKind
from tests.ui.conftest import FIRST
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]

BATCH = 1


def part(metric: str, column: str, value: float, p: float, **about: str) -> Measurement:
    return Measurement(
        metric, value, 1900, value - 0.01, value + 0.01, feature=column, p=p, family=3, **about
    )


LABELLED = [
    Measurement("loss_change", 0.022, 1950, 0.004, 0.04, reference=0.234),
    Measurement("loss_unexplained", 0.018, 1950, -0.004, 0.039),
    part("loss_contribution", "age", 0.002, 1.0),
    part("loss_contribution", "income", 0.02, 0.001),
    Measurement(
        "slice_loss_difference", 0.1, 240, 0.02, 0.18, feature="income under 20,000",
        reason="Accuracy 70.0 % inside, 80.0 % elsewhere.", reference=0.05, family=2, p=0.01,
    ),
    part("demographic_parity_contribution", "income", -0.15, 0.0, attribute="sex", group="female"),
]  # fmt: skip


@pytest.fixture
def explained(one_row: Store) -> Callable[[list[Measurement]], Store]:
    def add(found: list[Measurement]) -> Store:
        with one_row.write() as connection:
            results.save_measurements(
                connection, 1, BATCH, [(m, None) for m in found], made=results.Made.OF_SAMPLES
            )
        return one_row

    return add


Explained = Callable[[list[Measurement]], Store]


def table(app: AppTest, place: int = 0) -> list[dict[str, object]]:
    return app.dataframe[place].value.to_dict("records")


def test_lost_points_are_told_with_what_explains_them(
    open_page: Open, explained: Explained
) -> None:
    explained(LABELLED)
    app = open_page("model", section="causes")
    assert well(app)
    said = text(app)
    assert "Accuracy 74.4 %, on the reference 76.6 %" in said
    assert "2.2 pt lost (95 % interval 0.4 to 4.0 pt, 1,950 rows); that is more than chance" in said
    assert "Explained by no column: 1.8 pt" in said
    assert "that may be chance" in said
    assert "overlap and do not add up" in said
    columns, (row,) = table(app), table(app, 1)
    assert [one["Value"] for one in columns] == ["2.0 pt", "0.2 pt"]
    assert row["Slice"] == "income under 20,000"
    assert row["Difference"] == "10.0 pt"
    assert row["On the reference"] == "5.0 pt"
    assert row["n"] == 240


def test_a_gap_is_told_beside_the_one_on_the_reference(
    open_page: Open, explained: Explained
) -> None:
    explained(LABELLED)
    app = open_page("model", section="causes", attribute="sex", metric="demographic_parity_ratio")
    assert well(app)
    assert "Selection rate difference, female against" in text(app)
    assert "what changed comes from its inputs" in text(app)
    assert "No slice of one or two columns stands out" in text(app)


def test_before_labels_it_says_what_can_be_said(open_page: Open, explained: Explained) -> None:
    waiting = Measurement("loss_change", None, 0, reason="Too few labels have arrived.")
    explained([waiting, LABELLED[2], LABELLED[3]])
    app = open_page("model", section="causes")
    assert well(app)
    assert "Too few labels have arrived. How much was lost is not known yet" in text(app).replace(
        "**", ""
    )
    assert "Worst slices" not in text(app)


def test_while_causes_are_looked_for_it_says_so(open_page: Open, one_row: Store) -> None:
    assert "No causes were looked for" in text(open_page("model", section="causes"))
    with one_row.write() as connection:
        queue.enqueue(
            connection,
            kind=JobKind.EXPLAIN,
            key="explain:1",
            model_id=1,
            version_id=1,
            batch_id=BATCH,
            order_at=FIRST,
            now=FIRST,
        )
    app = open_page("model", section="causes")
    assert well(app)
    assert any("are being looked for" in str(one.value) for one in app.info)


def test_an_alert_names_its_suspects_in_the_words_of_the_message(
    open_page: Open, story: Store
) -> None:
    with story.write() as connection:
        suspect = part(
            "demographic_parity_contribution", "income", -0.15, 0.0, attribute="sex", group="female"
        )
        results.save_measurements(
            connection, 1, 26, [(suspect, None)], made=results.Made.OF_SAMPLES
        )
    app = open_page("alerts", incident="1")
    assert well(app)
    assert "Suspected columns: income (30.0 % missing values, −15.0 pt of the gap)." in text(app)
