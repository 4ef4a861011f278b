"""Evidence over time: against scipy's distributions, and by the laws that hold its promises."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from monitor.measures.measurement import Measurement
from monitor.measures.sequential.confidence import half_width
from monitor.measures.sequential.cusum import Cusum
from monitor.measures.sequential.detector import Detector, step
from monitor.measures.sequential.follow import HEADROOM, follow
from monitor.measures.sequential.gap import stream_of
from monitor.measures.sequential.observed import Observed, observe
from monitor.measures.sequential.part import Part, gap
from monitor.measures.sequential.plan import Plan, Watch, plan
from monitor.measures.sequential.shape import SIZES, USUAL, log_evidence
from monitor.measures.sequential.stream import TOLERATED, Kind, Stream, share
from monitor.measures.tally import tally
from monitor.terms import Task, Verdict
from tests.measures.people import layout_of, people, rows_of

LAYOUT = layout_of(rows_of(people(300)))
NO_CAP = np.array([1e6])
ACCURACY = ("", "", "accuracy")


def of_accuracy(hits: float, n: float) -> Observed:
    return Observed(int(n), {ACCURACY: Part.of_share(hits, n)}, {})


def planned(reference: Observed, batches: list[Observed], *watches: Watch) -> Plan:
    return plan(watches or [Watch("accuracy", 0.05)], LAYOUT, reference, batches)


def evidence(reference: Observed, batches: list[Observed], **more: object) -> list[float]:
    said = follow(planned(reference, batches), batches, budget=1000, **more)  # type: ignore[arg-type]
    return [found[0].value or 0.0 for found in said]


def test_with_a_reference_known_for_sure_it_is_the_sum_over_all_first_batches_of_change():
    true, limit, hits, n = 0.9, 0.05, [176, 183, 170], 200
    stream = Stream(Kind.SHARE, share(true * 1e9, 1e9), limit, up=False, down=True)
    detector = Detector([stream], NO_CAP)
    for x in hits:
        detector.step([share(x, n)])
    bearable = true - TOLERATED * limit
    ratios = [
        [stats.binom.pmf(x, n, true - k * limit) / stats.binom.pmf(x, n, bearable) for x in hits]
        for k in (0.5, 1, 2)
    ]
    wanted = np.mean([sum(math.prod(r[first:]) for first in range(3)) for r in ratios])
    assert math.exp(detector.log_m[0]) == pytest.approx(wanted, rel=1e-4)


def test_a_mean_with_its_error_is_followed_as_a_normal_number_is():
    stream = Stream(Kind.MEAN, stream_seen(5.0, 1e-4), 1.0, up=True, down=False)
    detector = Detector([stream], NO_CAP)
    detector.step([stream_seen(5.8, 0.5)])
    bearable = stats.norm.pdf(5.8, 5.0 + TOLERATED, 0.5)
    wanted = np.mean([stats.norm.pdf(5.8, 5.0 + k, 0.5) / bearable for k in (0.5, 1, 2)])
    assert math.exp(detector.log_m[0]) == pytest.approx(wanted, rel=1e-4)


def stream_seen(value: float, error: float):
    return Part.of_mean(value, error, 100).seen()


def test_while_nothing_changes_the_statistic_is_the_number_of_batches_on_average():
    """The law behind the budget, with the true rate as uncertain as the reference leaves it."""
    rng = np.random.default_rng(3)
    ends = []
    for _ in range(3000):
        true = rng.uniform(0.85, 0.95)
        reference = share(rng.binomial(400, true), 400)
        stream = Stream(Kind.SHARE, reference, 0.05, up=False, down=True)
        detector = Detector([stream], NO_CAP)
        for hits in rng.binomial(100, true, 4):
            detector.step([share(hits, 100)])
        ends.append(math.exp(detector.log_m[0]))
    assert np.mean(ends) < 4 + 3 * np.std(ends) / math.sqrt(len(ends))


def test_a_stream_without_a_number_stays_as_it_was():
    stream = Stream(Kind.SHARE, share(900, 1000), 0.05, up=False, down=True)
    detector = Detector([stream, stream], np.array([1e6, 1e6]))
    detector.step([share(170, 200), share(170, 200)])
    before = detector.log_m.copy()
    detector.step([None, share(170, 200)])
    assert detector.log_m[0] == before[0]
    assert detector.log_m[1] > before[1]
    assert step(np.array([1.0]), np.array([np.nan]), NO_CAP)[0] == 1.0


def test_better_is_no_evidence_of_worse():
    assert evidence(of_accuracy(1800, 2000), [of_accuracy(199, 200)] * 20)[-1] < 0.1


def test_a_drop_is_found_and_a_recovery_is_seen_soon():
    worse, good = of_accuracy(160, 200), of_accuracy(180, 200)
    found = evidence(of_accuracy(18000, 20000), [good] * 10 + [worse] * 40 + [good] * 12)
    assert max(found[:10]) < 1000
    assert found[16] > 1000
    assert max(found) <= HEADROOM * 1000 * (1 + 1e-9)
    assert found[-1] < 1000


def test_a_drop_of_a_hundredth_of_the_limit_is_none_however_many_rows_there_are():
    rows = 10_000_000
    bearable = 0.9 - 0.01 * 0.05
    found = evidence(of_accuracy(0.9 * rows, rows), [of_accuracy(bearable * rows, rows)] * 100)
    assert max(found) < 1


def test_after_a_restart_evidence_begins_anew_and_says_nothing_at_first():
    worse = [of_accuracy(160, 200)] * 20
    reference = of_accuracy(1800, 2000)
    told = [m[0] for m in follow(planned(reference, worse), worse, budget=1000, restarts={10})]
    assert told[9].value is not None
    assert told[10].value is not None
    assert told[9].value > 1000 > told[10].value
    assert [(m.verdict is None) is (m.value > 1000) for m in told[10:] if m.value] == [True] * 10
    assert told[10].window == "since it was acknowledged, 1 batch"
    fresh = evidence(reference, worse[10:])
    assert told[-1].value == pytest.approx(fresh[-1])


def test_shares_of_the_budget_add_up_to_one():
    layout = replace(LAYOUT, features=("income", "tenure"))
    columns = dict.fromkeys(layout.features, 0.0)
    parts = groups(0.5, 0.5) | {ACCURACY: Part.of_share(1800, 2000)}
    batch = reference = Observed(4000, parts, columns)
    watches = [Watch("accuracy", 0.05), Watch("demographic_parity_difference", 0.1, "sex")]
    found = plan(watches, layout, reference, [batch])
    assert sum(found.shares.values()) == pytest.approx(1)
    assert sum(found.columns.values()) == pytest.approx(1)
    without = plan(watches[:1], layout, of_accuracy(1800, 2000), [of_accuracy(1, 1)])
    assert without.shares == {"performance": 1.0}


def groups(women: float, men: float, n: int = 1000) -> dict[tuple[str, str, str], Part]:
    return {
        ("sex", "female", "selection_rate"): Part.of_share(women * n, n),
        ("sex", "male", "selection_rate"): Part.of_share(men * n, n),
    }


def test_a_gap_that_opens_is_found_and_names_its_group():
    before = Observed(2000, groups(0.5, 0.5), {})
    batches = [before] * 8 + [Observed(2000, groups(0.38, 0.5), {})] * 6
    watch = Watch("demographic_parity_difference", 0.1, "sex")
    said = list(follow(planned(before, batches, watch), batches, budget=1000))
    assert (said[7][0].value or 0) < 1
    assert (said[-1][0].value or 0) > 1000
    assert "female" in said[-1][0].reason
    by_name = {m.metric: m for m in said[-1]}
    since = by_name["demographic_parity_difference_since_deployment"]
    assert since.value == pytest.approx(-0.12 * 6 / 14)
    assert since.low is not None
    assert since.low < since.value
    assert "female 44.9 % (14,000 rows) and male 50.0 % (14,000 rows)" in since.reason
    cusum = by_name["demographic_parity_difference_cusum"].value
    assert cusum is not None
    assert cusum < -8


def test_small_groups_wait_until_there_are_enough():
    few = Observed(20, groups(0.5, 0.5, n=10), {})
    watch = Watch("demographic_parity_difference", 0.1, "sex")
    many = Observed(2000, groups(0.5, 0.5), {})
    said = list(follow(planned(many, [few] * 7, watch), [few] * 7, budget=1000))
    names = [{m.metric for m in found if m.value is not None} for found in said]
    assert "fairness_change_evidence" not in names[1]
    assert "fairness_change_evidence" in names[2]


def test_a_gap_counts_as_worse_only_where_it_is_wider_whichever_group_is_ahead():
    def last(now: float) -> float:
        reference = Observed(2000, groups(0.56, 0.5), {})
        batches = [reference] * 8 + [Observed(2000, groups(now, 0.5), {})] * 8
        watch = Watch("demographic_parity_difference", 0.1, "sex")
        said = list(follow(planned(reference, batches, watch), batches, budget=1000))
        return said[-1][0].value or 0.0

    assert [now for now in (0.56, 0.53, 0.5, 0.47) if last(now) >= 1] == []
    assert last(0.68) > 1000
    assert last(0.32) > 1000


def test_a_gap_of_too_few_rows_in_the_reference_is_not_judged():
    assert stream_of(Part.of_share(5, 10), Part.of_share(500, 1000), limit=0.1) is None


def test_evidence_of_drift_is_a_ratio_of_dirichlet_multinomials():
    current, reference = np.array([40.0, 30.0, 130.0]), np.array([500.0, 300.0, 1200.0])
    shares = (reference + 0.5) / (reference + 0.5).sum()
    usual = USUAL / stats.chi2.isf(0.05, 2) + 1 / 2000

    def likelihood(wander: float) -> float:
        found = stats.dirichlet_multinomial.pmf(current.astype(int), shares / wander, 200)
        return float(found)

    wanted = np.mean([likelihood(usual + size / 2) for size in SIZES]) / likelihood(usual)
    assert log_evidence(current, reference) == pytest.approx(math.log(wanted))


def test_what_the_reference_varies_anyway_is_no_drift():
    current, reference = np.array([80.0, 120.0]) * 10, np.array([100.0, 100.0]) * 10
    calm, lively = (log_evidence(current, reference, excess=e) for e in (0.0, 0.02))
    assert lively < calm
    assert math.isnan(log_evidence(np.array([10.0]), np.array([10.0])))
    assert math.isnan(log_evidence(np.array([0.0, 0.0]), reference))


def test_without_drift_its_evidence_is_at_most_one_on_average():
    rng = np.random.default_rng(5)
    shares = rng.dirichlet(np.full(20, 10.0))
    ratios = []
    for _ in range(2000):
        reference = rng.multinomial(2000, shares).astype(float)
        ratios.append(math.exp(log_evidence(rng.multinomial(500, shares).astype(float), reference)))
    assert np.mean(ratios) < 1


def test_surprises_of_a_self_starting_sum_are_independent_and_standard():
    """Recursive residuals: of numbers of one mean they are standard normal, one by one."""
    rng = np.random.default_rng(11)
    zs = []
    for _ in range(400):
        cusum = Cusum(rng.normal(0, 1.0), 1.0)
        for x in rng.normal(0, 0.5, 20):
            zs.append((x - cusum.mean) / math.sqrt(0.25 + cusum.variance))
            cusum = cusum.step(x, 0.25)
    assert stats.kstest(zs, "norm").pvalue > 0.01


def test_a_sum_of_surprises_keeps_the_larger_side_with_its_sign():
    sure = Cusum(0.0, 1e-12)
    assert sure.step(-3.0, 1.0).value == pytest.approx(-2.5)
    assert sure.step(0.4, 1.0).value == 0


def test_a_confidence_sequence_is_wider_than_one_interval_and_shrinks():
    widths = [half_width(i, first=10.0, alpha=0.05) for i in (10.0, 100.0, 1000.0)]
    assert widths == sorted(widths, reverse=True)
    for width, information in zip(widths, (10.0, 100.0, 1000.0), strict=True):
        assert 1.96 / math.sqrt(information) < width < 5 / math.sqrt(information)


def test_parts_add_up_to_the_part_of_all_rows():
    one, two = Part.of_share(30, 50), Part.of_share(10, 50)
    assert one.plus(two) == Part.of_share(40, 100)
    low, high = Part.of_mean(1.0, 0.1, 100), Part.of_mean(3.0, 0.1, 100)
    both = low.plus(high)
    assert both.value == pytest.approx(2.0)
    assert both.variance == pytest.approx(0.01 / 2)
    assert gap(high, low)[0] == pytest.approx(2.0)


def test_what_a_batch_brings_is_the_same_after_it_was_stored():
    parts = {**groups(0.5, 0.4), ("", "", "roc_auc"): Part.of_mean(0.8, 0.01, 200)}
    observed = Observed(2000, parts, {"income": -1.25})
    assert Observed.from_bytes(observed.to_bytes()) == observed


def test_nothing_to_follow_is_not_enough_data():
    batch = Observed(10, {}, {})
    found = next(follow(planned(batch, [batch]), [batch], budget=1000))
    assert found[0].value is None
    assert found[0].reason


def test_what_is_told_of_a_batch_depends_on_no_later_one():
    """Nor on when it came: a column or a group that appears later changes nothing before."""
    layout = replace(LAYOUT, features=("income", "tenure"))
    before = Observed(2000, groups(0.5, 0.5), {"income": 0.0, "tenure": 0.0})
    third = {("sex", "other", "selection_rate"): Part.of_share(300, 1000)}
    batches = [
        Observed(2000, groups(0.5, 0.5), {"income": -1.0}),
        Observed(2000, groups(0.4, 0.5), {"income": -1.0}),
        Observed(3000, groups(0.4, 0.5) | third, {"income": -1.0, "tenure": 2.0}),
    ]
    watch = Watch("demographic_parity_difference", 0.1, "sex")

    def said(some: list[Observed]) -> list[list[Measurement]]:
        return list(follow(plan([watch], layout, before, some), some, budget=1000))

    assert said(batches)[:2] == said(batches[:2])
    widths = [m.family for m in said(batches)[2] if m.metric.endswith("since_deployment")]
    assert widths == [2, 2]


def test_only_the_batches_asked_for_are_told_and_they_as_if_all_were():
    reference, batches = of_accuracy(1800, 2000), [of_accuracy(175 - k, 200) for k in range(9)]
    every = list(follow(planned(reference, batches), batches, budget=1000, restarts={3}))
    some = list(follow(planned(reference, batches), batches, budget=1000, restarts={3}, first=7))
    assert some == every[7:]


@pytest.mark.parametrize("budget", [1e-6, 1.0, 1e308])
def test_a_budget_may_be_as_small_or_large_as_numbers_are(budget):
    worse = [of_accuracy(20, 200)] * 60
    said = follow(planned(of_accuracy(1800, 2000), worse), worse, budget=budget)
    values = [found[0].value for found in said]
    assert all(value is not None and math.isfinite(value) for value in values)


@pytest.mark.parametrize("limit", [0.001, 0.05])
def test_a_reference_of_few_rows_makes_no_false_alarm_however_many_come_later(limit):
    rows = 10_000_000
    for true in np.linspace(0.85, 0.95, 41):
        batches = [of_accuracy(round(true * rows), rows)] * 20
        reference = of_accuracy(90, 100)
        said = follow(planned(reference, batches, Watch("accuracy", limit)), batches, budget=1000)
        assert max(found[0].value or 0 for found in said) < 1000, true


def test_a_number_far_from_zero_is_followed_as_one_near_it():
    def last(offset: float) -> float:
        stream = Stream(Kind.MEAN, seen_of(offset, 0.1), 1.0, up=True, down=False)
        detector = Detector([stream], NO_CAP)
        for more in (0.5, 0.75, 0.25, 1.0):
            detector.step([seen_of(offset + more, 0.25)])
        return float(detector.log_m[0])

    def seen_of(value: float, error: float):
        return Part.of_mean(value, error, 64).seen()

    assert last(2.0**33) == pytest.approx(last(0.0), abs=1e-3)


def test_a_single_row_does_not_say_how_much_a_mean_varies():
    """Else a group of one row a batch would soon look as if it did not vary at all."""
    rows = rows_of(people(200, task=Task.REGRESSION))
    layout = layout_of(rows, Task.REGRESSION)
    errors = []
    frame = people(4000, task=Task.REGRESSION)
    for size in (1, 3, 50):
        men, women = (frame[frame["sex"] == sex] for sex in ("male", "female"))
        total = None
        for k in range(1500 // size // 5):
            few = pd.concat([men[:40], women[k * size : (k + 1) * size]])
            batch = observe(tally(rows_of(few), layout), layout, [], reference=None)
            part = batch.parts.get(("sex", "female", "mean_residual"))
            total = part.plus(total) if part else total
        errors.append(total and total.variance * total.n)
    assert errors[0] is None
    assert errors[1] == pytest.approx(errors[2], rel=0.1)


def test_after_a_restart_it_is_healthy_only_when_fresh_batches_say_nothing():
    worse, good = [of_accuracy(168, 200)] * 3, [of_accuracy(181, 200)] * 3
    reference = of_accuracy(18000, 20000)
    for fresh, verdict in ((worse, Verdict.NOT_ENOUGH_DATA), (good, None)):
        batches = [*[of_accuracy(160, 200)] * 10, *fresh]
        said = follow(planned(reference, batches), batches, budget=100_000, restarts={10})
        assert [found[0].verdict for found in said][-1] is verdict
