"""Rules tried against damage before they are kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.alerts import damage
from monitor.alerts.backtest import backtest
from monitor.alerts.rule import Against, Rule
from monitor.errors import NotFound, ReportError
from monitor.jobs import rehearse as trying
from monitor.jobs.conclude import rules_of
from monitor.jobs.intake import receive
from monitor.jobs.rehearse import rehearse
from monitor.jobs.rehearsing import Told, ask
from monitor.measures.history import Period
from monitor.measures.verdict import unjudged
from monitor.settings import Settings
from monitor.store import history as past
from monitor.store.engine import Store, open_store
from tests.jobs.loans import GAP_WEEK, csv, history, work_off

PARITY = Rule("demographic_parity_difference", low=-0.1, high=0.1, attribute="sex")
RULES = [
    PARITY,
    Rule("roc_auc", low=-0.5, against=Against.REFERENCE),
    Rule("realised_minus_estimated_accuracy", low=-0.5),
    Rule("drifted_columns"),
    Rule("psi", feature="income"),
    Rule("demographic_parity_difference_since_deployment", low=-0.5, high=0.5, attribute="sex"),
    Rule("change_evidence", high=2000.0),
]


@pytest.fixture(scope="module")
def calm(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Weeks before the gap opens, scored once for all tests: none of them writes."""
    folder = tmp_path_factory.mktemp("calm")
    home = shutil.copytree(kept / "home", folder / "home")
    frame = csv(history(GAP_WEEK - 1, rows=1200), folder / "history.csv")
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(open_store(Settings(home=home, database_url=""))) as store,
    ):
        patch.setattr("monitor.jobs.explain.EXPLAINERS", ())
        receive(store, "loans", frame, name=frame.name, source="test")
        work_off(store)
        yield store


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.metric)
def test_batches_without_damage_are_measured_again_as_they_were(
    calm: Store, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCURACY", "SHIFT", "RATE"):
        monkeypatch.setattr(damage, name, 0.0)
    monkeypatch.setattr(trying, "ACCURACY", 0.0)
    taken: list[list[Period]] = []
    monkeypatch.setattr(trying, "caught", lambda *said, **_: taken.append([*said[2], *said[3]]))
    rehearse(calm, "loans", rule)
    assert taken
    stored = past.periods(calm, "loans", metric=rule.metric)
    for again in taken:
        assert [one.name for one in again] == [one.name for one in stored]
        for one, was in zip(again, stored, strict=True):
            assert numbers(one, rule) == pytest.approx(numbers(was, rule), nan_ok=True)


def numbers(period: Period, rule: Rule) -> dict[tuple[str, ...], float]:
    """All numbers of what the rule judges."""
    names = ("value", "low", "high", "n", "p", "reference")
    mine = [m for m in period.measurements if rule.covers(m) and (m.group or not m.attribute)]
    found = {(*m.key, name): getattr(m, name) for m in mine for name in names}
    assert found
    return {key: float("nan") if number is None else number for key, number in found.items()}


def test_a_rule_notices_what_is_beyond_its_limit_and_not_what_is_within(calm: Store) -> None:
    tight, wide = (replace(PARITY, low=-at, high=at) for at in (0.06, 0.3))
    (noticed,) = rehearse(calm, "loans", tight).caught
    (missed,) = rehearse(calm, "loans", wide).caught
    assert noticed.batches is not None
    assert noticed.sentence.startswith("Selection rate of female 10 points lower from ")
    assert noticed.measurement.group == "female"
    assert missed.batches is None
    assert missed.sentence.endswith("from 17 Aug 2026 on: not caught within 3 batches.")


def test_evidence_over_time_is_tried_against_all_three(calm: Store) -> None:
    found = rehearse(calm, "loans", Rule("change_evidence", high=2000.0))
    assert [one.damage.kind for one in found.caught] == list(damage.Kind)
    assert found.backtest.firings == ()


def test_a_budget_is_tried_as_if_it_had_always_been_so(calm: Store) -> None:
    with calm.read() as connection:
        mine = next(r for r in rules_of(connection, 1) if r.metric == "change_evidence")
    as_it_is = rehearse(calm, "loans", mine).backtest
    stored = backtest(mine, past.periods(calm, "loans", metric="change_evidence"))
    for one, was in zip(as_it_is.steps, stored.steps, strict=True):
        assert [unjudged(m).value for m in one.judged] == pytest.approx(
            [m.value for m in was.judged]
        )
    wide = rehearse(calm, "loans", replace(mine, high=1e6)).backtest
    assert [m.limit_high for step in wide.steps for m in step.judged] == [1e6] * wide.batches


def test_where_nothing_can_be_damaged_only_the_past_is_tried(calm: Store) -> None:
    found = rehearse(calm, "loans", Rule("missing_rate", high=0.05, feature="*"))
    assert found.caught == ()
    assert found.backtest.batches == GAP_WEEK - 1


def test_without_batches_there_is_nothing_to_try(store: Store) -> None:
    found = rehearse(store, "loans", PARITY)
    assert (found.backtest.batches, found.caught) == (0, ())
    with pytest.raises(NotFound):
        rehearse(store, "nothing", PARITY)


def test_a_process_of_its_own_says_the_same(calm: Store) -> None:
    here = rehearse(calm, "loans", PARITY)
    caught = tuple((one.sentence, one.batches is not None) for one in here.caught)
    assert caught
    assert ask(calm.settings, "loans", PARITY) == Told(here.backtest.sentence, caught)


def test_a_process_that_fails_says_why_in_one_sentence(calm: Store) -> None:
    with pytest.raises(ReportError, match="No model called 'nobody'"):
        ask(calm.settings, "nobody", PARITY)
