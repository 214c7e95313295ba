"""Times chosen knowing that they are unlikely"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table in ("appointments", "appointment_options"):
        op.add_column(table, sa.Column("unlikely", sa.Boolean(), server_default=sa.false(), nullable=False))
