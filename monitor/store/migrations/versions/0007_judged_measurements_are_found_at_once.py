"""Judged measurements are found at once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    judged = sa.text("rule_version IS NOT NULL")
    op.create_index(
        "ix_measurements_judged",
        "measurements",
        ["batch_id", "series_id", "verdict"],
        sqlite_where=judged,
        postgresql_where=judged,
    )


def downgrade() -> None:
    op.drop_index("ix_measurements_judged", "measurements")
