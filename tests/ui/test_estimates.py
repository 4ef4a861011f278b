"""What the pages say of a regression before its labels have come."""

from __future__ import annotations

import pytest

from monitor.measures.measurement import Measurement
from monitor.store.engine import Store
from tests.ui.conftest import add_model
from tests.ui.test_pages import Open, open_page, text, well

__all__ = ["open_page"]

MAE = "estimated_mean_absolute_error"


def number(metric: str, value: float, group: str = "", *, reason: str = "") -> Measurement:
    attribute = "sex" if group else ""
    return Measurement(
        metric, value, 900, value - 0.1, value + 0.1, attribute=attribute, group=group,
        denominator=900, reason=reason,
    )  # fmt: skip


def waiting(_: int) -> list[Measurement]:
    return [
        Measurement("label_coverage", 0.0, 1800),
        Measurement("mean_absolute_error", None, 0, reason="No labels have arrived."),
        number(MAE, 170.0),
        *(number("selection_rate", 0.5, group) for group in ("male", "female")),
        number("demographic_parity_difference", 0.0, "female"),
        number(MAE, 160.0, "male"),
        number(MAE, 200.0, "female"),
        number(f"{MAE}_difference", 40.0, "female"),
        number(f"{MAE}_ratio", 1.25, "female"),
    ]


@pytest.fixture
def claims(store: Store) -> Store:
    add_model(store, "claims", weeks=1, measure=waiting)
    return store


@pytest.mark.usefixtures("claims")
def test_groups_stand_side_by_side_with_what_errors_are_expected(open_page: Open) -> None:
    app = open_page("model", model="claims", section="fairness")
    assert well(app)
    assert "Estimated, no labels yet" in text(app)
    assert "each group's rows and how far off predictions were for such rows" in text(app)
    (table,) = (t.value for t in app.dataframe if "Comparison" in t.value)
    assert table["Comparison"].tolist() == [
        "Estimated mean absolute error difference",
        "Estimated mean absolute error ratio",
    ]
    assert table["Value"].tolist() == ["40", "1.25"]


def scored(_: int) -> list[Measurement]:
    return [
        Measurement("label_coverage", 0.0, 1800),
        number("estimated_accuracy", 0.8, reason="Not reliable: told apart with an AUC of 0.97."),
        *(number("selection_rate", 0.5, group) for group in ("male", "female")),
        number("demographic_parity_difference", 0.0, "female"),
        number("estimated_base_rate", 0.42, "male"),
        number("estimated_base_rate", 0.31, "female"),
        number("estimated_true_positive_rate", 0.7, "male"),
        number("estimated_true_positive_rate", 0.5, "female"),
        number("estimated_equal_opportunity_difference", -0.2, "female"),
    ]


def test_base_rates_stand_beside_estimated_differences_too(store: Store, open_page: Open) -> None:
    add_model(store, "credit", weeks=1, measure=scored)
    app = open_page("model", model="credit", section="fairness")
    assert well(app)
    assert (
        "Estimated base rates. male: 42.0 % (900 rows with a score); "
        "female: 31.0 % (900 rows with a score)."
    ) in text(app)
    (table,) = (t.value for t in app.dataframe if "Comparison" in t.value)
    assert table["Estimated base rate"].tolist() == ["31.0 %"]
    assert "Not reliable: told apart with an AUC of 0.97." in text(app)


@pytest.mark.usefixtures("claims")
def test_performance_is_told_as_expected_while_labels_are_missing(open_page: Open) -> None:
    app = open_page("model", model="claims", section="performance")
    assert well(app)
    assert "have not arrived. Estimated mean absolute error: 170 (95 % interval" in text(app)
    assert "No labels yet: what follows is estimated" in text(app)
