"""Numbers that stand in for labels while there are none, and what labels add to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from monitor.measures.catalogue.definition import (
    ANY,
    BINARY,
    HIGHER,
    NEITHER,
    REGRESSION,
    Metric,
    Range,
)
from monitor.measures.catalogue.gaps import GAPS
from monitor.measures.catalogue.groups import GROUPS
from monitor.measures.catalogue.performance import PERFORMANCE
from monitor.terms import Task

ESTIMATED: Final = "estimated_"
REALISED: Final = "realised_minus_estimated_"

# Of everybody, of each group, of one group beside another: what follows from expected cells.
WHOLE: Final = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "specificity",
    "matthews_corrcoef",
    "roc_auc",
    "log_loss",
    "brier_score",
)
OF_CLASSES: Final = ("precision", "recall", "f1", "specificity", "roc_auc")
AVERAGED: Final = ("precision", "recall", "f1", "roc_auc")  # over the classes, each counting alike
OF_SEVERAL: Final = ("accuracy", "balanced_accuracy", *(f"{name}_macro" for name in AVERAGED))
OF_GROUPS: Final = (
    "base_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
)
BETWEEN: Final = (
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "average_odds_difference",
    "false_positive_rate_difference",
    "false_negative_rate_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)
# Of a regression, of everybody; of each group only the first, and of one group beside another.
ERRORS: Final = ("mean_absolute_error", "root_mean_squared_error")
ERRORS_BETWEEN: Final = ("mean_absolute_error_difference", "mean_absolute_error_ratio")
_OTHERS: Final = {one.name: one for one in (*PERFORMANCE, *GROUPS, *GAPS)}


def _lower(title: str) -> str:
    """The title inside a sentence; names in capitals keep them."""
    return title if title[1:2].isupper() or title[1:2].isdigit() else title[0].lower() + title[1:]


def _tasks(name: str) -> tuple[Task, ...]:
    """Those of binary models, of models of several classes, or of both."""
    several = (Task.MULTICLASS,) if name in OF_SEVERAL else ()
    return (*(() if name.endswith("_macro") else BINARY), *several)


def estimated(name: str) -> Metric:
    """The metric as it is expected to be, were its labels there."""
    one = _OTHERS[name]
    return replace(
        one,
        name=f"{ESTIMATED}{name}",
        title=f"Estimated {_lower(one.title)}",
        family="estimated",
        tasks=_tasks(name),
        needs_labels=False,
        formula=f"{one.formula}, each row counted as of the class by its calibrated score",
        source="NannyML (CBPE)",
        words=f"Expected while labels are missing: {_lower(one.words)}",
        denominator=one.denominator.replace("labelled rows", "rows with a score"),
    )


def surprise(name: str) -> Metric:
    """What labels say beyond what was expected of their rows."""
    one = _OTHERS[name]
    return replace(
        one,
        name=f"{REALISED}{name}",
        title=f"{one.title}, realised minus estimated",
        family="estimated",
        tasks=_tasks(name),
        better=HIGHER if one.better is HIGHER else NEITHER,
        neutral=0.0,
        unit="points" if one.unit == "percent" else one.unit,
        formula=f"{one.name} − {ESTIMATED}{one.name}, over the rows whose label has arrived",
        source="Fairwatch",
        words="How far the labels are from what the scores promised, which a change of inputs "
        "does not explain: the relation between inputs and outcome has changed.",
        range=Range(one.range.least - one.range.most, one.range.most - one.range.least),
    )


def estimated_error(name: str) -> Metric:
    """A regression's error as it is expected to be, from trees instead of scores."""
    one = _OTHERS[name]
    return replace(
        estimated(name),
        tasks=REGRESSION,
        formula=f"{one.formula}, each row counted by the error that trees grown on the reference "
        "expect of it, plus what they overlook of reference rows weighted like the batch",
        source="NannyML (DLE), doubly robust",
        denominator="sampled rows of the batch with a prediction",
        sampled=True,
    )


def surprising_error(name: str) -> Metric:
    """What labels say of a regression's error beyond what was expected of their rows."""
    return replace(
        surprise(name),
        tasks=REGRESSION,
        words="How much further off predictions are than was to be expected of their inputs: the "
        "relation between inputs and outcome has changed.",
        denominator="sampled rows of the batch with a prediction and a label",
        range=ANY,
        sampled=True,
    )


EVERYBODYS: Final = tuple(dict.fromkeys((*WHOLE, *OF_SEVERAL)))
ESTIMATES: Final = (
    *(estimated(name) for name in (*EVERYBODYS, *OF_GROUPS, *BETWEEN)),
    *(surprise(name) for name in EVERYBODYS),
    *(estimated_error(name) for name in (*ERRORS, *ERRORS_BETWEEN)),
    surprising_error("mean_absolute_error"),
)
