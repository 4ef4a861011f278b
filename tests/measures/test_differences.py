"""Where our answer differs from Evidently's or fairlearn's on purpose: docs/differences.md, shown.

Evidently's tests are called by themselves here.  Its reports drop missing and infinite values
first, and then say nothing of them.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest

from monitor.measures import fairness
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task
from tests.measures.theirs import evidently, ours, value

pytestmark = pytest.mark.filterwarnings("ignore")  # evidently's own

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"


def test_every_difference_written_down_is_shown_here_and_the_other_way_round():
    written = set(re.findall(r"\| `([a-z0-9_]+)` \|$", DOCUMENT.read_text(), re.M))
    shown = {
        name.removeprefix("test_")
        for name, it in vars(sys.modules[__name__]).items()
        if name.startswith("test_") and inspect.isfunction(it)
    }
    shown.discard(inspect.currentframe().f_code.co_name.removeprefix("test_"))
    assert written == shown


def draws(seed: int, n: int, *, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1.0, n)


def test_a_shift_downwards_is_a_shift():
    reference, up, down = draws(1, 2000), draws(2, 2000, shift=0.5), draws(2, 2000, shift=-0.5)
    assert evidently("mannw", reference, up, "num") < 1e-9
    assert evidently("mannw", reference, down, "num") > 0.999
    for current in (up, down):
        assert value(ours(reference, current), "chisquare") < 1e-9


def test_samples_of_unequal_size_are_compared():
    reference, current = np.repeat(["a", "b"], [500, 500]), np.repeat(["a", "b"], [30, 70])
    with pytest.raises(ValueError, match="equal length"):
        evidently("fisher_exact", reference, current)
    with pytest.raises(ValueError, match="relative tolerance"):
        evidently("g_test", reference, current)
    assert value(ours(reference, current), "chisquare") < 0.001


def test_the_reference_is_a_sample_too():
    """No drift at all, 300 rows against 300: how often p is under .05."""
    theirs, mine = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        reference, current = (rng.choice(list("abcd"), 300) for _ in range(2))
        theirs.append(evidently("chisquare", reference, current) < 0.05)
        mine.append(value(ours(reference, current), "chisquare") < 0.05)
    assert np.mean(theirs) > 0.15
    assert np.mean(mine) < 0.09


def test_missing_values_are_counted_apart():
    reference, current = draws(1, 2000), draws(2, 1000)
    current[:300] = np.nan
    assert np.isnan(evidently("ks", reference, current, "num"))
    found = ours(reference, current)
    assert value(found, "ks") < 0.1
    assert value(found, "missing_rate_change") == pytest.approx(0.3)


def test_no_row_of_the_callers_is_dropped():
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    reference = pd.Series(["a", None, "b", "a"])
    current = reference.copy()
    test = get_stattest(reference, current, ColumnType.Categorical, "hellinger")
    test(reference, current, ColumnType.Categorical, None)
    assert len(current) == 3
    values = np.array([1.0, np.nan, 2.0])
    ours(values, values)
    assert len(values) == 3


def test_infinite_values_are_counted_apart():
    reference, current = draws(1, 2000), draws(2, 1000)
    current[:10] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        evidently("psi", reference, current, "num")
    assert value(ours(reference, current), "psi") < 0.1


def test_one_outlier_hides_nothing():
    """Every value moves by two standard deviations, and one is typed with nine noughts more."""
    reference, current = draws(1, 5000), draws(2, 1000, shift=2.0)
    current[0] = 1e9
    assert evidently("psi", reference, current, "num") < 0.01
    assert evidently("jensenshannon", reference, current, "num") < 0.05
    found = ours(reference, current)
    assert value(found, "psi") > 2
    assert value(found, "jensenshannon") > 0.5


def test_a_constant_column_has_no_spread_to_measure_by():
    reference, current = np.full(1000, 5.0), np.full(1000, 5.01)
    assert evidently("wasserstein", reference, current, "num") == pytest.approx(10.0)
    found = ours(reference, current)
    assert found["wasserstein"].value is None
    assert found["wasserstein"].reason.startswith("The reference has a single value")
    assert value(found, "psi") > 5  # that it moved at all is seen


def test_a_category_the_reference_lacks_is_counted():
    reference = np.repeat(["a", "b"], [500, 500])
    current = np.repeat(["a", "b", "c"], [480, 500, 1])
    assert evidently("chisquare", reference, current) == 0.0
    assert value(ours(reference, current), "chisquare") > 0.05


def test_rare_categories_that_a_batch_happens_to_lack_are_no_drift():
    """Two hundred equally common ones; in three hundred rows many do not come up."""
    rng = np.random.default_rng(0)
    names = np.array([f"c{i}" for i in range(200)])
    reference, current = rng.choice(names, 20_000), rng.choice(names, 300)
    assert evidently("psi", reference, current) > 1.0
    assert value(ours(reference, current), "psi") < 0.1


def test_a_number_called_a_distance_is_one():
    """A p-value falls as rows come in; how far apart two columns are does not."""
    reference = draws(1, 20_000)
    few, many = (draws(2, n, shift=0.1) for n in (500, 20_000))
    assert evidently("ks", reference, many, "num") < 1e-6 < evidently("ks", reference, few, "num")
    near = [value(ours(reference, current), "ks") for current in (few, many)]
    assert near[0] == pytest.approx(near[1], abs=0.05)


Found = dict[tuple[str, str], Measurement]


def groups(frame: pd.DataFrame, *, positive: str = "1", favourable: str = "1") -> Found:
    as_text = frame.astype(str)
    rows = Rows(
        {},
        {"group": as_text["group"].to_numpy(dtype=object)},
        as_text["predicted"].to_numpy(dtype=object),
        as_text["actual"].to_numpy(dtype=object),
        None,
        None,
        len(frame),
    )
    classes = tuple(sorted(set(as_text["actual"]) | set(as_text["predicted"])))
    layout = build_layout(
        rows,
        task=Task.BINARY,
        classes=classes,
        positive=positive,
        favourable=(favourable,),
        attributes=("group",),
    )
    found = fairness.measure(tally_outcomes(rows, layout), layout, None)
    return {(m.metric, m.group): m for m in found if m.attribute}


def people(group: str, actual: list[int], predicted: list[int], times: int = 50) -> pd.DataFrame:
    return pd.DataFrame({"group": group, "actual": actual * times, "predicted": predicted * times})


def test_a_rate_over_nobody_is_none():
    """Nobody in group b was positive, so nobody's true positive rate can be 0."""
    frame = pd.concat([people("a", [1, 1, 0], [1, 0, 0]), people("b", [0, 0], [0, 1])])
    theirs = fl.MetricFrame(
        metrics=fl.true_positive_rate,
        y_true=frame["actual"],
        y_pred=frame["predicted"],
        sensitive_features=frame["group"],
    )
    assert theirs.by_group["b"] == 0.0
    found = groups(frame)["true_positive_rate", "b"]
    assert found.value is None
    assert found.reason == "Nobody in the group was actually positive."


def test_one_group_is_no_comparison():
    frame = people("a", [1, 1, 0], [1, 0, 0])
    of = {"sensitive_features": frame["group"]}
    assert fl.demographic_parity_difference(frame["actual"], frame["predicted"], **of) == 0.0
    assert fl.demographic_parity_ratio(frame["actual"], frame["predicted"], **of) == 1.0
    for metric in ("demographic_parity_difference", "demographic_parity_ratio"):
        found = groups(frame)[metric, ""]
        assert found.value is None
        assert found.reason == "Fewer than two groups have enough rows to be compared."


def test_labels_mean_what_the_model_says():
    """A loan is granted or refused: unless told which, fairlearn selects nobody."""
    frame = pd.concat([people("a", [1, 0], [1, 0]), people("b", [1, 0], [1, 1])])
    words = frame.replace(
        {"predicted": {1: "granted", 0: "refused"}, "actual": {1: "granted", 0: "refused"}}
    )
    theirs = fl.MetricFrame(
        metrics=fl.selection_rate,
        y_true=words["actual"],
        y_pred=words["predicted"],
        sensitive_features=words["group"],
    )
    assert (theirs.by_group["a"], theirs.by_group["b"]) == (0.0, 0.0)
    found = groups(words, positive="granted", favourable="granted")
    assert found["selection_rate", "a"].value == 0.5
    assert found["selection_rate", "b"].value == 1.0


def test_few_people_have_no_rate():
    frame = pd.concat([people("a", [1, 0], [1, 0]), people("b", [1, 0, 1], [0, 0, 0], times=1)])
    theirs = fl.demographic_parity_difference(
        frame["actual"], frame["predicted"], sensitive_features=frame["group"]
    )
    assert theirs == 0.5
    assert groups(frame)["selection_rate", "b"].value is None
