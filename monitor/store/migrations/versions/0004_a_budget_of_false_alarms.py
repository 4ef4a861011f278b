"""A budget of false alarms for models that were registered without one"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO rules (model_id, version, metric, feature, attribute, against, high, severity, enabled) "
        "SELECT id, 1, 'change_evidence', '', '', 'absolute', 2000.0, 'critical', 1 FROM models "
        "WHERE id NOT IN (SELECT model_id FROM rules WHERE metric = 'change_evidence')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM rules WHERE metric = 'change_evidence'")
