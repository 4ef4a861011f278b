"""What was measured, and what there is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from monitor.cli.printing import show_table
from monitor.cli.root import FormatOption, open_home
from monitor.errors import NotFound

app = typer.Typer()

SHOWN = (
    "model", "version", "batch", "starts_at", "ends_at", "metric", "feature", "attribute", "group",
    "value", "low", "high", "n", "verdict", "reason",
)  # fmt: skip
# What a number is explained by a year later; for scripts, as a terminal is too narrow.
COUNTS = ("denominator", "family", "rule_version")
BEHIND = (
    "denominator", "method", "p", "family", "window", "reference", "baseline", "limit_low",
    "limit_high", "rule_version",
)  # fmt: skip


@app.command()
def show(
    model: str,
    metric: Annotated[str | None, typer.Option(help="For example accuracy.")] = None,
    attribute: Annotated[str | None, typer.Option(help="A sensitive feature.")] = None,
    feature: Annotated[str | None, typer.Option(help="A column.")] = None,
    batch: Annotated[str, typer.Option(help="A batch's name, latest or all.")] = "latest",
    version: Annotated[int | None, typer.Option(help="Its number, for a challenger.")] = None,
    format: FormatOption = "table",
) -> None:
    """Shows measurements with their intervals, rows and verdicts."""
    from monitor.measures.catalogue import METRICS
    from monitor.store import reads
    from monitor.store.subjects import check_subject

    if metric is not None and metric not in METRICS:
        raise NotFound("metric", metric, tuple(get_close_matches(metric, METRICS, n=5)))
    store = open_home()
    check_subject(store, model, version=version, attribute=attribute, feature=feature)
    table = reads.measurements(
        store,
        model,
        metric=metric,
        attribute=attribute,
        feature=feature,
        batch=batch,
        version=version,
    )
    if format == "table":
        show_table(table[list(SHOWN)], format)
    else:
        show_table(table[[*SHOWN, *BEHIND]].astype(dict.fromkeys(COUNTS, "Int64")), format)


@app.command()
def models(format: FormatOption = "table") -> None:
    """Lists the models, worst first."""
    from monitor.store import reads

    table = reads.models(open_home())
    shown = [
        "model", "task", "version", "verdict", "why", "metric", "value", "low", "high",
        "drift_verdict", "gap_metric", "gap_attribute", "gap_group", "gap_value",
        "label_coverage", "last_batch", "last_ends_at", "rows", "open_incidents", "owner",
    ]  # fmt: skip
    show_table(table[shown], format)


@app.command()
def batches(
    model: Annotated[str | None, typer.Argument()] = None, format: FormatOption = "table"
) -> None:
    """Lists batches, newest first."""
    from monitor.store import reads

    table = reads.batches(open_home(), model)
    show_table(table.drop(columns=["notes"] if format == "table" else []), format)


@app.command()
def jobs(format: FormatOption = "table") -> None:
    """Lists jobs, newest first."""
    from monitor.store import reads

    show_table(reads.jobs(open_home()), format)


@app.command()
def incidents(format: FormatOption = "table") -> None:
    """Lists incidents, open ones first."""
    from monitor.store import reads

    table = reads.incidents(open_home())
    if format == "table":
        table = table[["id", "model", "state", "severity", "sentence", "since_at", "notified"]]
    show_table(table, format)
