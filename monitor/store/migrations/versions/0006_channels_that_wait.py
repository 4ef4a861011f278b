"""Channels that wait, and messages that may not go before a time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channels", sa.Column("waits_until", UtcDateTime()))
    op.add_column("channels", sa.Column("failing_since", UtcDateTime()))
    op.add_column("channels", sa.Column("error", sa.Text()))
    op.add_column("outbox", sa.Column("not_before", UtcDateTime()))
    op.create_index("ix_outbox_channel_id_key", "outbox", ["channel_id", "key"])
    # Each message that is still on its way goes by itself, as it would have.
    op.execute("UPDATE outbox SET key = 'event ' || event_id WHERE key = ''")


def downgrade() -> None:
    op.drop_index("ix_outbox_channel_id_key", "outbox")
    op.drop_column("outbox", "not_before")
    for name in ("error", "failing_since", "waits_until"):
        op.drop_column("channels", name)
