"""``/metrics``: how the queue, the workers, the models and the messages stand, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.clock import utc_now
from monitor.errors import StoreError
from monitor.store.engine import Store
from monitor.store.gauges import Gauges, gauges
from monitor.terms import Verdict

CONTENT = "text/plain; version=0.0.4; charset=utf-8"
NUMBERS = {Verdict.NOT_ENOUGH_DATA: 0, Verdict.HEALTHY: 1, Verdict.AT_RISK: 2, Verdict.FAILING: 3}
Rows = Iterable[tuple[tuple[str, ...], float]]


def metrics_route(open_store: Callable[[], Store]) -> Route:
    """Answers 503 with the reason while the database does not."""

    def metrics(_request: Request) -> Response:
        try:
            return Response(exposition(open_store(), now=utc_now()), media_type=CONTENT)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)

    return Route("/metrics", metrics)


def exposition(store: Store, *, now: datetime) -> bytes:
    """The text format; label values, which come out of people's files, are escaped by it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(gauges(store, now=now), now))
    return generate_latest(registry)


class _Told(Collector):
    """One reading of the database as families of gauges."""

    def __init__(self, found: Gauges, now: datetime) -> None:
        self._found, self._now = found, now

    def collect(self) -> Iterator[Metric]:
        yield from _work(self._found, self._now)
        yield from _models(self._found, self._now)


def _work(found: Gauges, now: datetime) -> Iterator[Metric]:
    jobs = (((row.kind, row.status), row.n) for row in found.jobs)
    yield _gauge("jobs", "Jobs that wait, run or failed.", ("kind", "status"), jobs)
    age = _age(found.oldest_due_at, now) or 0.0
    yield _gauge(
        "oldest_job_age_seconds", "How long the oldest due job has waited.", (), [((), age)]
    )
    seen = [_age(row.seen_at, now) or 0.0 for row in found.workers]
    yield _gauge("workers", "Workers that signed on.", (), [((), len(seen))])
    beat = [((), min(seen))] if seen else []
    yield _gauge("worker_heartbeat_age_seconds", "Since a worker's last sign of life.", (), beat)
    told = (((row.channel, row.status), row.n) for row in found.deliveries)
    yield _gauge("deliveries", "Messages by channel and state.", ("channel", "status"), told)
    open_ = (((row.model, row.severity), row.n) for row in found.incidents)
    yield _gauge("incidents_open", "Incidents that are not over.", ("model", "severity"), open_)


def _models(found: Gauges, now: datetime) -> Iterator[Metric]:
    ages = {model.name: _age(model.last_received_at, now) for model in found.models}
    known = (((name,), age) for name, age in ages.items() if age is not None)
    yield _gauge("last_batch_age_seconds", "Since the newest batch arrived.", ("model",), known)
    labels = ("model", "version", "metric", "attribute", "group")
    numbers = [
        ((model.name, str(model.version), row.metric, row.attribute, row.group), row)
        for model in found.models
        for row in model.numbers
    ]
    values = ((key, row.value) for key, row in numbers)
    yield _gauge("metric_value", "Newest value of a metric.", labels, values)
    rows = ((key, row.n) for key, row in numbers)
    yield _gauge("metric_rows", "Rows that the value stands on.", labels, rows)
    judged = ((key, NUMBERS[Verdict(row.verdict)]) for key, row in numbers if row.verdict)
    said = "0 not enough data, 1 healthy, 2 at risk, 3 failing."
    yield _gauge("metric_verdict", said, labels, judged)
    cut = (((model.name,), model.left_out) for model in found.models)
    yield _gauge("metrics_left_out", "Numbers of a model beyond the most told.", ("model",), cut)


def _gauge(name: str, said: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = GaugeMetricFamily(f"fairwatch_{name}", said, labels=labels)
    for key, value in rows:
        family.add_metric(key, value)
    return family


def _age(then: datetime | None, now: datetime) -> float | None:
    """Seconds, none below 0; None where it never was."""
    return None if then is None else max(0.0, (now - then).total_seconds())
