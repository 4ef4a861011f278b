"""How long rows are kept, and which batches' rows were deleted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("keep_days", sa.Integer()))
    op.add_column("batches", sa.Column("rows_deleted_at", UtcDateTime()))


def downgrade() -> None:
    op.drop_column("batches", "rows_deleted_at")
    op.drop_column("models", "keep_days")
