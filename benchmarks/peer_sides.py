"""What each side makes of a scored file: ours, all of it or what a peer gives, and the peers.

`python -m benchmarks.peer_sides SIDE FOLDER` prints one JSON object.  All read the batch's file;
what is known of the reference before a batch comes (our counts, their frame) is set up first, and
every side has then done the same work on another file as long, of 50 000 rows at most.
"""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from benchmarks.material import Registered, registered
from benchmarks.plain import GROUPED, Answers, answers
from benchmarks.theirs import group_rates, report
from benchmarks.usage import cpu_seconds, memory_mb
from monitor.models.runner import Runner

Work = Callable[[Path], Answers]


def ours(folder: Path, stack: ExitStack) -> Work:
    """The batch counted, its predictions written, and everything measured."""
    from monitor.jobs.evaluate import evaluate
    from monitor.jobs.measure import measure, measure_reference
    from monitor.measures.measurement import Measurement

    known, runner = _worker(folder, stack)
    reference = measure_reference(known.reference, known.layout)

    def named(found: Iterable[Measurement]) -> Answers:
        parts = ((m, (m.metric, m.feature, m.attribute, m.group)) for m in found)
        return {"/".join(p for p in key if p): m.value for m, key in parts if m.value is not None}

    def work(path: Path) -> Answers:
        found = evaluate(
            path,
            runner,
            spec=known.spec,
            contract=known.contract,
            layout=known.layout,
            keep=folder / "predictions.parquet",
        )
        facts = {
            "rows": found.service.rows,
            "duplicate_ids": found.duplicate_ids,
            "predict_seconds": found.service.predict_seconds,
            "peak_memory_mb": found.service.peak_memory_mb,
            "artefact_mb": None,
        }
        return named(measure(found.tally, layout=known.layout, reference=reference, facts=facts))

    return work


def _worker(folder: Path, stack: ExitStack) -> tuple[Registered, Runner]:
    """What a worker has at hand when the batch comes."""
    from monitor.jobs.memory import settle
    from monitor.models.runner import open_runner
    from monitor.settings import Settings

    settle()
    known = registered(folder)
    opened = open_runner(known.spec, {}, settings=Settings(), trusted=lambda sha256: True)
    return known, stack.enter_context(opened)


def ours_as_evidently(folder: Path, stack: ExitStack) -> Work:
    """What Evidently, fairlearn and plain scipy give, and nothing else."""
    from benchmarks import values

    known, runner = _worker(folder, stack)
    reference, layout = known.reference, known.layout

    def work(path: Path) -> Answers:
        tally, repeated = values.counted(path, runner, known)
        return {
            **values.of_data(tally, repeated=repeated),
            **values.of_columns(tally, reference, layout),
            **values.of_everybody(tally.outcomes, layout),
            **values.of_groups(tally.outcomes, layout),
        }

    return work


def ours_as_nannyml(folder: Path, stack: ExitStack) -> Work:
    """What NannyML gives: drift of every column, realised and expected performance."""
    from benchmarks import values
    from monitor.measures.unlabelled.family import learn

    known, runner = _worker(folder, stack)
    reference, layout = known.reference, known.layout
    (learned,) = learn(reference.outcomes, layout)

    def work(path: Path) -> Answers:
        tally, _ = values.counted(path, runner, known)
        return {
            **values.of_columns(tally, reference, layout),
            **values.of_everybody(tally.outcomes, layout),
            **values.expected(tally.outcomes, learned),
        }

    return work


def evidently_and_fairlearn(folder: Path, stack: ExitStack) -> Work:
    """Evidently's drift, classification and summary presets; fairlearn's MetricFrame of seven
    rates, AUC and Brier score for two features and their intersections."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import evidently.presets  # noqa: F401  (imports are no work)
    import fairlearn.metrics  # noqa: F401  (imports are no work)

    reference = pd.read_parquet(folder / "reference.parquet")

    def work(path: Path) -> Answers:
        batch = pd.read_parquet(path)
        return _presets(reference, batch) | _frames(batch)

    return work


def _presets(reference: pd.DataFrame, batch: pd.DataFrame) -> Answers:
    from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

    return report(
        reference, batch, [DataDriftPreset(), ClassificationPreset(), DataSummaryPreset()]
    )


def _frames(batch: pd.DataFrame) -> Answers:
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import brier_score_loss, roc_auc_score

    rates = group_rates()
    scores = {"roc_auc": roc_auc_score, "brier_score": brier_score_loss}
    found: Answers = {}
    for attribute, columns in GROUPED.items():
        for metrics, predicted in ((rates, "prediction"), (scores, "score")):
            frame = MetricFrame(
                metrics=metrics,
                y_true=batch["target"],
                y_pred=batch[predicted],
                sensitive_features=batch[columns],
            )
            frame.difference()
            frame.ratio()
            for name, values in frame.by_group.items():
                for group, value in values.items():
                    text = group if isinstance(group, str) else " × ".join(group)
                    found[f"{name}/{attribute}/{text}"] = float(value)
    return found


def plain(folder: Path, stack: ExitStack) -> Work:
    """The same numbers, without any interval, as one writes them with pandas, scipy and sklearn."""
    reference = pd.read_parquet(folder / "reference.parquet")
    return lambda path: answers(pd.read_parquet(path), reference)


SIDES = {
    "ours": ours,
    "ours, values alone": ours_as_evidently,
    "ours, as nannyml": ours_as_nannyml,
    "evidently and fairlearn": evidently_and_fairlearn,
    "plain": plain,
}


def measured(side: str, folder: Path) -> dict[str, object]:
    """CPU seconds of the work on the batch, net of imports and set-up."""
    with ExitStack() as stack:
        work = SIDES[side](folder, stack)
        work(folder / "warm.parquet")
        gc.freeze()  # no side pays for looking through what it has imported
        begun = cpu_seconds()
        answers = work(folder / "batch.parquet")
        spent = cpu_seconds() - begun
    return {"cpu_seconds": spent, "peak_mb": memory_mb("VmHWM"), "answers": answers}


if __name__ == "__main__":
    side, folder = sys.argv[1:]
    print(json.dumps(measured(side, Path(folder))))
