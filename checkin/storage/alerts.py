"""Alerts: open until a named person acknowledges."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    insert,
    select,
    update,
)

from checkin.domain.alert import Alert, AlertKind, AlertState
from checkin.domain.errors import NotFound
from checkin.domain.ids import AlertId, CheckInId, ClinicId, PersonId
from checkin.storage.engine import Transaction
from checkin.storage.schema import Instant, clinic_id, metadata, person_id, row_id

alerts = Table(
    "alerts",
    metadata,
    row_id(),
    clinic_id(),
    Column("patient_id", Uuid, ForeignKey("patients.person_id"), nullable=False, index=True),
    Column("check_in_id", Uuid, ForeignKey("check_ins.id"), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("state", String(20), nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    person_id("acknowledged_by", nullable=True),
    Column("acknowledged_at", Instant, nullable=True),
    UniqueConstraint("check_in_id", "kind"),
    CheckConstraint("state IN ('open', 'acknowledged')", name="state"),
    CheckConstraint("(state = 'open') = (acknowledged_by IS NULL)", name="named"),
    Index("ix_alerts_open", "clinic_id", "state", "opened_at"),
)


def add_alert(tx: Transaction, alert: Alert) -> None:
    tx.execute(
        insert(alerts).values(
            id=alert.id,
            clinic_id=alert.clinic_id,
            patient_id=alert.patient_id,
            check_in_id=alert.check_in_id,
            kind=alert.kind.value,
            state=alert.state.value,
            answered_at=alert.answered_at,
            opened_at=alert.opened_at,
        )
    )


def open_alerts(tx: Transaction, clinic: ClinicId) -> tuple[Alert, ...]:
    """Return a clinic's open alerts, oldest first."""
    wanted = select(alerts).where(alerts.c.clinic_id == clinic, alerts.c.state == AlertState.OPEN.value)
    return tuple(_alert_from(row) for row in tx.execute(wanted.order_by(alerts.c.opened_at)))


def open_alerts_of(tx: Transaction, patients: Iterable[PersonId]) -> tuple[Alert, ...]:
    """Return the open alerts of these patients, oldest first."""
    wanted = select(alerts).where(
        alerts.c.patient_id.in_(list(patients)), alerts.c.state == AlertState.OPEN.value
    )
    return tuple(_alert_from(row) for row in tx.execute(wanted.order_by(alerts.c.opened_at)))


def get_alert(tx: Transaction, alert: AlertId, clinic: ClinicId) -> Alert:
    """Return an alert of this clinic. Raises ``NotFound``."""
    row = tx.execute(select(alerts).where(alerts.c.id == alert, alerts.c.clinic_id == clinic)).one_or_none()
    if row is None:
        raise NotFound
    return _alert_from(row)


def is_taken(tx: Transaction, alert: AlertId) -> bool:
    """Whether somebody has put a name to it."""
    taken = (alerts.c.id == alert, alerts.c.state == AlertState.ACKNOWLEDGED.value)
    return tx.execute(select(alerts.c.id).where(*taken)).one_or_none() is not None


def acknowledge(tx: Transaction, alert: AlertId, by: PersonId, now: datetime) -> bool:
    """Put a name to an open alert; False when somebody else did."""
    taken = (
        update(alerts)
        .where(alerts.c.id == alert, alerts.c.state == AlertState.OPEN.value)
        .values(state=AlertState.ACKNOWLEDGED.value, acknowledged_by=by, acknowledged_at=now)
    )
    return tx.execute(taken).rowcount == 1


def _alert_from(row: Any) -> Alert:
    return Alert(
        id=AlertId(row.id),
        clinic_id=ClinicId(row.clinic_id),
        patient_id=PersonId(row.patient_id),
        check_in_id=CheckInId(row.check_in_id),
        kind=AlertKind(row.kind),
        state=AlertState(row.state),
        answered_at=row.answered_at,
        opened_at=row.opened_at,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
    )
