"""A therapist with hours and a patient with an infusion, as the appointment services need them."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from support.care import an_infusion
from support.people import NEW_YORK, World, add_person, give

from checkin.domain.appointment import Appointment, agree, cancel, offer
from checkin.domain.availability import Availability, WeeklyHours
from checkin.domain.clock import Interval
from checkin.domain.consent import Scope
from checkin.domain.ids import AppointmentId, new_id
from checkin.domain.infusion import Infusion
from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.values import Criterion, Estimate, State
from checkin.services.deps import Deps
from checkin.services.find_times import Times, find_times
from checkin.services.plan_appointment import pick, propose
from checkin.services.set_hours import set_hours
from checkin.storage import appointments, estimates, infusions, messages

HOURS = Availability(
    zone=NEW_YORK, weekly=tuple(WeeklyHours(weekday=day, since=time(9), until=time(12)) for day in range(7))
)


def ready(deps: Deps, world: World, *, hours_ago: float = 4) -> Times:
    """Let the therapist have hours and the patient an infusion; return the times found."""
    set_hours(deps, world.therapist, HOURS)
    an_infusion(deps, world.staff, world.patient, hours_ago=hours_ago)
    return find_times(deps, world.therapist, world.patient.id)


def starts(times: Times) -> list[datetime]:
    return [slot.time.since for slot in times.slots]


def proposed(deps: Deps, world: World, number: int = 3) -> Appointment:
    """The best times, offered to the patient."""
    return propose(deps, world.therapist, world.patient.id, starts(ready(deps, world))[:number])


def agreed(deps: Deps, world: World) -> Appointment:
    """The first of the times offered, picked by the patient."""
    made = proposed(deps, world)
    return pick(deps, world.patient, made.id, made.options[0].since)


def held_and_offered(deps: Deps, world: World) -> tuple[Appointment, Appointment]:
    """An agreed appointment of a patient who had an infusion, and times offered for a second one."""
    set_hours(deps, world.therapist, HOURS)

    def best() -> Appointment:
        found = starts(find_times(deps, world.therapist, world.patient.id))
        return propose(deps, world.therapist, world.patient.id, found[:2])

    first = best()
    return pick(deps, world.patient, first.id, first.options[0].since), best()


def more_patients(deps: Deps, world: World, number: int) -> list[Person]:
    """Patients who share their scores with the therapist."""
    before = deps.now() - timedelta(days=2)
    with deps.transaction() as tx:
        made = [add_person(tx, world.clinic.id, before, f"Number {n}", Role.PATIENT) for n in range(number)]
        for patient in made:
            give(tx, patient, world.therapist.id, [Scope.SCORES], before)
    return made


def book(
    deps: Deps, therapist: Person, patient: Person, since: datetime, *, call_off: bool = False
) -> Appointment:
    """An hour agreed by two people of a clinic, any time at all; ``call_off``: and cancelled."""
    now = deps.now()
    before = offer(
        id=AppointmentId(new_id(now)),
        clinic_id=therapist.clinic_id,
        therapist_id=therapist.id,
        patient_id=patient.id,
        options=(Interval(since=since, until=since + timedelta(hours=1)),),
        zone=NEW_YORK,
        now=now,
    )
    with deps.transaction() as tx:
        appointments.add_appointment(tx, before)
        made = agree(before, since, now)
        appointments.change_appointment(tx, before, made)
        if call_off:
            appointments.change_appointment(tx, made, cancel(made, now))
    return made


def offered(deps: Deps, world: World, patient: Person, options: Sequence[Interval]) -> Appointment:
    """A proposal of any times at all."""
    made = offer(
        id=AppointmentId(new_id(deps.now())),
        clinic_id=world.clinic.id,
        therapist_id=world.therapist.id,
        patient_id=patient.id,
        options=tuple(options),
        zone=NEW_YORK,
        now=deps.now(),
    )
    with deps.transaction() as tx:
        appointments.add_appointment(tx, made)
    return made


def estimated(
    deps: Deps,
    patient: Person,
    chance: Callable[[float], float],
    *,
    state: State = State.OPEN,
    after: Infusion | None = None,
) -> None:
    """Store an estimate: how likely the window is open so many hours after an infusion, else the last."""
    with deps.transaction() as tx:
        last = after or infusions.infusions_of(tx, patient.id)[-1]
        found = PlacedEstimate(
            patient_id=patient.id,
            infusion_id=last.id,
            begins=last.at,
            latest=last.at,
            estimate=Estimate(
                as_of=0.0,
                criterion=Criterion.MEANINGFUL,
                state=state,
                p_open=chance(0.0),
                p_ahead=chance(24.0),
                p_ever=0.97,
                p_worse=0.01,
                opens=None,
                closes=None,
                grid=tuple((float(hours), chance(hours)) for hours in range(0, 337, 6)),
                levels=(),
                effective=900.0,
            ),
            computed_at=deps.now(),
        )
        estimates.expect(tx, patient.id, patient.clinic_id, deps.now())
        due = estimates.due_estimates(tx, deps.now(), 100)
        mine = next(one for one in due if one.patient_id == patient.id)
        assert estimates.store(tx, mine, found, next_at=None)


def stored(deps: Deps, one: Appointment) -> Appointment:
    """What the database says of it now."""
    with deps.reading() as tx:
        return appointments.get_appointment(tx, one.id, one.clinic_id)


def kinds(deps: Deps, person: Person) -> list[MessageKind]:
    """What was or will be sent to somebody."""
    with deps.reading() as tx:
        return [message.kind for message in messages.messages_of(tx, person.id)]


def as_sent(at: datetime) -> str:
    """A time as the pages send it."""
    return at.strftime("%Y%m%dT%H%MZ")


def an_ics(since: datetime, hours: int) -> bytes:
    """A calendar file that is busy from then on."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Supper\r\n"
        f"DTSTART:{since:%Y%m%dT%H%M%SZ}\r\nDURATION:PT{hours}H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()
