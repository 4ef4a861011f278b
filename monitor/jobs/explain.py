"""The job that looks at a sample of a batch's rows: what tallies alone cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from threadpoolctl import threadpool_limits

from monitor.jobs.conclude import rules_of, settle
from monitor.jobs.sample import Sample, reference_sample, sample_of
from monitor.jobs.version import Version, version_of
from monitor.measures import apart, causes, slice_causes
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.models.spec import Drift
from monitor.reports import methods
from monitor.store import queue, results, rows, writes
from monitor.store.engine import Store

# Each says something of the batch's sample beside the reference's, with tallies out of reach.
Explainer = Callable[[Sample, Sample, Layout], list[Measurement]]
EXPLAINERS: tuple[Explainer, ...] = (
    lambda batch, reference, layout: causes.measure(batch.rows, reference.rows, layout),
    lambda batch, reference, layout: apart.measure(batch.rows, reference.rows, layout),
    lambda batch, reference, layout: slice_causes.measure(batch.rows, reference.rows, layout),
)


def explain(
    store: Store,
    job: queue.Job,
    *,
    beat: Callable[[float], None],
    clock: Callable[[], datetime],
) -> None:
    """Measures the samples and finishes the job, results and all, in one transaction."""
    with store.read() as connection:
        version = version_of(connection, job.version_id or 0)
        batch = rows.batch(connection, job.batch_id)
    with threadpool_limits(1):  # trees on few rows: threads would only wait for each other
        found = measured(store, version, batch.id, beat=beat)
    now = clock()
    with store.write() as connection:
        writes.hold_model(connection, version.model_id)
        queue.finish(connection, job, now=now)
        decided = results.decided_after(connection, version.id, batch.starts_at)
        settle(
            connection,
            version,
            batch,
            found,
            watched=rules_of(connection, version.model_id),
            decided=decided,
            now=now,
            made=results.Made.OF_SAMPLES,
        )


def measured(
    store: Store, version: Version, batch_id: int, *, beat: Callable[[float], None]
) -> list[Measurement]:
    """What every explainer finds; nothing where no reference was kept."""
    batch, reference = sample_of(store, version, batch_id), reference_sample(store, version)
    if reference is None or version.layout is None:
        return []
    found: list[Measurement] = []
    for place, look in enumerate(EXPLAINERS):
        beat(place / len(EXPLAINERS))
        found += look(batch, reference, version.layout)
    return found + _evidently(store, version, version.layout, batch, reference, beat)


def _evidently(
    store: Store,
    version: Version,
    layout: Layout,
    batch: Sample,
    reference: Sample,
    beat: Callable[[float], None],
) -> list[Measurement]:
    """What the spec asks of Evidently, which few specs do: it takes seconds to be loaded."""
    wish = version.spec.drift
    if wish == Drift():
        return []
    with store.files.scratch() as folder:
        return methods.measure(
            batch.rows,
            reference.rows,
            layout,
            columns=wish.columns,
            whole=wish.profile == "evidently",
            folder=folder,
            beat=partial(beat, 0.9),
        )
