"""What the clinic decides: settings as audited rows; the earlier ones stay."""

from dataclasses import asdict
from datetime import date

from checkin.domain.clinic import Clinic, ClinicSettings
from checkin.domain.clock import known_zone, local_day
from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.improvement import Thresholds
from checkin.domain.instrument import Instrument
from checkin.domain.person import Person, Role
from checkin.domain.protocol import Protocol
from checkin.domain.trajectory import PHQ_STYLE_MAXIMUM
from checkin.domain.words import text
from checkin.services import catalogue, roles
from checkin.services.deps import Deps
from checkin.storage import audit, clinics


def my_clinic(deps: Deps, actor: Person) -> Clinic:
    """Return the clinic of a signed-in person."""
    with deps.reading() as tx:
        return clinics.get_clinic(tx, actor.clinic_id)


def library_of(deps: Deps, actor: Person) -> tuple[tuple[Instrument, ...], tuple[Protocol, ...]]:
    """Return the instruments and protocols that the clinic can use."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        instruments = tuple(catalogue.instruments_of(tx, actor.clinic_id).values())
        return instruments, catalogue.protocols_of(tx, actor.clinic_id)


def change_settings(deps: Deps, actor: Person, settings: ClinicSettings) -> None:
    """Put new settings into force. Raises ``Problems`` with everything that is wrong."""
    roles.require(actor, Role.STAFF)
    now = deps.now()
    with deps.transaction() as tx:
        clinics.lock_clinic(tx, actor.clinic_id)
        before = clinics.get_clinic(tx, actor.clinic_id)
        known = {protocol.reference for protocol in catalogue.protocols_of(tx, actor.clinic_id)}
        check_settings(settings, local_day(now, before.settings.zone), known)
        clinics.add_settings(tx, actor.clinic_id, settings, now=now, by=actor.id)
        event = audit.Event(
            action="settings_changed",
            actor=actor.id,
            private={"old": asdict(before.settings), "new": asdict(settings)},
        )
        audit.record(tx, actor.clinic_id, event, now)


def check_settings(settings: ClinicSettings, today: date, protocols: set[str]) -> None:
    """Raises ``Problems`` with one entry for each setting that cannot be."""
    wrong: list[Refusal] = []
    if not known_zone(settings.zone):
        wrong.append(Invalid(text("Select a time zone from the list."), field="zone"))
    if not settings.country.strip():
        wrong.append(Invalid(text("Enter the country."), field="country"))
    if not settings.sender_name.strip():
        wrong.append(Invalid(text("Enter the name that messages come from."), field="sender_name"))
    if not settings.numbers:
        wrong.append(Invalid(text("Enter at least one number to call."), field="emergency-number"))
    for number in settings.numbers:
        if not any(character.isdigit() for character in number.number):
            words = text("Enter a number that a phone can dial.")
            wrong.append(Invalid(words, field=f"{number.kind}-number"))
        if number.verified_on > today:
            words = text("Enter the day somebody tried this number; it cannot be in the future.")
            wrong.append(Invalid(words, field=f"{number.kind}-verified_on"))
        if number.always and number.when:
            words = text("Leave this empty where somebody answers at any hour.")
            wrong.append(Invalid(words, field=f"{number.kind}-when"))
    for hours in settings.hours:
        if hours.until <= hours.since:
            words = text("Enter an end that is later than the beginning.")
            wrong.append(Invalid(words, field=f"hours-{hours.weekday}-until"))
    if settings.protocol and settings.protocol not in protocols:
        wrong.append(Invalid(text("Select a protocol from the list."), field="protocol"))
    wrong += _wrong_thresholds(settings)
    if wrong:
        raise Problems(tuple(wrong))


def _wrong_thresholds(settings: ClinicSettings) -> list[Refusal]:
    known = Thresholds.__dataclass_fields__
    wrong: list[Refusal] = []
    for name, value in settings.thresholds.items():
        most = 1 if name.endswith("_share") else PHQ_STYLE_MAXIMUM
        if name not in known or not 0 < value <= most:
            words = text("Enter a number from 1 to %(most)s.", most=100 if most == 1 else most)
            wrong.append(Invalid(words, field=name))
    return wrong
