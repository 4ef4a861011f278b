"""A model runs in its own process: right when it behaves, one sentence when it does not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from monitor.errors import ModelError, PassingFault, UntrustedModel
from monitor.models.contract import build_contract
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from tests.models.model_files import (
    OnLoad,
    everyone,
    expected,
    loan_model,
    nobody,
    number_model,
    patience,
    saved,
    spec_of,
    strange,
)

pytestmark = pytest.mark.usefixtures("way")

# One child serves most of these tests: what it does depends on how many rows it is given.
MOODS = """
    import os, sys
    n = len(X)
    if n == 2: raise ValueError('too few')
    if n == 3: sys.exit(3)
    if n == 4: return ['bad']
    if n == 5: return [None] * n
    if n == 6: return ['fair'] * n
    if n == 7: return ['bad' if 'FAIRWATCH_SECRET' in os.environ else 'good'] * n
    if n == 8: return ['good' if '/fairwatch-model-' in os.getcwd() else 'bad'] * n
    if n == 9: return [0] * 10 ** 10
    print('x' * 300000); os.write(1, b'y' * 99); sys.stdin.read(); return ['bad'] * n
"""


def opened(spec, *, trusted=everyone, contract=None, **limits):
    return open_runner(
        spec, artefact_facts(spec), settings=patience(**limits), trusted=trusted, contract=contract
    )


def fault(spec, frame, **limits):
    with pytest.raises(ModelError) as caught, opened(spec, **limits) as runner:
        runner.predict(frame)
    return caught.value


@pytest.fixture(scope="module")
def moody(tmp_path_factory, way):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRWATCH_SECRET", "s3cret")
        spec = spec_of(saved(strange(MOODS.strip()), tmp_path_factory.mktemp("moody")))
        with opened(spec, predict_memory_mb=2000) as runner:
            yield runner


def test_a_child_scores_as_the_model_does_and_is_used_again(loans, tmp_path):
    gaps = loans.assign(job=loans["job"].mask(loans.index < 20))
    model = loan_model(gaps)
    spec = spec_of(saved(model, tmp_path))
    nones = gaps.astype(object).where(gaps.notna(), None)
    arrow = gaps.convert_dtypes(dtype_backend="pyarrow")
    with opened(spec, contract=build_contract(spec, gaps)) as runner:
        assert runner.inputs == ("income", "job", "age")
        for batch in (gaps, nones, arrow, gaps.tail(7)):
            made = runner.predict(batch)
            assert made.index.equals(batch.index)
            assert made["score"].to_numpy() == pytest.approx(
                expected(model, gaps.loc[batch.index]), abs=1e-12
            )
    assert runner.peak_bytes > 10_000_000


def test_print_and_reading_input_do_no_harm(loans, moody):
    for _ in range(3):
        assert set(moody.predict(loans)["prediction"]) == {"bad"}


def test_the_environment_is_empty_and_the_folder_its_own(loans, moody):
    assert set(moody.predict(loans.head(7))["prediction"]) == {"good"}
    assert set(moody.predict(loans.head(8))["prediction"]) == {"good"}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (2, "The model of loans failed to predict: ValueError: too few"),
        (4, "gave 1 predictions for 4 rows"),
        (5, "gave no usable prediction for 5 of 5 rows"),
        (6, "predicts fair, and the classes are bad, good"),
    ],
)
def test_a_model_that_raises_or_answers_nonsense_is_a_permanent_fault(loans, moody, rows, says):
    with pytest.raises(ModelError) as caught:
        moody.predict(loans.head(rows))
    assert not isinstance(caught.value, PassingFault)
    assert says in str(caught.value)
    assert len(moody.predict(loans)) == 200


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (3, "ended its process during predict (exit code 3)"),
        (9, "needed more than 2,000 MB of memory to predict: raise FAIRWATCH_PREDICT_MEMORY_MB"),
    ],
)
def test_a_model_that_leaves_or_eats_memory_is_a_passing_fault(loans, moody, rows, says):
    with pytest.raises(PassingFault) as caught:
        moody.predict(loans.head(rows))
    assert says in str(caught.value)
    assert len(moody.predict(loans)) == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import os; print('last words'); os._exit(7)", "(exit code 7): last words"),
        ("import os; os.kill(os.getpid(), 9)", "during predict (signal SIGKILL)"),
    ],
)
def test_a_model_that_ends_its_process_is_a_passing_fault(loans, tmp_path, body, says):
    error = fault(spec_of(saved(strange(body), tmp_path)), loans)
    assert isinstance(error, PassingFault)
    assert says in str(error)


def test_a_model_that_hangs_is_stopped_with_all_it_started(loans, tmp_path):
    pid = tmp_path / "pid"
    body = (
        "import subprocess, time; p = subprocess.Popen(['/bin/sleep', '600']); "
        f"open({str(pid)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    )
    spec = spec_of(saved(strange(body), tmp_path))
    began = time.monotonic()
    error = fault(spec, loans, predict_seconds=8)
    assert isinstance(error, PassingFault)
    assert "took longer than 8 seconds to predict and was stopped" in str(error)
    assert time.monotonic() - began < 30
    assert not is_running(int(pid.read_text()))


def is_running(pid):
    """A killed grandchild may stay a while as a zombie that nobody has asked about."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_pickle_that_nobody_trusted_is_not_opened(tmp_path):
    mark = tmp_path / "opened"
    spec = spec_of(saved(OnLoad(f"open({str(mark)!r}, 'w')"), tmp_path))
    with (
        pytest.raises(UntrustedModel, match="add it again with --trust"),
        opened(spec, trusted=nobody),
    ):
        pass
    assert not mark.exists()


def test_a_file_that_changed_since_registration_is_not_opened(loans, tmp_path):
    spec = spec_of(saved(loan_model(loans), tmp_path))
    facts = artefact_facts(spec)
    saved(number_model(loans), tmp_path)
    with (
        pytest.raises(ModelError, match="has changed since it was registered"),
        open_runner(spec, facts, settings=patience(), trusted=everyone),
    ):
        pass


def test_a_file_that_is_no_model_says_so(loans, tmp_path):
    path = tmp_path / "model.joblib"
    path.write_bytes(b"rubbish")
    assert "The model of loans cannot be opened by /" in str(fault(spec_of(str(path)), loans))


def test_nothing_is_left_behind(loans, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spec = spec_of(saved(strange("import os; os._exit(1)"), tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    fault(spec, loans)
    assert [path.name for path in tmp_path.iterdir()] == ["model.joblib"]
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_child_whose_parent_is_gone_clears_up_and_ends(loans, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spec = spec_of(saved(strange("return ['bad'] * len(X)"), tmp_path))
    with opened(spec) as runner:
        runner._process.stdin.close()
        assert runner._process.wait(timeout=30) == 0
        assert [path.name for path in tmp_path.iterdir()] == ["model.joblib"]
