"""What a run cost, and whether it came at all."""

from __future__ import annotations

from monitor.measures.catalogue.definition import (
    HIGHER,
    LOWER,
    service,
)

SERVICE = (
    service(
        "rows_per_second",
        "Rows per second",
        HIGHER,
        "rows / seconds of the run",
        "How fast the batch was evaluated.",
        denominator="seconds of the run",
    ),
    service(
        "seconds_per_thousand_rows",
        "Seconds per 1,000 rows",
        LOWER,
        "1000 · seconds in predict / rows",
        "How long the model takes for a thousand predictions.",
        denominator="rows of the batch",
    ),
    service(
        "peak_memory_mb",
        "Peak memory (MB)",
        LOWER,
        "largest resident size",
        "The most memory the run held at once.",
    ),
    service(
        "artefact_mb", "Model size (MB)", LOWER, "size of the model file", "How big the model is."
    ),
    service(
        "batch_overdue",
        "Batch overdue",
        LOWER,
        "periods that ended without a batch",
        "How many periods have passed in which a batch was due and none came.",
    ),
    service(
        "labels_overdue",
        "Labels overdue",
        LOWER,
        "batches in a row without a label, up to the newest whose label wait is over",
        "How many batches have waited for their labels longer than the model's label wait, and "
        "have none.",
    ),
    service(
        "failed_jobs",
        "Failed jobs",
        LOWER,
        "jobs of the model that failed and were not done since",
        "How many pieces of work on the model's batches were given up.",
    ),
)
