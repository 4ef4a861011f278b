"""Whatever is measured can be read on a page: its name beside its very value."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from monitor.jobs.measure import measure, measure_reference
from monitor.measures.catalogue import METRICS, Metric
from monitor.measures.catalogue.estimated import ESTIMATED, REALISED
from monitor.measures.catalogue.sequence import CUSUM, SINCE
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally
from monitor.measures.wording import format_value
from monitor.store.engine import Store
from monitor.terms import Task
from monitor.ui.sections.causes import GAPS as EXPLAINED
from monitor.ui.sections.fairness import PARTS
from tests.measures.people import layout_of, people, rows_of
from tests.ui.conftest import add_model
from tests.ui.test_pages import Open, open_page, well

__all__ = ["open_page"]

FACTS = {
    "rows": 3000, "duplicate_ids": 3, "predict_seconds": 2.5, "peak_memory_mb": 123.0,
    "artefact_mb": 4.5,
}  # fmt: skip
# Of no batch: Overview and Alerts tell them as alerts.
ELSEWHERE = {"batch_overdue", "labels_overdue", "failed_jobs"}
INVENTED = 2001  # rows behind them, as of no real number
GAPS = tuple(name.removesuffix("_contribution") for name in EXPLAINED)
OF_MODEL = ("drifted_importance", "domain_classifier_auc", "evidently_drift_share")
IMPORTANCE = ("importance", "drifted_importance", "overdispersion")
IN_GROUPS = (
    "fairness_change_evidence", "estimated_mean_absolute_error_difference",
    "estimated_mean_absolute_error_ratio",
)  # fmt: skip


def rows(task: Task, seed: int) -> Rows:
    """People with two columns that are inputs, and scores where there are classes."""
    frame = people(task=task, seed=seed)
    random = np.random.default_rng(seed)
    made = rows_of(frame)
    income = random.normal(30 + seed, 10, made.n)
    income[:50], income[50:60] = np.nan, np.inf
    purpose = pa.array(random.choice(["car", "home", f"new {seed}"], made.n))
    return replace(
        made, columns={"income": income, "purpose": purpose}, scores=scores(made, task, random)
    )


def scores(made: Rows, task: Task, random: np.random.Generator) -> np.ndarray | None:
    if task is Task.REGRESSION:
        return None
    names = ["yes"] if task is Task.BINARY else ["gold", "none", "silver"]
    sure = np.stack([np.asarray(made.predicted == name, dtype=float) for name in names], axis=1)
    mixed = 0.4 + 0.6 * sure if len(names) > 1 else 0.3 + 0.4 * sure
    noisy = mixed + random.uniform(-0.2, 0.2, sure.shape)
    return noisy / noisy.sum(axis=1, keepdims=True) if len(names) > 1 else noisy


def unlabelled(made: Rows) -> Rows:
    numeric = made.actual is not None and made.actual.dtype.kind == "f"
    nothing = np.full(made.n, np.nan) if numeric else np.full(made.n, None)
    return replace(made, actual=nothing)


@cache
def numbers(task: Task, week: int) -> tuple[Measurement, ...]:
    """Of the first batch, which has labels, and of the second, which has none."""
    reference, batch = rows(task, 0), rows(task, 1)
    layout: Layout = layout_of(reference, task)
    now = batch if week == 0 else unlabelled(batch)
    known = measure_reference(tally(reference, layout), layout)
    found = measure(tally(now, layout), layout=layout, reference=known, facts=FACTS)
    made = {m.key: m for m in (*found, *invented(task))}
    return tuple(made.values())


def invented(task: Task) -> Iterator[Measurement]:
    """What samples of rows and many batches say, each with a value that nothing else has."""
    made = [
        one
        for one in METRICS.values()
        if task in one.tasks
        and (one.sampled or one.family in ("sequence", "causes") or one.name in IMPORTANCE)
    ]
    for place, one in enumerate(made):
        value = 0.1011 + 0.0071 * place
        low, high = value - 0.01, value + 0.01
        yield Measurement(one.name, value, INVENTED, low, high, **about(one), reference=0.05)


def about(one: Metric) -> dict[str, str]:
    """Whom or what such a number is about."""
    if one.name in IN_GROUPS or one.name.endswith((SINCE, CUSUM)):
        return {"attribute": "sex", "group": "female"}
    if one.name.endswith("_contribution") or one.name.startswith("slice_"):
        fair = one.name.removeprefix("slice_").startswith(GAPS)
        return {"feature": "income"} | ({"attribute": "sex", "group": "female"} if fair else {})
    whole = one.family in ("sequence", "estimated", "causes") or one.name in OF_MODEL
    return {} if whole else {"feature": "income"}


def kind(m: Measurement) -> tuple[str, str, str, bool]:
    """Numbers of one kind stand in the same place, as those of all classes, or of all groups."""
    feature = "class" if m.feature.startswith("class ") else "column" if m.feature else ""
    joint = next((mark for mark in (" × ", " | ") if mark in m.attribute), "alone")
    attribute = m.attribute if m.attribute in ("", "class") else joint
    return (m.metric, feature, attribute, m.group != "")


def addresses(task: Task) -> Iterator[dict[str, str]]:
    """Every section and part, of the batch with labels and of that without."""
    for section in ("performance", "quality", "evidence", "causes", "versions"):
        yield {"section": section}
    for feature in ("income", "purpose"):
        yield {"section": "drift", "feature": feature}
    for gap in GAPS:
        if task in METRICS[f"{gap}_contribution"].tasks:
            yield {"section": "causes", "attribute": "sex", "metric": gap}
    for part in PARTS if task is Task.MULTICLASS else (p for p in PARTS if p != "classes"):
        yield {"section": "fairness", "part": part}
    yield {"section": "performance", "batch": "week-01"}
    yield {"section": "fairness", "batch": "week-01", "part": "groups"}


def written(app: AppTest) -> Iterator[str]:
    """Rows of tables with the names of their columns, and pieces of text."""
    for box in app.expander:
        for element in box.dataframe:
            yield from (f"{box.label}: {row}" for row in lines(element.value))
    for element in app.dataframe:
        yield from lines(element.value)
    for element in (*app.markdown, *app.caption):
        yield str(element.value).replace("\\", "")
    for element in app.metric:
        yield f"{element.label}: {element.value}"


def lines(table: pd.DataFrame) -> Iterator[str]:
    for row in table.to_dict("records"):
        yield " | ".join(f"{name} | {cell}" for name, cell in row.items())


def stands(m: Measurement, said: Collection[str]) -> bool:
    """Whether some line has the name of the metric, or of what it estimates, and the value.

    Of what no other number equals, the value is enough: its name may be the heading above.
    """
    base = METRICS[m.metric.removeprefix(REALISED).removeprefix(ESTIMATED)]
    names = {METRICS[m.metric].title.lower(), base.title.lower()}
    values = {format_value(m.metric, m.value), str(m.value)}
    return any(
        any(value in line for value in values)
        and (m.n == INVENTED or any(name in line.lower() for name in names))
        for line in said
    )


@pytest.mark.parametrize("task", Task)
def test_whatever_is_measured_stands_on_a_page(open_page: Open, store: Store, task: Task) -> None:
    add_model(store, "people", weeks=2, measure=lambda week: list(numbers(task, week)), task=task)
    said: set[str] = set()
    for address in addresses(task):
        app = open_page("model", **({"batch": "week-00", "window": "all"} | address))
        assert well(app)
        said.update(written(app))
    kinds: dict[tuple[str, str, str, bool], list[Measurement]] = {}
    for m in (*numbers(task, 0), *numbers(task, 1)):
        if m.value is not None:
            kinds.setdefault(kind(m), []).append(m)
    missing = [key for key, found in kinds.items() if not any(stands(m, said) for m in found)]
    assert missing == [], "\n".join(map(str, missing))


@pytest.mark.parametrize("task", Task)
def test_every_metric_of_the_catalogue_is_among_what_is_looked_for(task: Task) -> None:
    known = {m.metric for week in (0, 1) for m in numbers(task, week) if m.value is not None}
    assert {name for name, one in METRICS.items() if task in one.tasks} - known == ELSEWHERE
