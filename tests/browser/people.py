"""A clinic as it stands after some weeks: its people, and courses of very different kinds."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from browser.past import COURSES, Clock, live
from support.care import an_infusion
from support.course import scored
from support.house import CHEAP
from support.people import add_person, give

from checkin.config import load_settings
from checkin.domain.appointment import Appointment, agree, offer
from checkin.domain.availability import Availability, WeeklyHours
from checkin.domain.clinic import Clinic, ClinicSettings, HelpKind, HelpNumber, OpeningHours
from checkin.domain.clock import Interval, from_local, to_local
from checkin.domain.consent import Scope
from checkin.domain.ids import AppointmentId, new_id
from checkin.domain.person import Person, Role, WakingHours
from checkin.services import share
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.open_clinic import open_clinic
from checkin.services.set_hours import set_hours
from checkin.services.set_preferences import set_preferences
from checkin.storage import appointments, estimates, infusions
from checkin.storage.engine import Database
from checkin.wiring import build_deps, open_from

# One zone an hour around the world, none with summer time: some of them is always in its early afternoon.
ZONES = [
    "Pacific/Pago_Pago",
    "Pacific/Honolulu",
    "Pacific/Gambier",
    "Pacific/Pitcairn",
    "America/Phoenix",
    "America/Guatemala",
    "America/Bogota",
    "America/Caracas",
    "America/Fortaleza",
    "Atlantic/South_Georgia",
    "Atlantic/Cape_Verde",
    "Africa/Abidjan",
    "Africa/Lagos",
    "Africa/Maputo",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Brisbane",
    "Pacific/Noumea",
    "Pacific/Fiji",
    "Pacific/Tongatapu",
]
_AFTERNOON = 14
_BEFORE = timedelta(days=45)


@dataclass(frozen=True, kw_only=True)
class House:
    """The clinic.

    ``walker`` has a past and has shared nothing yet. The other ``patients`` share all with ``therapist``, and
    the first of them, ``patient``, scores and export with the clinic too. ``asked`` has no past: prompts are
    added as tests need them. ``recent`` had an infusion yesterday, answered since, and has an estimate.
    ``patient`` has an ``agreed`` appointment and times to choose from.
    """

    database: Database
    deps: Deps
    clinic: Clinic
    zone: str
    staff: Person
    therapist: Person
    walker: Person
    asked: Person
    recent: Person
    agreed: Appointment
    patients: tuple[Person, ...]

    @property
    def patient(self) -> Person:
        return self.patients[0]

    @property
    def everybody(self) -> tuple[Person, ...]:
        return (self.staff, self.therapist, self.walker, self.asked, self.recent, *self.patients)


def afternoon_zone(now: datetime) -> str:
    """A zone in which it is early afternoon now, far from anybody's quiet hours."""
    return min(ZONES, key=lambda zone: abs(_hour(now, zone) - _AFTERNOON))


def _hour(now: datetime, zone: str) -> float:
    local = to_local(now, zone)
    return local.hour + local.minute / 60


def make_house(environment: dict[str, str], now: datetime) -> House:
    """Fill the database of this environment with the past of a clinic, told in the order it happened."""
    settings, clock = load_settings(environment), Clock(now - _BEFORE)
    database = open_from(settings)
    built = build_deps(settings, database, now=clock.now)
    deps = replace(built, settings=replace(built.settings, password_cost=CHEAP))
    zone = afternoon_zone(now)
    clinic = open_clinic(deps, name="Harbour Clinic", settings=_settings(zone, clock.at.date()))
    with deps.transaction() as tx:
        staff = add_person(tx, clinic.id, clock.at, "Sam Whitfield", Role.STAFF)
        therapist = add_person(tx, clinic.id, clock.at, "Dr Helen Marsh", Role.THERAPIST)
        patients = [add_person(tx, clinic.id, clock.at, name, Role.PATIENT) for name in COURSES]
        asked = add_person(tx, clinic.id, clock.at, "Tomasz Zielinski", Role.PATIENT)
    clock.at += timedelta(minutes=1)
    for patient in (*patients, asked):
        _settle_in(deps, patient, zone)
    for patient in patients[1:]:
        share.give_access(deps, patient, therapist.id, tuple(Scope))
    share.give_access(deps, patients[1], clinic.id, (Scope.SCORES, Scope.EXPORT))
    live(deps, clock, staff, zone, list(zip(patients, COURSES.values(), strict=True)), now)
    deps = replace(deps, now=lambda: datetime.now(UTC))
    recent = _recent(deps, staff, therapist)
    _settle_in(deps, recent, zone)
    return House(
        database=database,
        deps=deps,
        clinic=clinic,
        zone=zone,
        staff=staff,
        therapist=therapist,
        walker=patients[0],
        asked=asked,
        recent=recent,
        agreed=_meet(deps, therapist, patients[1], zone),
        patients=tuple(patients[1:]),
    )


def add_patient(house: House, name: str) -> Person:
    """One more patient, who has set zone and hours and nothing else."""
    with house.deps.transaction() as tx:
        patient = add_person(tx, house.clinic.id, house.deps.now(), name, Role.PATIENT)
    _settle_in(house.deps, patient, house.zone)
    return patient


def _recent(deps: Deps, staff: Person, therapist: Person) -> Person:
    """Somebody whose window is open, by what they answered since yesterday."""
    with deps.transaction() as tx:
        patient = add_person(tx, staff.clinic_id, deps.now() - _BEFORE, "Ines Ferreira", Role.PATIENT)
        give(tx, patient, therapist.id, Scope, deps.now() - _BEFORE)
    an_infusion(deps, staff, patient, hours_ago=26)
    with deps.transaction() as tx:
        (infusion,) = infusions.infusions_of(tx, patient.id)
        scored(tx, patient, infusion, ((-30, 19), (-2, 18), (4, 13), (10, 10), (24, 6)))
        estimates.expect(tx, patient.id, patient.clinic_id, deps.now())
    while estimate_windows(deps):
        pass
    return patient


def _meet(deps: Deps, therapist: Person, patient: Person, zone: str) -> Appointment:
    """Hours all week, an appointment the day after tomorrow, and three times for another one."""
    hours = [WeeklyHours(weekday=day, since=time(9), until=time(17)) for day in range(7)]
    set_hours(deps, therapist, Availability(zone=zone, weekly=tuple(hours)))

    def slot(days: int, hour: int) -> Interval:
        since = from_local(to_local(deps.now(), zone).date() + timedelta(days=days), time(hour), zone)
        return Interval(since=since, until=since + timedelta(minutes=50))

    def propose(*slots: Interval) -> Appointment:
        offered = offer(
            id=AppointmentId(new_id(deps.now())),
            clinic_id=therapist.clinic_id,
            therapist_id=therapist.id,
            patient_id=patient.id,
            options=slots,
            zone=zone,
            now=deps.now(),
        )
        with deps.transaction() as tx:
            appointments.add_appointment(tx, offered)
        return offered

    first = propose(slot(2, 10))
    held = agree(first, first.options[0].since, deps.now())
    with deps.transaction() as tx:
        assert appointments.change_appointment(tx, first, held)
    propose(slot(4, 9), slot(4, 15), slot(5, 11))
    return held


def _settings(zone: str, today: date) -> ClinicSettings:
    numbers = (
        HelpNumber(kind=HelpKind.EMERGENCY, title="Emergency services", number="911", verified_on=today),
        HelpNumber(
            kind=HelpKind.CRISIS,
            title="988 Suicide & Crisis Lifeline",
            number="988",
            text_number="988",
            always=True,
            verified_on=today,
        ),
        HelpNumber(kind=HelpKind.CARE_TEAM, title="Harbour Clinic", number="+1 555 0100", verified_on=today),
    )
    hours = tuple(OpeningHours(weekday=day, since=time(9), until=time(17)) for day in range(5))
    return ClinicSettings(
        country="US", zone=zone, language="en", sender_name="Harbour", numbers=numbers, hours=hours
    )


def _settle_in(deps: Deps, patient: Person, zone: str) -> None:
    waking = WakingHours(since=time(8), until=time(21, 30))
    set_preferences(deps, patient, zone=zone, waking=waking, reminders=True)
