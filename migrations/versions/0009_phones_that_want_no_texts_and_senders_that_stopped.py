"""Phones that want no texts, and senders that stopped"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "stopped_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stopped_numbers")),
        sa.UniqueConstraint("number_hash", name=op.f("uq_stopped_numbers_number_hash")),
    )
    op.add_column("dispatchers", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    # Two people may share a phone: its STOP is kept once.
    op.execute(
        "INSERT INTO stopped_numbers (id, number_hash, stopped_at) "
        "SELECT id, number_hash, stopped_at FROM phone_numbers one WHERE stopped_at IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM phone_numbers other WHERE other.number_hash = one.number_hash "
        "AND other.stopped_at IS NOT NULL AND other.id < one.id)"
    )
