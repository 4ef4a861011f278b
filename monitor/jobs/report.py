"""The job that has Evidently make its page about a batch; the page is kept beside the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from monitor.errors import PassingFault, ReportError
from monitor.jobs.retention import MEANWHILE, check_kept, files_behind
from monitor.jobs.sample import reference_sample, sample_of
from monitor.jobs.version import version_of
from monitor.reports.evidently import make
from monitor.store import queue, reports, writes
from monitor.store.engine import Store


def report(
    store: Store,
    job: queue.Job,
    *,
    beat: Callable[[float], None],
    clock: Callable[[], datetime],
) -> None:
    """Makes the page on the stored samples; ReportError, which ends the job, says why not."""
    with store.read() as connection:
        version = version_of(connection, job.version_id or 0)
        given = files_behind(connection, job)
    beat(0.1)
    batch, reference = sample_of(store, version, job.batch_id), reference_sample(store, version)
    if reference is None or version.layout is None:
        raise ReportError("There is no reference to compare the batch with.")
    beat(0.3)
    with store.files.scratch() as folder:
        made = make(
            batch.rows, reference.rows, version.layout, folder=folder, beat=partial(beat, 0.5)
        )
        kept = store.files.keep(made.path, suffix=reports.SUFFIX)
    with store.write() as connection:
        writes.hold_model(connection, job.model_id)
        queue.finish(connection, job, now=clock())
        if files_behind(connection, job) != given:
            raise PassingFault(MEANWHILE)
        check_kept(store, kept + reports.SUFFIX)
        reports.save(
            connection,
            version.id,
            job.batch_id,
            {
                "sha256": kept,
                "evidently": made.version,
                "rows": made.rows,
                "left_out": list(made.left_out),
            },
        )
