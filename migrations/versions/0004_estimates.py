"""Stored estimates of the response window"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "estimates",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("infusion_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stale_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("fan", sa.LargeBinary(), nullable=True),
        sa.Column("shared_by", sa.Uuid(), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(content IS NULL) = (computed_at IS NULL)", name=op.f("ck_estimates_computed")),
        sa.CheckConstraint("(content IS NULL) = (infusion_id IS NULL)", name=op.f("ck_estimates_of_an_infusion")),
        sa.CheckConstraint("(shared_by IS NULL) = (shared_at IS NULL)", name=op.f("ck_estimates_shared_by_somebody")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_estimates_clinic_id")),
        sa.ForeignKeyConstraint(["infusion_id"], ["infusions.id"], name=op.f("fk_estimates_infusion_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.person_id"], name=op.f("fk_estimates_patient_id")),
        sa.ForeignKeyConstraint(["shared_by"], ["people.id"], name=op.f("fk_estimates_shared_by")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_estimates")),
    )
    op.create_index("ix_estimates_due", "estimates", ["due_at"], unique=False)
    # Whoever had an infusion already gets an estimate with the scheduler's next tick.
    op.execute(
        "INSERT INTO estimates (patient_id, clinic_id, version, stale_since, due_at)"
        " SELECT patient_id, clinic_id, 1, max(at), max(at) FROM infusions WHERE state = 'given'"
        " GROUP BY patient_id, clinic_id"
    )
