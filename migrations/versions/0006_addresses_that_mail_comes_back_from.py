"""Addresses that mail comes back from"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("people", sa.Column("email_gone_at", sa.DateTime(timezone=True), nullable=True))
