"""The tables; migrations are made from here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both sides; SQLite forgets the zone, so it is given back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("instants must be aware")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _to(target: str, *, nullable: bool = False) -> Any:
    name = target.split(".")[0].rstrip("s") + "_id"
    name = {"batche_id": "batch_id", "serie_id": "series_id"}.get(name, name)
    return Column(name, ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


models = Table(
    "models",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("task", String(20), nullable=False),
    Column("owner", Text, nullable=False, default=""),
    Column("cadence", String(10), nullable=False),
    Column("wait_days", Integer, nullable=False, default=0),
    Column("keep_days", Integer),  # rows stay so long; 0: for ever; null: as the settings say
    Column("created_at", UtcDateTime, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    _id(),
    _to("models.id"),
    Column("number", Integer, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("contract", JSON),  # null until a reference is known
    Column("layout", JSON),
    Column("facts", JSON, nullable=False),  # hashes, sizes, library versions
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("model_id", "number"),
)
Index(
    "uq_versions_champion",
    versions.c.model_id,
    unique=True,
    sqlite_where=text("stage = 'champion'"),
    postgresql_where=text("stage = 'champion'"),
)

batches = Table(
    "batches",
    metadata,
    _id(),
    _to("models.id"),
    Column("name", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_sha256", String(64), nullable=False),  # the stored Parquet part; "": deleted
    Column("rows_sha256", String(64)),  # the rows themselves, in any order and format
    Column("file_name", Text, nullable=False),
    Column("source", String(20), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("labelled", Integer, nullable=False, default=0),
    Column("labels_sha256", String(64)),  # late labels that were joined, by id
    Column("notes", JSON, nullable=False),  # what the check found, label joins
    Column("received_at", UtcDateTime, nullable=False),
    Column("rows_deleted_at", UtcDateTime),  # its files are gone, its numbers stay
    UniqueConstraint("model_id", "sha256", "role", "starts_at", "ends_at"),
    Index("ix_batches_model_id_starts_at", "model_id", "starts_at"),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("kind", String(10), nullable=False),
    Column("key", Text, nullable=False, unique=True),
    _to("models.id"),
    _to("versions.id", nullable=True),
    _to("batches.id", nullable=True),
    Column("status", String(10), nullable=False),
    Column("order_at", UtcDateTime, nullable=False),  # oldest period first
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("crashes", Integer, nullable=False, default=0),  # workers that died of it
    Column("faults", Integer, nullable=False, default=0),  # passing errors
    Column("worker", String(100)),
    Column("lease_until", UtcDateTime),
    Column("progress", Float, nullable=False, default=0.0),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index("ix_jobs_status_order_at", "status", "order_at"),
    Index("ix_jobs_batch_id", "batch_id"),
    CheckConstraint("progress >= 0 AND progress <= 1", name="progress"),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _to("versions.id"),
    _to("batches.id"),
    Column("facts", JSON, nullable=False),  # hashes, code and library versions
    Column("predictions_sha256", String(64)),
    Column("seconds", Float, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("verdict", String(20)),  # the worst of its measurements'; see store.verdicts
    UniqueConstraint("version_id", "batch_id"),
)

tallies = Table(
    "tallies",
    metadata,
    Column("version_id", ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    Column("batch_id", Integer, nullable=False),  # 0 is the reference
    Column("kind", String(10), nullable=False),  # profiles or outcomes
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("version_id", "batch_id", "kind"),
)

series = Table(
    "series",
    metadata,
    _id(),
    _to("versions.id"),
    Column("metric", String(80), nullable=False),
    Column("feature", Text, nullable=False, default=""),
    Column("attribute", Text, nullable=False, default=""),
    Column("group", Text, nullable=False, default=""),
    Column("window", String(20), nullable=False, default="batch"),
    UniqueConstraint("version_id", "metric", "feature", "attribute", "group", "window"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("series_id", ForeignKey("series.id", ondelete="CASCADE"), nullable=False),
    Column("batch_id", ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("n", Integer, nullable=False),
    Column("verdict", String(20)),
    Column("reason", Text, nullable=False, default=""),
    Column("method", Text, nullable=False, default=""),
    Column("denominator", Integer),
    Column("p", Float),
    Column("family", Integer, nullable=False, default=1),
    Column("reference", Float),
    Column("baseline", Float),
    Column("limit_low", Float),
    Column("limit_high", Float),
    Column("rule_version", Integer),
    Column("window", Text, nullable=False, server_default=""),  # "" is the batch alone
    PrimaryKeyConstraint("series_id", "batch_id"),
    Index("ix_measurements_batch_id_series_id", "batch_id", "series_id"),
    sqlite_with_rowid=False,
)
Index(
    "ix_measurements_judged",  # few are: which of a batch's were is found in here alone
    measurements.c.batch_id,
    measurements.c.rule_version,
    measurements.c.series_id,
    measurements.c.verdict,
    sqlite_where=text("rule_version IS NOT NULL"),
    postgresql_where=text("rule_version IS NOT NULL"),
)

rules = Table(
    "rules",
    metadata,
    _id(),
    _to("models.id"),
    Column("version", Integer, nullable=False, default=1),
    Column("metric", String(80), nullable=False),
    Column("feature", Text, nullable=False, default=""),
    Column("attribute", Text, nullable=False, default=""),
    Column("group", Text, nullable=False, server_default=""),
    Column("against", String(20), nullable=False),  # see alerts.rule.Against
    Column("low", Float),
    Column("high", Float),
    Column("critical_low", Float),  # beyond these it is critical, whatever its severity
    Column("critical_high", Float),
    Column("severity", String(10), nullable=False),
    Column("conditions", JSON, nullable=False, server_default="{}"),  # alerts.rule.Conditions
    Column("telling", JSON, nullable=False, server_default="{}"),  # alerts.rule.Telling
    Column("enabled", Integer, nullable=False, default=1),
    UniqueConstraint("model_id", "metric", "feature", "attribute", "group"),
)

rule_versions = Table(  # every version there has been, the present one too
    "rule_versions",
    metadata,
    _to("rules.id"),
    Column("version", Integer, nullable=False),
    Column("definition", JSON, nullable=False),  # the columns of rules
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("rule_id", "version"),
)

pauses = Table(  # times in which nobody is told, or nothing is judged
    "pauses",
    metadata,
    _id(),
    _to("models.id", nullable=True),  # null: of every model
    _to("rules.id", nullable=True),  # null: of every rule
    Column("name", Text, nullable=False),
    Column("kind", String(10), nullable=False),  # quiet: told afterwards; downtime: not judged
    Column("starts_at", UtcDateTime, nullable=False),  # the first time
    Column("ends_at", UtcDateTime, nullable=False),
    Column("repeats", String(10), nullable=False, default=""),  # "", daily, weekdays, weekly, …
    Column("until", UtcDateTime),  # no repetition begins later; null: for ever
    Column("zone", Text, nullable=False, default="UTC"),  # whose clock repeats it
    Column("who", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    _id(),
    _to("models.id"),
    _to("rules.id"),
    Column("subject", Text, nullable=False, default=""),
    Column("state", String(14), nullable=False),
    Column("severity", String(10), nullable=False),
    _to("batches.id", nullable=True),  # the batch that last spoke about it
    Column("facts", JSON, nullable=False),  # the measurement it stands on
    Column("sentence", Text, nullable=False),
    Column("owner", Text, nullable=False, default=""),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("since_at", UtcDateTime, nullable=False),  # start of the period that broke the rule
    Column("opened_batch_id", Integer),  # the batch that opened it: what it is grouped by
    Column("acknowledged_at", UtcDateTime),
    Column("snoozed_until", UtcDateTime),
    Column("told_at", UtcDateTime),  # when people last heard of it
    Column("escalated_at", UtcDateTime),
    Column("reopened", Integer, nullable=False, server_default="0"),  # how many times
    Column("helpful", Integer),  # what people said of it: 0, 1, or null for nothing
    Column("resolved_at", UtcDateTime),
)
Index(
    "uq_incidents_open",
    incidents.c.rule_id,
    incidents.c.subject,
    unique=True,
    sqlite_where=text("state <> 'resolved'"),
    postgresql_where=text("state <> 'resolved'"),
)

incident_events = Table(
    "incident_events",
    metadata,
    _id(),
    _to("incidents.id"),
    Column("kind", String(14), nullable=False),  # opened, revised, acknowledged, resolved …
    Column("sentence", Text, nullable=False),
    Column("who", Text, nullable=False, default=""),
    Column("at", UtcDateTime, nullable=False),
    Column("facts", JSON, nullable=False),
    Index("ix_incident_events_incident_id", "incident_id"),
)

channels = Table(
    "channels",
    metadata,
    _id(),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),  # see alerts.channels
    Column("config", JSON, nullable=False),  # secrets stand as ${NAME}
    Column("enabled", Integer, nullable=False, default=1),
    Column("waits_until", UtcDateTime),  # nothing is sent through it before
    Column("failing_since", UtcDateTime),  # null: the last message went through
    Column("error", Text),  # what it last said no with
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _to("incidents.id"),
    _to("channels.id"),
    Column("event_id", ForeignKey("incident_events.id", ondelete="CASCADE"), nullable=False),
    # Rows of one channel and key go as one message, which the receiver knows by this key.
    Column("key", Text, nullable=False, server_default=""),
    Column("status", String(10), nullable=False),  # queued, sending, sent, failed
    Column("attempt", Integer, nullable=False, default=0),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("error", Text),
    Column("answer", Text),  # what the receiver said when it took it
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),  # the end of the pause that held it; null: none did
    Column("sent_at", UtcDateTime),
    UniqueConstraint("incident_id", "channel_id", "event_id"),
    Index("ix_outbox_status_due_at", "status", "due_at"),
    Index("ix_outbox_channel_id_key", "channel_id", "key"),
)

trusted = Table(
    "trusted",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("doing", Text, nullable=False, default=""),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

revision = Table(
    "revision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
)
