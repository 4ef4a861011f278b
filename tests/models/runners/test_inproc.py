"""The code that runs in the child, run here: it is the same for every kind of model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier

from monitor.errors import ModelError, UntrustedModel
from monitor.models.derive import complete
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner, verify_reference
from monitor.models.spec import Columns, Outcome
from monitor.terms import Task
from tests.models.model_files import (
    FEATURES,
    everyone,
    expected,
    loan_model,
    nobody,
    number_model,
    patience,
    saved,
    spec_of,
)

inproc = partial(spec_of, kind="inproc")


def opened(spec, *, trusted=everyone, contract=None):
    return open_runner(
        spec, artefact_facts(spec), settings=patience(), trusted=trusted, contract=contract
    )


def test_at_one_half_the_model_decides_as_it_always_does(loans, tmp_path):
    model = loan_model(loans)
    with opened(inproc(saved(model, tmp_path))) as runner:
        made = runner.predict(loans)
    assert made["score"].to_numpy() == pytest.approx(expected(model, loans))
    assert made["prediction"].tolist() == model.predict(loans[list(FEATURES)]).tolist()


def test_a_threshold_of_the_spec_decides(loans, tmp_path):
    spec = inproc(saved(loan_model(loans), tmp_path), threshold=0.9)
    with opened(spec) as runner:
        made = runner.predict(loans)
    assert (made["prediction"] == "bad").tolist() == (made["score"] >= 0.9).tolist()


def test_a_threshold_inside_the_model_is_the_models(loans, tmp_path):
    numbers = loans[["income", "age"]]
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.6, pos_label="good")
    model.fit(numbers, loans["target"])
    with opened(inproc(saved(model, tmp_path), features=("income", "age"))) as runner:
        assert runner.predict(loans)["prediction"].tolist() == model.predict(numbers).tolist()


def test_many_classes_have_a_score_each(loans, tmp_path):
    model = loan_model(loans, np.array(["a", "b", "c"])[np.arange(200) % 3])
    with opened(inproc(saved(model, tmp_path), task=Task.MULTICLASS)) as runner:
        made = runner.predict(loans)
    assert list(made.columns) == ["score:a", "score:b", "score:c", "prediction"]
    assert made["prediction"].tolist() == model.predict(loans[list(FEATURES)]).tolist()


def test_a_regression_gives_numbers_and_takes_columns_by_name(loans, tmp_path):
    model = number_model(loans)
    spec = inproc(saved(model, tmp_path), task=Task.REGRESSION, features=("age", "income"))
    with opened(spec) as runner:
        made = runner.predict(loans)["prediction"].to_numpy()
    assert made == pytest.approx(model.predict(loans[["income", "age"]]))


def test_a_model_of_other_classes_is_refused_when_it_is_opened(loans, tmp_path):
    spec = inproc(saved(loan_model(loans, np.arange(200) % 2), tmp_path))
    with (
        pytest.raises(ModelError, match="predicts 0, 1, and the reference has bad, good"),
        opened(spec),
    ):
        pass


def test_a_model_that_cannot_use_the_features_is_quoted(loans, tmp_path):
    spec = inproc(saved(loan_model(loans), tmp_path), features=("income",))
    with (
        opened(spec) as runner,
        pytest.raises(ModelError, match="failed to predict: ValueError: columns are missing"),
    ):
        runner.predict(loans)


def test_skops_files_need_no_trust(loans, tmp_path):
    model = loan_model(loans)
    skops.io.dump(model, tmp_path / "model.skops")
    with opened(inproc(str(tmp_path / "model.skops")), trusted=nobody) as runner:
        assert runner.predict(loans)["score"].to_numpy() == pytest.approx(expected(model, loans))


def test_skops_files_with_foreign_types_are_refused(tmp_path, loans):
    skops.io.dump({"model": Foreign()}, tmp_path / "model.skops")
    with (
        pytest.raises(ModelError, match=r"types that are not scikit-learn's own: .*Foreign"),
        opened(inproc(str(tmp_path / "model.skops")), trusted=nobody),
    ):
        pass


class Foreign:
    pass


def test_pickles_need_trust_here_too(loans, tmp_path):
    spec = inproc(saved(loan_model(loans), tmp_path, "model.pkl"))
    with pytest.raises(UntrustedModel), opened(spec, trusted=nobody):
        pass


def test_the_reference_must_repeat_its_stored_scores(loans, tmp_path):
    model = loan_model(loans)
    spec = inproc(saved(model, tmp_path))
    columns = replace(spec.columns, prediction="prediction", score={"bad": "score"})
    spec = replace(spec, columns=columns)
    own = model.predict(loans[list(FEATURES)])
    stored = loans.assign(score=expected(model, loans).round(3), prediction=own)
    bent = stored.assign(score=stored["score"].where(stored.index > 0, stored["score"] + 0.013))
    with opened(spec) as runner:
        found = verify_reference(runner, stored, spec=spec)
        assert found.columns == ("prediction", "score")
        assert 0 < found.largest <= 0.0005
        with pytest.raises(
            ModelError, match=r"repeat the score stored .* 1 of 200 rows differ, by"
        ):
            verify_reference(runner, bent, spec=spec)
        with pytest.raises(ModelError, match="does not repeat the prediction stored"):
            verify_reference(runner, stored.assign(prediction="bad"), spec=spec)
        nothing = stored.drop(columns=["score", "prediction"])
        assert verify_reference(runner, nothing, spec=spec).columns == ()


def test_predictions_in_the_batch_need_no_model(loans, loan_spec):
    spec = complete(loan_spec, loans)
    with opened(spec) as runner:
        made = runner.predict(loans)
        assert verify_reference(runner, loans, spec=spec).columns == ()
    assert made["score"].tolist() == loans["score"].tolist()
    assert made["prediction"].tolist() == loans["prediction"].tolist()


@pytest.mark.parametrize("taught", [bool, int])
@pytest.mark.parametrize("shown", [bool, int])
def test_a_model_of_truths_speaks_as_the_spec_does(loans, tmp_path, taught, shown):
    good = loans["target"] == "good"
    model = loan_model(loans, good.astype(taught))
    frame = loans.assign(target=good.astype(shown)).drop(columns=["prediction", "score"])
    bare = replace(
        inproc(saved(model, tmp_path)), classes=(), outcome=Outcome("1", ("1",)),
        columns=Columns(target="target", features=FEATURES),
    )  # fmt: skip
    for spec in (complete(bare, frame), complete(bare, frame, classes=names_of(bare))):
        with opened(spec) as runner:
            made = runner.predict(frame)
        assert set(made["prediction"]) == set(spec.classes)
        assert made["score"].to_numpy() == pytest.approx(1 - expected(model, loans))
        stored = frame.assign(prediction=model.predict(loans[list(FEATURES)]).astype(shown))
        with_stored = replace(spec, columns=replace(spec.columns, prediction="prediction"))
        with opened(with_stored) as runner:
            assert verify_reference(runner, stored, spec=with_stored).columns == ("prediction",)


def names_of(spec):
    with opened(spec) as runner:
        return runner.classes
