"""The care team's list: open alerts on top, each until somebody puts a name to it."""

from dataclasses import dataclass
from datetime import datetime

from checkin.domain.alert import Alert
from checkin.domain.errors import Conflict
from checkin.domain.ids import AlertId
from checkin.domain.message import Reason
from checkin.domain.person import Person, Role
from checkin.domain.standing import span_words
from checkin.domain.trajectory import hours_between
from checkin.domain.words import Text, text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import alerts, audit, messages, people

_DELAYED_H = 0.25  # from then on an answer did not come at once


@dataclass(frozen=True, kw_only=True)
class OpenAlert:
    """An open alert with whom it is about. It says that somebody must look, not what was answered.

    ``age``: how long ago it was answered. ``delay``: how long the answer waited on the phone, None if it
    came at once.
    """

    alert: Alert
    patient: Person
    age: Text
    delay: Text | None


class TakenAlready(Conflict):
    """Somebody else acknowledged this alert a moment ago."""

    def __init__(self) -> None:
        super().__init__(text("Somebody else acknowledged this alert just now."))


def open_alerts(deps: Deps, actor: Person) -> tuple[OpenAlert, ...]:
    """Return the clinic's open alerts, oldest first."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        found = alerts.open_alerts(tx, actor.clinic_id)
        patients = people.people_by_id(tx, {alert.patient_id for alert in found})
    return tuple(about(alert, patients[alert.patient_id], deps.now()) for alert in found)


def about(alert: Alert, patient: Person, now: datetime) -> OpenAlert:
    """Return what to say of an open alert."""
    delay = hours_between(alert.answered_at, alert.opened_at)
    return OpenAlert(
        alert=alert,
        patient=patient,
        age=span_words(hours_between(alert.answered_at, now)),
        delay=span_words(delay) if delay >= _DELAYED_H else None,
    )


def acknowledge(deps: Deps, actor: Person, alert_id: AlertId) -> None:
    """Put one's name to an alert; twice does no harm. Raises ``NotFound`` or ``TakenAlready``."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        alert = alerts.get_alert(tx, alert_id, actor.clinic_id)
        if not alerts.acknowledge(tx, alert.id, actor.id, now):
            if alerts.get_alert(tx, alert_id, actor.clinic_id).acknowledged_by == actor.id:
                return
            raise TakenAlready
        why = Reason.NO_LONGER_NEEDED  # nobody need be told any more that somebody must look
        messages.cancel_about(tx, None, alert.id, reason=why, now=now)
        event = audit.Event(
            action="alert_acknowledged", actor=actor.id, subject=alert.patient_id, object_id=alert.id
        )
        audit.record(tx, actor.clinic_id, event, now)
