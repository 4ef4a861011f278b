"""The catalogue names what we promise, says it whole, and stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from monitor.measures.catalogue import METRICS, Better, Family, metric
from monitor.measures.catalogue.page import FAMILIES, page

# Names scripts rely on: scikit-learn's, fairlearn's and Evidently's.
PROMISED = """
accuracy balanced_accuracy precision recall f1 specificity matthews_corrcoef roc_auc
average_precision log_loss brier_score expected_calibration_error label_coverage
mean_absolute_error root_mean_squared_error mean_absolute_percentage_error r2_score mean_residual
selection_rate true_positive_rate false_negative_rate false_positive_rate true_negative_rate
false_discovery_rate false_omission_rate negative_predictive_value base_rate calibration_ratio
mean_score group_share demographic_parity_difference demographic_parity_ratio
equal_opportunity_difference equal_opportunity_ratio equalized_odds_difference
equalized_odds_ratio predictive_parity_difference accuracy_difference average_odds_difference
mean_absolute_error_difference mean_absolute_error_ratio mean_residual_difference mean_prediction
mean_prediction_difference psi jensenshannon ks wasserstein chisquare drifted_columns missing_rate
hellinger TVD overdispersion missing_rate_change drifted_importance
unseen_rate out_of_range_rate infinite_rate row_count duplicate_ids rows_per_second
seconds_per_thousand_rows peak_memory_mb artefact_mb batch_overdue
"""


@pytest.mark.parametrize("name", PROMISED.split())
def test_what_we_promise_is_defined(name: str):
    assert metric(name).name == name


@pytest.mark.parametrize("name", METRICS)
def test_a_definition_is_whole(name: str):
    it = metric(name)
    assert it.title
    assert it.formula
    assert it.source
    assert it.tasks
    assert it.words.endswith(".")
    assert it.words.count(". ") == 0


@pytest.mark.parametrize("name", METRICS)
def test_a_definition_says_what_it_divides_by_and_what_it_can_be(name: str):
    it = metric(name)
    assert it.denominator, f'{name}: say denominator="rows whose …", what its value divides by'
    assert it.range.least < it.range.most, (
        f"{name}: say range=Range(least, most), or one of SHARE, SIGNED, POSITIVE, ANY"
    )
    if it.neutral is not None:
        assert it.range.least <= it.neutral <= it.range.most


def test_disparities_have_a_neutral_value():
    for name, it in METRICS.items():
        if name.endswith("_difference"):
            assert it.neutral == 0
            assert it.better is Better.NEITHER
        if it.unit == "ratio":
            assert it.neutral == 1


def test_an_unknown_name_is_named():
    with pytest.raises(KeyError, match="acuracy"):
        metric("acuracy")


def test_the_metric_reference_is_that_of_the_catalogue():
    written = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    assert written == page(METRICS.values()), "run `make docs`: the catalogue has changed"


def test_the_metric_reference_names_every_metric_under_its_family():
    written = page(METRICS.values())
    assert [line[4:] for line in written.splitlines() if line.startswith("### ")] == sorted(
        METRICS, key=lambda name: list(FAMILIES).index(METRICS[name].family)
    )


def test_every_family_has_its_words():
    assert set(FAMILIES) == set(get_args(Family))


def test_pages_can_read_it_without_numpy():
    code = "import sys, monitor.measures.wording; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
