"""A test message: whether a patient can be reached, over each of the ways they chose."""

from datetime import timedelta

from checkin.domain.consent import Reads
from checkin.domain.errors import Refusal
from checkin.domain.ids import PersonId
from checkin.domain.message import ChannelName, MessageKind
from checkin.domain.person import Person
from checkin.domain.send_log import Step, message_steps
from checkin.domain.words import text
from checkin.services.access import record_of, record_to_change
from checkin.services.contact import ladders_of
from checkin.services.deps import Deps
from checkin.storage import audit, messages, people, send_log

_APART = timedelta(minutes=1)  # pressing the button twice does not send twice
_LASTS = timedelta(minutes=15)  # later it would say nothing about now
_SHOWN = timedelta(days=1)


def send_test(deps: Deps, actor: Person, patient_id: PersonId) -> None:
    """Send a test over every way the patient uses; mail is tried even if it came back before.

    For the patient and for staff. Raises ``NotFound``, and ``Refusal`` within a minute of another test or
    where there is no way.
    """
    now = deps.now()
    with record_to_change(deps, actor, patient_id, Reads.DELIVERY) as (tx, patient):
        if send_log.tests_since(tx, patient.id, now - _APART):
            raise Refusal(text("A test was sent a moment ago. Give it a minute."))
        people.try_email_again(tx, patient.id)
        usable = ladders_of(tx, deps, [patient.id])[patient.id].usable
        if not usable:
            raise Refusal(text("There is no way set up over which a test could be sent."))
        for rung in usable:
            messages.add_message(
                tx,
                clinic=actor.clinic_id,
                person=patient.id,
                kind=MessageKind.TEST,
                channel=deps.settings.mail_channel if rung is ChannelName.EMAIL else rung,
                now=now,
                not_after=now + _LASTS,
            )
        event = audit.Event(action="test_sent", actor=actor.id, subject=patient.id)
        audit.record(tx, actor.clinic_id, event, now)


def last_tests(deps: Deps, actor: Person, patient_id: PersonId) -> tuple[Step, ...]:
    """Return what became of the tests of the last day, newest first. Raises ``NotFound``."""
    with record_of(deps, actor, patient_id, Reads.DELIVERY, looked=None) as (tx, _):
        found = send_log.tests_since(tx, patient_id, deps.now() - _SHOWN)
    return tuple(step for sent in reversed(found) for step in message_steps(sent))
