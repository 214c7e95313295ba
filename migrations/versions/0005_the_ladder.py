"""Channels in the patient's order, pauses, openings, snoozes and confirmed numbers"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("patients", sa.Column("channels", sa.String(length=60), nullable=True))
    op.add_column("patients", sa.Column("quiet_agreed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("patients", sa.Column("refused_zone", sa.String(length=64), nullable=True))
    op.add_column("prompts", sa.Column("snoozed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    _add_message_of_token()
    op.add_column("phone_numbers", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("phone_numbers", sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True))
    op.add_column("phone_numbers", sa.Column("code_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("phone_numbers", sa.Column("code_tries", sa.SmallInteger(), nullable=True))
    op.create_table(
        "pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("since <= until", name=op.f("ck_pauses_ends_later")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_pauses_clinic_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["people.id"], name=op.f("fk_pauses_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_patient", "pauses", ["patient_id", "since"], unique=False)


def _add_message_of_token() -> None:
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("message_id", sa.Uuid(), nullable=True))
        tokens.create_foreign_key(op.f("fk_tokens_message_id"), "messages", ["message_id"], ["id"])
