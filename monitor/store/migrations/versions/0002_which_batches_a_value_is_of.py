"""Which batches a value is of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    window = sa.Column("window", sa.Text(), nullable=False, server_default="")
    op.add_column("measurements", window)


def downgrade() -> None:
    op.drop_column("measurements", "window")
