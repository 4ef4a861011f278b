"""Drift against scipy, against Evidently's own tests, and against noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats
from scipy.spatial import distance as spatial

from monitor.measures import distance, drift
from monitor.measures.catalogue import METRICS
from monitor.measures.interval import newcombe
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.merging import merged_counts
from monitor.measures.norms import Norms
from monitor.measures.rows import Rows
from monitor.measures.significance import two_sample_chi2
from monitor.measures.tally import Tally, tally
from monitor.terms import Task, Verdict

Columns = dict[str, np.ndarray | list[str | None]]


def rows(columns: Columns, actual: np.ndarray | None = None) -> Rows:
    typed = {
        name: values if isinstance(values, np.ndarray) else pa.array(values, type=pa.string())
        for name, values in columns.items()
    }
    n = len(next(iter(columns.values())))
    return Rows(
        columns=typed,
        groups={},
        predicted=None,
        actual=actual,
        scores=None,
        weight=None,
        n=n,
    )


def layout_of(reference: Rows) -> Layout:
    return build_layout(reference, task=Task.BINARY, classes=("0", "1"), positive="1")


def found(
    current: Rows, reference: Rows, norms: Norms | None = None
) -> dict[tuple[str, str], Measurement]:
    layout = replace(layout_of(reference), norms=norms or Norms())
    now = tally(current, layout)
    measured = drift.measure(now.profiles, now.outcomes, tally(reference, layout), layout)
    return {(m.metric, m.feature): m for m in measured}


def values(found: dict[tuple[str, str], Measurement], metric: str, column: str) -> float:
    value = found[metric, column].value
    assert value is not None
    return value


def evidently(name: str, reference: pd.Series, current: pd.Series, kind: str) -> float:
    """The value Evidently's own test of that name gives."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    column_type = {"num": ColumnType.Numerical, "cat": ColumnType.Categorical}[kind]
    test = get_stattest(reference, current, column_type, name)
    return float(test(reference, current, column_type, None).drift_score)


@pytest.fixture(scope="module")
def cities() -> tuple[list[str], list[str]]:
    random = np.random.default_rng(1)
    names = np.array(["Bonn", "Oslo", "Rome", "Lima"])
    reference = random.choice(names, 20_000, p=[0.4, 0.3, 0.2, 0.1])
    current = random.choice(names, 5_000, p=[0.3, 0.3, 0.3, 0.1])
    return list(reference), list(current)


@pytest.fixture(scope="module")
def incomes() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    return random.lognormal(10, 1, 20_000), random.lognormal(10.3, 1.1, 5_000)


@pytest.mark.filterwarnings("ignore")
def test_categories_agree_with_evidently(cities: tuple[list[str], list[str]]):
    reference, current = cities
    ours = found(rows({"city": current}), rows({"city": reference}))
    before, now = pd.Series(reference), pd.Series(current)
    assert values(ours, "jensenshannon", "city") == pytest.approx(
        evidently("jensenshannon", before, now, "cat"), abs=1e-12
    )
    # Evidently fills empty bins only; our ½ in each bin shifts the fourth digit here.
    assert values(ours, "psi", "city") == pytest.approx(
        evidently("psi", before, now, "cat"), rel=5e-3
    )


@pytest.mark.filterwarnings("ignore")
def test_hellinger_is_evidentlys_and_total_variation_what_its_p_is_made_of(
    cities: tuple[list[str], list[str]],
):
    from evidently.legacy.calculations.stattests.tvd_stattest import _total_variation_distance

    reference, current = cities
    ours = found(rows({"city": current}), rows({"city": reference}))
    before, now = pd.Series(reference), pd.Series(current)
    assert values(ours, "hellinger", "city") == pytest.approx(
        evidently("hellinger", before, now, "cat"), abs=1e-9
    )
    # Evidently's own TVD is a permutation p-value of the distance that ours is.
    assert values(ours, "TVD", "city") == pytest.approx(
        _total_variation_distance(before, now), abs=1e-12
    )


def test_distances_over_the_same_bins_are_scipys(incomes: tuple[np.ndarray, np.ndarray]):
    reference, current = incomes
    layout = layout_of(rows({"x": reference}))
    before, now = (tally(rows({"x": v}), layout).profiles.columns["x"] for v in incomes)
    c, r = merged_counts(now, before)
    p, q = c / c.sum(), r / r.sum()
    ours = found(rows({"x": current}), rows({"x": reference}))
    assert values(ours, "jensenshannon", "x") == pytest.approx(spatial.jensenshannon(p, q))
    assert values(ours, "TVD", "x") == pytest.approx(spatial.cityblock(p, q) / 2)
    assert values(ours, "hellinger", "x") == pytest.approx(
        spatial.euclidean(np.sqrt(p), np.sqrt(q)) / np.sqrt(2)
    )


@pytest.mark.filterwarnings("ignore")
def test_chi_square_is_evidentlys_once_the_reference_is_no_sample(
    cities: tuple[list[str], list[str]],
):
    """Evidently takes the reference for truth; ours counts its size too, so its p is larger."""
    random = np.random.default_rng(3)
    current = list(random.choice(cities[0], 500))
    alone = evidently("chisquare", pd.Series(cities[0]), pd.Series(current), "cat")
    exact = pd.Series(cities[0]).value_counts() * 1_000_000
    batch = pd.Series(current).value_counts().reindex(exact.index)
    _, _, p = two_sample_chi2(batch.to_numpy(), exact.to_numpy())
    assert p == pytest.approx(alone, abs=1e-4)
    ours = found(rows({"city": current}), rows({"city": cities[0]}))
    assert values(ours, "chisquare", "city") >= alone


def test_chi_square_on_categories_is_scipys_contingency_table(
    cities: tuple[list[str], list[str]],
):
    reference, current = cities
    table = pd.DataFrame(
        {"a": pd.Series(reference).value_counts(), "b": pd.Series(current).value_counts()}
    )
    oracle = stats.chi2_contingency(table, correction=False)
    ours = found(rows({"city": current}), rows({"city": reference}))["chisquare", "city"]
    assert ours.value == pytest.approx(oracle.pvalue, rel=1e-9)
    assert f"{oracle.statistic:.4g}" in ours.method


def test_ks_is_scipys_up_to_one_bin(incomes: tuple[np.ndarray, np.ndarray]):
    reference, current = incomes
    ours = found(rows({"income": current}), rows({"income": reference}))
    oracle = stats.ks_2samp(current, reference).statistic
    # Gaps are looked at on 130 cuts only, so the largest may be missed by at most one bin's share.
    assert oracle - 1 / 128 <= values(ours, "ks", "income") <= oracle + 1e-12


@pytest.mark.filterwarnings("ignore")
def test_wasserstein_is_evidentlys_within_a_hundredth(incomes: tuple[np.ndarray, np.ndarray]):
    reference, current = incomes
    ours = found(rows({"income": current}), rows({"income": reference}))
    oracle = evidently("wasserstein", pd.Series(reference), pd.Series(current), "num")
    assert values(ours, "wasserstein", "income") == pytest.approx(oracle, rel=0.01)


@pytest.mark.parametrize(("freedom", "tolerance"), [(3, 0.02), (2, 0.02), (1, 0.15)])
def test_heavy_tails_do_not_mislead_wasserstein(freedom: int, tolerance: float):
    """Even of Cauchy's tails, where single values weigh as much as all others, little is lost."""
    random = np.random.default_rng(4)
    reference, current = random.standard_t(freedom, 20_000), random.standard_t(freedom, 4_000) * 1.5
    ours = found(rows({"x": current}), rows({"x": reference}))
    oracle = stats.wasserstein_distance(current, reference) / reference.std()
    assert values(ours, "wasserstein", "x") == pytest.approx(oracle, rel=tolerance)


def test_swapping_two_samples_changes_no_distance():
    random = np.random.default_rng(6)
    a, b = random.multinomial(500, np.full(9, 1 / 9)), random.multinomial(500, np.full(9, 1 / 9))
    for measure in (
        distance.psi,
        distance.jensenshannon,
        distance.hellinger,
        distance.total_variation,
        distance.ks,
    ):
        assert measure(a * 1.0, b * 1.0) == pytest.approx(measure(b * 1.0, a * 1.0))
        assert measure(a * 1.0, a * 1.0) == pytest.approx(0, abs=1e-12)


def test_every_interval_holds_its_value(incomes: tuple[np.ndarray, np.ndarray]):
    reference, current = incomes
    for batch in (current, reference[:300], current * 100):
        for m in found(rows({"income": batch}), rows({"income": reference})).values():
            if m.value is not None and m.low is not None and m.high is not None:
                assert m.low <= m.value <= m.high


def test_bands_hold_the_true_distance():
    """Of 200 batches drawn with a known drift, at least 90 % have it in their interval."""
    random = np.random.default_rng(8)
    reference = rows({"x": random.normal(0, 1, 10_000)})
    layout = layout_of(reference)
    before = tally(reference, layout)
    whole = tally(rows({"x": random.normal(0.25, 1, 400_000)}), layout)
    truth = {
        m.metric: m.value for m in drift.measure(whole.profiles, whole.outcomes, before, layout)
    }
    hits: dict[str, list[bool]] = {"psi": [], "jensenshannon": [], "ks": [], "wasserstein": []}
    for _ in range(200):
        now = tally(rows({"x": random.normal(0.25, 1, 1000)}), layout)
        for m in drift.measure(now.profiles, now.outcomes, before, layout):
            if m.metric in hits:
                assert m.low is not None
                assert m.high is not None
                hits[m.metric].append(m.low <= (truth[m.metric] or 0) <= m.high)
    assert {metric: np.mean(hit) >= 0.9 for metric, hit in hits.items()} == dict.fromkeys(
        hits, True
    )


@pytest.mark.parametrize("n", [100, 300, 2000])
def test_healthy_batches_seldom_fail(n: int):
    """At most one in twenty batches of ten undrifted columns, however small the batch."""
    random = np.random.default_rng(9)
    names = np.array(list("abcdefgh"))

    def drawn(size: int) -> Rows:
        numbers = {f"x{i}": random.normal(0, 1, size) for i in range(6)}
        texts = {f"c{i}": list(random.choice(names, size)) for i in range(3)}
        return rows({**numbers, **texts, "rare": np.round(random.exponential(1, size))})

    reference = drawn(3000)
    layout = layout_of(reference)
    before = tally(reference, layout)
    verdicts = []
    for _ in range(60):
        now = tally(drawn(n), layout)
        verdicts.append(drift.measure(now.profiles, now.outcomes, before, layout)[-1].verdict)
    assert np.mean([v is Verdict.FAILING for v in verdicts]) <= 0.05
    assert np.mean([v is Verdict.AT_RISK for v in verdicts]) <= 0.05


def test_clear_drift_fails_and_names_the_column(incomes: tuple[np.ndarray, np.ndarray]):
    random = np.random.default_rng(10)
    reference = rows({"income": incomes[0], "age": random.normal(40, 9, 20_000)})
    ours = found(rows({"income": incomes[1] * 3, "age": random.normal(40, 9, 5_000)}), reference)
    assert ours["psi", "income"].verdict is Verdict.FAILING
    assert ours["psi", "age"].verdict is Verdict.HEALTHY
    model = ours["drifted_columns", ""]
    assert (model.value, model.verdict, model.family) == (1.0, Verdict.FAILING, 2)
    assert model.reason.startswith("1 of 2 columns drifted: income (PSI ")


def test_moderate_drift_is_at_risk():
    random = np.random.default_rng(11)
    reference = rows({"x": random.normal(0, 1, 20_000)})
    ours = found(rows({"x": random.normal(0.37, 1, 3_000)}), reference)
    assert ours["psi", "x"].verdict is Verdict.AT_RISK
    assert "between 0.1 and 0.2" in ours["psi", "x"].reason
    assert ours["drifted_columns", ""].verdict is Verdict.AT_RISK
    assert ours["drifted_columns", ""].value == 0.0


def test_small_batches_say_nothing_and_middling_ones_only_of_large_drift():
    random = np.random.default_rng(12)
    reference = rows({"x": random.normal(0, 1, 20_000)})
    tiny = found(rows({"x": random.normal(3, 1, 199)}), reference)
    assert tiny["psi", "x"].verdict is Verdict.NOT_ENOUGH_DATA
    assert tiny["drifted_columns", ""].value is None
    assert tiny["drifted_columns", ""].reason == "Only 199 rows; 200 are needed."
    some = found(rows({"x": random.normal(0.3, 1, 400)}), reference)
    assert some["psi", "x"].verdict is Verdict.NOT_ENOUGH_DATA
    large = found(rows({"x": random.normal(1, 1, 400)}), reference)
    assert large["psi", "x"].verdict is Verdict.FAILING


def test_a_constant_reference_fails_when_the_value_changes():
    reference = rows({"x": np.full(1000, 7.0)})
    same = found(rows({"x": np.full(500, 7.0)}), reference)
    assert same["psi", "x"].value == 0.0
    assert same["psi", "x"].verdict is Verdict.HEALTHY
    assert same["wasserstein", "x"].value is None
    assert "single value" in same["wasserstein", "x"].reason
    moved = found(rows({"x": np.full(500, 8.0)}), reference)
    assert moved["psi", "x"].verdict is Verdict.FAILING
    assert moved["ks", "x"].value == 1.0


def test_a_column_that_becomes_constant_fails():
    random = np.random.default_rng(13)
    reference = rows({"x": random.normal(0, 1, 5000)})
    assert found(rows({"x": np.zeros(800)}), reference)["psi", "x"].verdict is Verdict.FAILING


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (rows({"x": np.full(500, np.nan)}), "Every value is missing."),
        (rows({"x": np.array([])}), "The batch does not have this column."),
    ],
)
def test_columns_without_values_say_why(batch: Rows, reason: str):
    reference = rows({"x": np.random.default_rng(0).normal(size=500)})
    ours = found(batch, reference)
    for metric in drift.NUMERIC:
        assert (ours[metric, "x"].value, ours[metric, "x"].reason) == (None, reason)
    assert ours["psi", "x"].verdict is Verdict.NOT_ENOUGH_DATA


def test_an_empty_reference_column_says_so():
    ours = found(rows({"x": np.ones(500)}), rows({"x": np.full(500, np.nan)}))
    assert ours["psi", "x"].reason == "The reference has no values of this column."


def test_infinities_are_not_drift():
    random = np.random.default_rng(14)
    values = random.normal(size=1000)
    ours = found(rows({"x": np.append(values, [np.inf, -np.inf])}), rows({"x": values}))
    assert ours["psi", "x"].value == pytest.approx(0, abs=1e-12)
    assert ours["psi", "x"].n == 1000


def test_unseen_categories_and_many_categories_are_bounded():
    random = np.random.default_rng(15)
    reference = [f"code {i}" for i in random.integers(0, 3000, 20_000)]
    healthy = found(
        rows({"code": [f"code {i}" for i in random.integers(0, 3000, 2000)]}),
        rows({"code": reference}),
    )
    assert healthy["psi", "code"].verdict is Verdict.HEALTHY
    new = found(rows({"code": ["never seen"] * 2000}), rows({"code": reference}))
    assert new["psi", "code"].verdict is Verdict.FAILING


def test_labels_drift_once_they_have_arrived():
    random = np.random.default_rng(16)
    column: Columns = {"x": random.normal(size=2000)}

    def labels(share: float) -> np.ndarray:
        return np.where(random.random(2000) < share, "1", "0").astype(object)

    reference = rows(column, labels(0.2))
    waiting = found(rows(column, np.full(2000, None)), reference)
    assert waiting["psi", "target"].reason == "No labels have arrived yet."
    arrived = found(rows(column, labels(0.5)), reference)
    assert arrived["psi", "target"].verdict is Verdict.FAILING
    assert arrived["psi", "x"].verdict is Verdict.HEALTHY


def test_nothing_to_compare_is_not_enough_data():
    layout = layout_of(rows({"x": np.array([1.0])}))
    zero = Tally.zero(layout)
    summary = drift.measure(zero.profiles, zero.outcomes, zero, layout)[-1]
    assert (summary.value, summary.verdict) == (None, Verdict.NOT_ENOUGH_DATA)
    assert summary.reason


def test_every_row_is_in_the_catalogue_and_fits_its_column(
    incomes: tuple[np.ndarray, np.ndarray],
):
    for m in found(rows({"x": incomes[1]}), rows({"x": incomes[0]})).values():
        assert METRICS[m.metric].family == "drift"
        assert 0 < len(m.method) <= 80


def test_missing_values_that_come_and_go_have_newcombes_interval():
    reference = rows({"x": np.array([np.nan] * 50 + [1.0] * 950)})
    ours = found(rows({"x": np.array([np.nan] * 90 + [1.0] * 210)}), reference)
    change = ours["missing_rate_change", "x"]
    assert change.value == pytest.approx(0.25)
    assert (change.low, change.high) == pytest.approx(newcombe(90, 300, 50, 1000).bounds)
    gone = found(rows({"x": np.array([])}), reference)["missing_rate_change", "x"]
    assert (gone.value, gone.reason) == (None, "The batch does not have this column.")


def test_over_dispersion_takes_the_surprise_out_of_what_the_reference_does_itself():
    random = np.random.default_rng(17)
    reference = rows({"x": random.normal(0, 1, 20_000)})
    batch = rows({"x": random.normal(0.6, 1, 1000)})
    plain, allowed = found(batch, reference), found(batch, reference, Norms({"x": 0.02}, pieces=12))
    assert plain["psi", "x"].value == allowed["psi", "x"].value
    assert plain["psi", "x"].verdict is Verdict.FAILING
    phi = values(allowed, "overdispersion", "x")
    assert phi == pytest.approx(1 + 0.02 * 1000 * 20_000 / 21_000)
    assert f"÷ φ {phi:.3g}" in allowed["chisquare", "x"].method
    assert "12 pieces" in allowed["overdispersion", "x"].method
    assert ("overdispersion", "x") not in plain
    statistic = float(plain["chisquare", "x"].method.split("= ")[1].split(" ")[0])
    assert values(allowed, "chisquare", "x") == pytest.approx(
        stats.chi2.sf(statistic / phi, 19), rel=0.02
    )
    wild = found(batch, reference, Norms({"x": 0.2}, pieces=12))["psi", "x"]
    assert wild.verdict is Verdict.AT_RISK
    assert "chance alone does as much" in wild.reason


def test_a_model_fails_only_when_what_drifted_matters_to_it():
    random = np.random.default_rng(18)
    columns: Columns = {name: random.normal(0, 1, 5000) for name in ("a", "b", "c")}
    reference = rows(columns)
    batch = rows({**columns, "a": random.normal(2, 1, 5000)})

    def judged(*weights: float) -> tuple[Measurement, Measurement]:
        norms = Norms(weights=dict(zip("abc", weights, strict=True)), weighed_by="as told")
        ours = found(batch, reference, norms)
        return ours["drifted_columns", ""], ours["drifted_importance", ""]

    model, held = judged(0.4, 0.5, 0.1)
    assert (model.verdict, model.value) == (Verdict.FAILING, 1.0)
    assert "1 of 3 columns drifted, which hold 40.0 % of the importance: a (PSI" in model.reason
    assert (held.value, held.method, held.limit_high) == (0.4, "as told", 0.1)
    model, held = judged(0.05, 0.5, 0.45)
    assert (model.verdict, model.value) == (Verdict.AT_RISK, 1.0)
    assert "5.0 % of the importance (under a tenth)" in model.reason
    unknown = found(batch, reference)
    assert unknown["drifted_columns", ""].verdict is Verdict.FAILING
    assert unknown["drifted_importance", ""].reason == "Importance has not been measured."


def test_the_most_important_columns_are_named_first():
    random = np.random.default_rng(19)
    names = list("abcde")
    reference = rows({name: random.normal(0, 1, 4000) for name in names})
    batch = rows({name: random.normal(2, 1, 4000) for name in names})
    norms = Norms(weights={"a": 0.1, "b": 0.1, "c": 0.5, "d": 0.3, "e": 0.0}, weighed_by="as told")
    reason = found(batch, reference, norms)["drifted_columns", ""].reason
    assert reason.index("c (PSI") < reason.index("d (PSI") < reason.index(" and 2 more.")


def test_what_the_model_answers_is_judged_apart_from_what_it_is_given():
    random = np.random.default_rng(20)
    column: Columns = {"x": random.normal(size=2000)}

    def answers(share: float) -> Rows:
        said = np.where(random.random(2000) < share, "1", "0").astype(object)
        return replace(rows(column), predicted=said)

    ours = found(answers(0.5), answers(0.2))
    assert ours["psi", "prediction"].verdict is Verdict.FAILING
    model = ours["drifted_columns", ""]
    assert (model.value, model.verdict, model.family) == (0.0, Verdict.HEALTHY, 2)
