"""Values as people read them."""

from __future__ import annotations

import pytest

from monitor.measures.wording import format_interval, format_value


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("accuracy", 0.8311, "83.1 %"),
        ("accuracy", 1.0, "100.0 %"),
        ("missing_rate", 0.0, "0.0 %"),
        ("demographic_parity_difference", 0.3, "30.0 pt"),
        ("demographic_parity_difference", -0.1234, "−12.3 pt"),
        ("accuracy_difference", -0.0001, "0.0 pt"),
        ("demographic_parity_ratio", 0.796, "0.80"),
        ("roc_auc", 0.73219, "0.7322"),
        ("psi", 0.1, "0.1"),
        ("psi", 0.00001234, "1.234e−05"),
        ("row_count", 1234567.0, "1,234,567"),
        ("mean_absolute_error", 1234.5, "1,234"),
        ("mean_absolute_error", 12.3456, "12.35"),
        ("mean_residual", -7.0, "−7"),
        ("never heard of", 0.5, "0.5"),
        ("accuracy", None, "–"),
        ("accuracy", float("nan"), "–"),
        ("psi", float("inf"), "–"),
    ],
)
def test_a_value_is_written_in_its_unit(name: str, value: float | None, written: str):
    assert format_value(name, value) == written


def test_an_interval_names_its_unit_once():
    assert format_interval("accuracy", 0.8, 0.85) == "80.0 to 85.0 %"
    assert format_interval("roc_auc", 0.7, 0.75) == "0.7 to 0.75"
    assert format_interval("demographic_parity_ratio", 0.7, 0.9) == "0.70 to 0.90"
    assert format_interval("accuracy", None, 0.9) == "–"
