"""The job that scores one batch with one version."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from monitor import __version__
from monitor.alerts.defaults import default_rules
from monitor.errors import NotFound, PassingFault
from monitor.jobs.conclude import conclude
from monitor.jobs.datasets import open_stored, parts_of
from monitor.jobs.engine import Ground, evaluate_apart
from monitor.jobs.evaluate import Evaluation, evaluate, place_bins
from monitor.jobs.labels import outcomes_with, rejoin
from monitor.jobs.norms import with_known_norms, with_norms
from monitor.jobs.register import with_stored_file
from monitor.jobs.retention import check_kept, check_same
from monitor.jobs.sequence import advance
from monitor.jobs.version import Version, version_of
from monitor.measures.layout import Layout
from monitor.models.runner import Runner
from monitor.store import queue, results, rows, rules, writes
from monitor.store.engine import Connection, Store
from monitor.store.trust import is_trusted

LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "fairlearn")


def score(
    store: Store,
    job: queue.Job,
    runner_of: Callable[[Version], Runner],
    *,
    beat: Callable[[float], None],
    clock: Callable[[], datetime],
) -> None:
    """Evaluates the batch and finishes the job, results and all, in one transaction."""
    with store.read() as connection:
        version = version_of(connection, job.version_id or 0)
        batch = rows.batch_with_rows(connection, job.batch_id)
    runner, path = runner_of(version), store.files.path(batch.file_sha256)
    version = with_known_norms(store, version, runner)
    layout = version.layout or _first_layout(version, runner, path)
    with store.files.scratch() as folder:
        predictions = folder / "predictions.parquet"
        evaluation = _evaluated(
            store, version, runner, path, layout=layout, keep=predictions, beat=beat
        )
        evaluation = _with_late_labels(store, batch, evaluation, predictions, layout)
        if version.layout is None:
            layout = with_norms(
                layout, open_stored(path), predictions, runner, evaluation.tally, version=version
            )
        kept = store.files.keep(predictions)
    now = clock()
    with store.write() as connection:
        writes.hold_model(connection, version.model_id)
        queue.finish(connection, job, now=now)
        check_same(connection, batch)
        check_kept(store, kept)
        if version.layout is None:
            _adopt(connection, version, layout, evaluation, batch.id, now=now)
        facts = run_facts(version, evaluation)
        results.save_run(
            connection,
            version.id,
            batch.id,
            {
                "facts": facts,
                "predictions_sha256": kept,
                "seconds": evaluation.service.seconds,
                "finished_at": now,
            },
        )
        rows.set_batch(connection, batch.id, {"labelled": evaluation.labelled})
        decided = results.decided_after(connection, version.id, batch.starts_at)
        conclude(
            connection,
            version,
            layout,
            batch,
            evaluation.tally,
            facts=facts,
            decided=decided,
            now=now,
        )
        advance(connection, version, layout, since=batch.starts_at, now=now)
        rejoin(connection, version.model_id, batch.id, now=now)


def _evaluated(
    store: Store,
    version: Version,
    runner: Runner,
    path: Path,
    *,
    layout: Layout,
    keep: Path,
    beat: Callable[[float], None],
) -> Evaluation:
    """Here, or where the settings say when there are several partitions."""
    parts, contract = parts_of(path), _contract(version)
    if store.settings.engine == "inprocess" or len(parts) < 2:
        return evaluate(
            path,
            runner,
            spec=version.spec,
            contract=contract,
            layout=layout,
            keep=keep,
            parts=parts,
            progress=beat,
        )
    ground = Ground(keep.parent, store.settings.engine_shared)
    with ground.lent(path, parts) as lent:
        return evaluate_apart(
            lent,
            spec=with_stored_file(store, version.spec, version.facts),
            contract=contract,
            layout=layout,
            facts=version.facts,
            trusted=is_trusted(store, version.facts.get("sha256", "")),
            keep=keep,
            ground=ground,
            settings=store.settings,
            progress=beat,
        )


def run_facts(version: Version, evaluation: Evaluation) -> dict[str, Any]:
    """All it takes to repeat the run: hashes and versions; and what it cost."""
    service = evaluation.service
    return {
        **version.facts,
        "code": __version__,
        **_environment(),
        "rows": service.rows,
        "duplicate_ids": evaluation.duplicate_ids,
        "predict_seconds": service.predict_seconds,
        "peak_memory_mb": service.peak_memory_mb,
        "artefact_mb": version.facts.get("size_bytes", 0) / 1e6 or None,
    }


@cache
def _environment() -> dict[str, Any]:
    libraries = {name: installed(name) for name in LIBRARIES}
    return {"worker_python": platform.python_version(), "worker_libraries": libraries}


def _contract(version: Version) -> Any:
    if version.contract is None:
        raise NotFound("contract of the model", version.model)
    return version.contract


def _first_layout(version: Version, runner: Runner, path: Path) -> Layout:
    return place_bins(open_stored(path), runner, spec=version.spec, contract=_contract(version))


def _adopt(
    connection: Connection,
    version: Version,
    layout: Layout,
    evaluation: Evaluation,
    batch_id: int,
    *,
    now: datetime,
) -> None:
    """Without a reference file the first scored batch becomes the reference."""
    if rows.version(connection, version.id).layout is not None:
        raise PassingFault("Another batch became the reference first; scored again against it.")
    facts = {**version.facts, "reference_batch": batch_id}
    described = {"layout": layout.to_json(), "facts": facts}
    writes.describe_version(connection, version.id, described)
    tally = evaluation.tally
    parts = {"profiles": tally.profiles.to_bytes(), "outcomes": tally.outcomes.to_bytes()}
    results.save_tallies(connection, version.id, results.REFERENCE, parts)
    watched = default_rules(
        layout,
        has_labels=version.spec.columns.target is not None,
        has_reference=True,
        profile=version.spec.drift.profile,
    )
    made = [rule.to_row() for rule in watched]
    rules.add(connection, version.model_id, made, who="Fairwatch", now=now)


def _with_late_labels(
    store: Store, batch: Any, evaluation: Evaluation, predictions: Path, layout: Layout
) -> Evaluation:
    if batch.labels_sha256 is None:
        return evaluation
    late = store.files.path(batch.labels_sha256)
    outcomes, labelled = outcomes_with(predictions, late, layout)
    tally = replace(evaluation.tally, outcomes=outcomes)
    return replace(evaluation, tally=tally, labelled=labelled)
