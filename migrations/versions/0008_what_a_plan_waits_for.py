"""What a plan waits for, and check-ins without a reminder"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "prompts", sa.Column("reminder", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column("prompts", sa.Column("awaits_until", sa.DateTime(timezone=True), nullable=True))
    # What decides has its own row with its own end; where it has none, this step's own due moment will do.
    op.execute(
        "UPDATE prompts SET awaits_until = COALESCE((SELECT decides.expires_at FROM prompts AS decides"
        " WHERE decides.infusion_id = prompts.infusion_id AND decides.step = prompts.awaits), due_at)"
        " WHERE awaits IS NOT NULL"
    )
    op.add_column("infusions", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    unconfirmed = sa.text("state = 'planned' AND forgotten_at IS NULL")
    op.create_index(
        "ix_infusions_unconfirmed",
        "infusions",
        ["at"],
        unique=False,
        sqlite_where=unconfirmed,
        postgresql_where=unconfirmed,
    )
