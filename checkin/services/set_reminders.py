"""What a patient decides about reminders: over what, in which order, in quiet hours too, and a pause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.clock import known_zone
from checkin.domain.errors import Invalid
from checkin.domain.ladder import RUNGS, read_order
from checkin.domain.message import OF_A_PROMPT, ChannelName, Reason
from checkin.domain.person import Patient, Person, Role, Zone
from checkin.domain.protocol import QuietHours
from checkin.domain.push import Subscription
from checkin.domain.words import text
from checkin.services import catalogue, contact, roles
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line
from checkin.services.subscribe import my_phones
from checkin.storage import audit, clinics, messages, patients, pauses, phone_numbers, prompts
from checkin.storage.engine import Transaction
from checkin.storage.phone_numbers import PhoneNumber

MOST_PAUSE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A channel as the patient sees it. ``used``: they chose it; ``works``: something can arrive there."""

    channel: ChannelName
    used: bool
    works: bool


@dataclass(frozen=True, kw_only=True)
class MyReminders:
    """``ways`` in the patient's order, those not used last. ``paused_until``: None until they resume.

    ``quiet``: the clinic's hours in which nobody is disturbed who did not agree to it.
    """

    patient: Patient
    ways: tuple[Way, ...]
    phones: tuple[Subscription, ...]
    number: PhoneNumber | None
    paused: bool
    paused_until: datetime | None
    quiet: QuietHours


def my_reminders(deps: Deps, actor: Person) -> MyReminders:
    """Return how the patient is reached as things stand."""
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    phones = my_phones(deps, actor)
    with deps.reading() as tx:
        patient = patients.get_patient(tx, actor.id, actor.clinic_id)
        live = contact.ladders_of(tx, deps, [actor.id])[actor.id].live
        paused, paused_until = pauses.running_pause(tx, actor.id, now)
        number = phone_numbers.find_number(tx, actor.id)
        quiet = catalogue.protocol_of(tx, clinics.get_clinic(tx, actor.clinic_id)).quiet
    offered = contact.configured(deps)
    order = [*patient.channels, *(rung for rung in RUNGS if rung not in patient.channels)]
    return MyReminders(
        patient=patient,
        ways=tuple(
            Way(channel=rung, used=rung in patient.channels, works=rung in live)
            for rung in order
            if rung in offered
        ),
        phones=phones,
        number=number,
        paused=paused,
        paused_until=paused_until,
        quiet=quiet,
    )


def choose_channels(deps: Deps, actor: Person, names: Sequence[str]) -> None:
    """Reach the patient over these channels, the first choice first. Raises ``Invalid``.

    What waits on a channel that is no longer chosen is not sent; the prompt's reminder finds another way.
    """
    order = read_order(names)

    def change(tx: Transaction, before: Patient) -> None:
        patients.change_ladder(tx, before.id, channels=order, quiet_agreed_at=before.quiet_agreed_at)

    _change(deps, actor, "channels_chosen", change, {"channels": list(order)}, replans=False)


def agree_to_quiet_hours(deps: Deps, actor: Person, agreed: bool) -> None:
    """Let messages come in the clinic's quiet hours too, inside the patient's own hours, or no longer."""

    def change(tx: Transaction, before: Patient) -> None:
        at = (before.quiet_agreed_at or deps.now()) if agreed else None
        patients.change_ladder(tx, before.id, channels=before.channels, quiet_agreed_at=at)

    _change(deps, actor, "quiet_hours_agreed" if agreed else "quiet_hours_kept", change)


def pause(deps: Deps, actor: Person, lasting: timedelta | None) -> None:
    """Send no reminders for so long, or until the patient resumes. Nobody asks why. Raises ``Invalid``."""
    now = deps.now()
    if lasting is not None and not timedelta(0) < lasting <= MOST_PAUSE:
        raise Invalid(text("Choose how long the pause lasts."), field="lasting")

    def change(tx: Transaction, before: Patient) -> None:
        pauses.end_pauses(tx, before.id, now)
        pauses.add_pause(
            tx, before.id, before.person.clinic_id, now, None if lasting is None else now + lasting
        )
        prompts.lock_unfinished(tx, before.id)  # before their messages: what is planned changes after these
        messages.cancel_for_person(tx, before.id, kinds=OF_A_PROMPT, reason=Reason.PAUSED, now=now)

    _change(deps, actor, "reminders_paused", change)


def resume(deps: Deps, actor: Person) -> None:
    """Let reminders come again; what was due meanwhile stays over."""

    def change(tx: Transaction, before: Patient) -> None:
        pauses.end_pauses(tx, before.id, deps.now())

    _change(deps, actor, "reminders_resumed", change)


def follow_phone(deps: Deps, actor: Person, zone: str, *, moves: bool) -> None:
    """Answer the one question asked when the phone shows another zone: go by it, or stay as it is.

    Raises ``Invalid``. The no is remembered for this zone until the patient changes zones.
    """
    if not known_zone(zone):
        raise Invalid(text("Select your time zone from the list."), field="zone")

    def change(tx: Transaction, before: Patient) -> None:
        if moves and zone != before.zone:
            there = Zone(since=deps.now(), name=zone)
            patients.add_zone(tx, before.id, before.person.clinic_id, there, now=deps.now())
        patients.refuse_zone(tx, before.id, None if moves else zone)

    action = "zone_followed" if moves else "zone_kept"
    _change(deps, actor, action, change, {"zone": zone})


def _change(
    deps: Deps,
    actor: Person,
    action: str,
    change: Callable[[Transaction, Patient], None],
    private: dict[str, object] | None = None,
    *,
    replans: bool = True,
) -> None:
    """Change one thing about how the patient is reached, bring the plan in line, and write it down."""
    roles.require(actor, Role.PATIENT)
    with deps.transaction() as tx:
        patients.lock_patient(tx, actor.id)
        change(tx, patients.get_patient(tx, actor.id, actor.clinic_id))
        if replans:
            after = patients.get_patient(tx, actor.id, actor.clinic_id)
            bring_in_line(tx, deps, clinics.get_clinic(tx, actor.clinic_id), after)
        event = audit.Event(action=action, actor=actor.id, subject=actor.id, private=private or {})
        audit.record(tx, actor.clinic_id, event, deps.now())
