"""Appointments of the demo: when its therapists see people, times to choose from, and one that is agreed."""

from contextlib import suppress
from datetime import time, timedelta

from checkin.demo.people import HANNAH, MARCUS, SOFIA, email_of
from checkin.domain.appointment import MOST_OPTIONS
from checkin.domain.availability import Availability, WeeklyHours
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.person import Person, Role
from checkin.services.deps import Deps
from checkin.services.find_times import find_times
from checkin.services.plan_appointment import pick, propose
from checkin.services.see_appointments import my_agenda
from checkin.services.set_hours import set_hours
from checkin.storage import people

CHOOSES = ("Maya Lindqvist", HANNAH)
MEETS = ("Ruben Castillo", SOFIA)  # an infusion yesterday
_WEEKDAYS, _MINUTE = range(5), timedelta(minutes=1)
_NOT_SOON = timedelta(hours=12)
_DAYS = {
    HANNAH: ((9, 13), (14, 18)),
    MARCUS: ((8, 12), (13, 16)),
    SOFIA: ((10, 19),),
}


def keep_hours(deps: Deps, therapist: Person, zone: str) -> None:
    """Let a therapist have hours on every weekday."""
    weekly = (
        WeeklyHours(weekday=day, since=time(since), until=time(until))
        for day in _WEEKDAYS
        for since, until in _DAYS[therapist.name]
    )
    set_hours(
        deps,
        therapist,
        Availability(zone=zone, weekly=tuple(weekly), length=50 * _MINUTE, buffer=10 * _MINUTE),
    )


def offer_times(deps: Deps) -> None:
    """Let the first patient have times to choose from, unless there is something between the two already.

    Without a free time around an infusion nothing is offered.
    """
    patient, therapist = (person(deps, name) for name in CHOOSES)
    with_therapist = my_agenda(deps, patient, Role.PATIENT, other=therapist.id)
    if not with_therapist.waiting and not with_therapist.agreed:
        with suppress(Refusal):
            found = find_times(deps, therapist, patient.id).suggested
            propose(deps, therapist, patient.id, [slot.time.since for slot in found])


def agree(deps: Deps) -> None:
    """Let another patient have an appointment, at the best time that is not too soon to be seen to come."""
    patient, therapist = (person(deps, name) for name in MEETS)
    found = find_times(deps, therapist, patient.id).slots
    starts = [slot.time.since for slot in found if slot.time.since > deps.now() + _NOT_SOON]
    made = propose(deps, therapist, patient.id, starts[:MOST_OPTIONS])
    pick(deps, patient, made.id, starts[0])


def person(deps: Deps, name: str) -> Person:
    """Somebody of the demo. Raises ``NotFound``."""
    with deps.reading() as tx:
        found = people.find_by_email(tx, email_of(name))
    if found is None:
        raise NotFound
    return found[0]
