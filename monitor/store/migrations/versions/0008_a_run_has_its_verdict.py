"""A run has its verdict"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Of measurements that a rule judged and that could open an incident, the worst; that nothing is
# missing and that earlier batches were well is too little for "healthy".
FILL = """
UPDATE runs SET verdict = (
    SELECT CASE max(
        CASE m.verdict
            WHEN 'failing' THEN 3
            WHEN 'at risk' THEN 2
            WHEN 'healthy' THEN CASE
                WHEN s.metric IN (
                    'missing_rate', 'unseen_rate', 'out_of_range_rate', 'infinite_rate',
                    'duplicate_ids', 'row_count', 'change_evidence',
                    'performance_change_evidence', 'fairness_change_evidence',
                    'drift_change_evidence'
                ) OR s.metric LIKE :since OR s.metric LIKE :cusum THEN 0
                ELSE 1
            END
            WHEN 'not enough data' THEN 0
        END)
        WHEN 3 THEN 'failing' WHEN 2 THEN 'at risk' WHEN 1 THEN 'healthy'
        WHEN 0 THEN 'not enough data'
    END
    FROM measurements m JOIN series s ON s.id = m.series_id
    WHERE m.batch_id = runs.batch_id AND m.rule_version IS NOT NULL
        AND s.version_id = runs.version_id AND (s.attribute = '' OR s."group" <> '')
)
"""


JUDGED = "ix_measurements_judged"
ALONE = ["batch_id", "rule_version", "series_id", "verdict"]  # nothing else is looked up


def upgrade() -> None:
    op.drop_index(JUDGED, "measurements")
    _index(ALONE)
    op.add_column("runs", sa.Column("verdict", sa.String(20)))
    op.execute(sa.text(FILL).bindparams(since="%since_deployment", cusum="%cusum"))


def downgrade() -> None:
    op.drop_column("runs", "verdict")
    op.drop_index(JUDGED, "measurements")
    _index(["batch_id", "series_id", "verdict"])


def _index(columns: list[str]) -> None:
    judged = sa.text("rule_version IS NOT NULL")
    op.create_index(JUDGED, "measurements", columns, sqlite_where=judged, postgresql_where=judged)
