"""``/metrics``: how the queue, the workers, the models and the messages stand, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.clock import utc_now
from monitor.errors import StoreError
from monitor.store.engine import Store
from monitor.store.gauges import PENDING, Gauges, ModelGauges, gauges
from monitor.terms import JobKind, Verdict

CONTENT = "text/plain; version=0.0.4; charset=utf-8"
NUMBERS = {Verdict.NOT_ENOUGH_DATA: 0, Verdict.HEALTHY: 1, Verdict.AT_RISK: 2, Verdict.FAILING: 3}
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
Rows = Iterable[tuple[str, float]]  # labels as they are written, value


def metrics_route(open_store: Callable[[], Store]) -> Route:
    """Answers 503 with the reason while the database does not."""

    def metrics(_request: Request) -> Response:
        try:
            return Response(exposition(open_store(), now=utc_now()), media_type=CONTENT)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)

    return Route("/metrics", metrics)


def exposition(store: Store, *, now: datetime) -> bytes:
    """The text format, to be read by whatever reads Prometheus' own."""
    found = gauges(store, now=now)
    return "".join((*_work(found, now), *_models(found, now))).encode()


def _work(found: Gauges, now: datetime) -> Iterator[str]:
    yield _gauge("jobs", "Jobs that wait, run or failed.", _jobs(found))
    age = _age(found.oldest_due_at, now) or 0.0
    yield _gauge("oldest_job_age_seconds", "How long the oldest due job has waited.", [("", age)])
    seen = [_age(row.seen_at, now) or 0.0 for row in found.workers]
    yield _gauge("workers", "Workers that signed on.", [("", len(seen))])
    beat = [("", min(seen))] if seen else []
    yield _gauge("worker_heartbeat_age_seconds", "Since a worker's last sign of life.", beat)
    told = ((_labels(channel=row.channel, status=row.status), row.n) for row in found.deliveries)
    yield _gauge("deliveries", "Messages by channel and state.", told)
    open_ = ((_labels(model=row.model, severity=row.severity), row.n) for row in found.incidents)
    yield _gauge("incidents_open", "Incidents that are not over.", open_)


def _jobs(found: Gauges) -> Iterator[tuple[str, float]]:
    """Zeros too: of a series that comes and goes nobody can say when it rose."""
    counts = {(row.kind, row.status): row.n for row in found.jobs}
    for kind, status in product(JobKind, PENDING):
        yield _labels(kind=kind, status=status), counts.get((kind, status), 0)


def _models(found: Gauges, now: datetime) -> Iterator[str]:
    ages = {model.name: _age(model.last_received_at, now) for model in found.models}
    known = ((_labels(model=name), age) for name, age in ages.items() if age is not None)
    yield _gauge("last_batch_age_seconds", "Since the newest batch arrived.", known)
    numbers = [(_number(model, row), row) for model in found.models for row in model.numbers]
    yield _gauge(
        "metric_value", "Newest value of a metric.", ((key, row.value) for key, row in numbers)
    )
    yield _gauge(
        "metric_rows", "Rows that the value stands on.", ((key, row.n) for key, row in numbers)
    )
    judged = ((key, NUMBERS[Verdict(row.verdict)]) for key, row in numbers if row.verdict)
    said = "0 not enough data, 1 healthy, 2 at risk, 3 failing."
    yield _gauge("metric_verdict", said, judged)
    cut = ((_labels(model=model.name), model.left_out) for model in found.models)
    yield _gauge("metrics_left_out", "Numbers of a model beyond the most told.", cut)


def _number(model: ModelGauges, row: Any) -> str:
    version = str(model.version)
    return _labels(
        model=model.name, version=version, metric=row.metric, attribute=row.attribute,
        group=row.group,
    )  # fmt: skip


def _gauge(name: str, said: str, rows: Rows) -> str:
    lines = [f"# HELP fairwatch_{name} {said}", f"# TYPE fairwatch_{name} gauge"]
    lines += [f"fairwatch_{name}{labels} {float(value)!r}" for labels, value in rows]
    return "\n".join(lines) + "\n"


def _labels(**values: str) -> str:
    """They come out of people's files: what would end a value, or the line, is escaped.

    >>> print(_labels(group='a"b'))
    {group="a\\"b"}
    """
    told = [f'{name}="{value.translate(ESCAPED)}"' for name, value in values.items()]
    return "{" + ",".join(told) + "}"


def _age(then: datetime | None, now: datetime) -> float | None:
    """Seconds, none below 0; None where it never was."""
    return None if then is None else max(0.0, (now - then).total_seconds())
