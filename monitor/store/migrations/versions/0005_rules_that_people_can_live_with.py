"""Rules that people can live with"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORMER = "uq_rules_model_id_metric_feature_attribute"
UNIQUE = f"{FORMER}_group"
INCIDENTS: dict[str, Any] = {
    "opened_batch_id": sa.Integer(),
    "acknowledged_at": UtcDateTime(),
    "snoozed_until": UtcDateTime(),
    "told_at": UtcDateTime(),
    "escalated_at": UtcDateTime(),
    "helpful": sa.Integer(),
}
DEFINITION = (
    "metric", "feature", "attribute", "group", "against", "low", "high", "critical_low",
    "critical_high", "severity", "conditions", "telling", "enabled",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("rules") as rules:
        rules.add_column(_text("group"))
        rules.add_column(sa.Column("critical_low", sa.Float()))
        rules.add_column(sa.Column("critical_high", sa.Float()))
        rules.add_column(_json("conditions"))
        rules.add_column(_json("telling"))
        rules.drop_constraint(FORMER, type_="unique")
        rules.create_unique_constraint(
            UNIQUE, ["model_id", "metric", "feature", "attribute", "group"]
        )
    _make_rule_versions()
    _make_pauses()
    for name, kind in INCIDENTS.items():
        op.add_column("incidents", sa.Column(name, kind))
    op.add_column(
        "incidents", sa.Column("reopened", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute("UPDATE incidents SET opened_batch_id = batch_id, told_at = opened_at")
    op.add_column("outbox", _text("key"))
    op.add_column("outbox", sa.Column("answer", sa.Text()))
    op.create_index("ix_outbox_status_due_at", "outbox", ["status", "due_at"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="{}")


def _make_rule_versions() -> None:
    made = op.create_table(
        "rule_versions",
        _to("rule_versions", "rules", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_rule_versions")),
    )
    rules = sa.table(
        "rules", sa.column("id"), sa.column("model_id"), sa.column("version"),
        *(sa.column(c, sa.JSON() if c in ("conditions", "telling") else None) for c in DEFINITION),
    )  # fmt: skip
    models = sa.table("models", sa.column("id"), sa.column("created_at", UtcDateTime()))
    found = sa.select(rules, models.c.created_at).join(models, models.c.id == rules.c.model_id)
    rows = [
        {
            "rule_id": row["id"],
            "version": row["version"],
            "definition": {name: row[name] for name in DEFINITION},
            "who": "migration",
            "note": "As it was when versions began to be kept.",
            "at": row["created_at"],
        }
        for row in op.get_bind().execute(found).mappings()
    ]
    if rows:
        op.bulk_insert(made, rows)


def _make_pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        _to("pauses", "models", nullable=True),
        _to("pauses", "rules", nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("repeats", sa.String(10), nullable=False),
        sa.Column("until", UtcDateTime()),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )


def _to(table: str, target: str, *, nullable: bool) -> sa.Column[int]:
    name = f"{target[:-1]}_id"
    key = sa.ForeignKey(
        f"{target}.id", ondelete="CASCADE", name=op.f(f"fk_{table}_{name}_{target}")
    )
    return sa.Column(name, sa.Integer(), key, nullable=nullable)


def downgrade() -> None:
    op.drop_index("ix_outbox_status_due_at", "outbox")
    op.drop_column("outbox", "answer")
    op.drop_column("outbox", "key")
    for name in (*INCIDENTS, "reopened"):
        op.drop_column("incidents", name)
    op.drop_table("pauses")
    op.drop_table("rule_versions")
    op.execute("DELETE FROM rules WHERE \"group\" <> ''")
    with op.batch_alter_table("rules") as rules:
        rules.drop_constraint(UNIQUE, type_="unique")
        rules.create_unique_constraint(FORMER, ["model_id", "metric", "feature", "attribute"])
        for name in ("group", "critical_low", "critical_high", "conditions", "telling"):
            rules.drop_column(name)
