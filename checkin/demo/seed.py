"""Seeding: weeks of a clinic's life told into an empty database, so that they end now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial

from checkin.demo.life import BROWSER, Life, Scene
from checkin.demo.meetings import agree, keep_hours, offer_times
from checkin.demo.people import PASSWORD, PATIENTS, STAFF, THERAPISTS, email_of
from checkin.demo.story import Story
from checkin.domain.clinic import (
    NEVER_VERIFIED,
    Clinic,
    ClinicSettings,
    HelpKind,
    HelpNumber,
    OpeningHours,
)
from checkin.domain.clock import to_local
from checkin.domain.errors import Refusal
from checkin.domain.help_numbers import default_numbers
from checkin.domain.ids import ClinicId, new_id
from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.domain.words import text
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.invite_people import Invitation, invite
from checkin.services.open_clinic import appoint_staff, every_clinic, open_clinic
from checkin.services.sign_in import set_first_password, sign_out

# The one id that says: this clinic is made up. Seeding touches a database with any other clinic never.
DEMO_CLINIC = ClinicId(new_id(datetime(2026, 1, 1, tzinfo=UTC), random_bits=0x0DE5_0DE5_0DE5))
NAME = "Harbour Clinic (demo)"
SOON = timedelta(seconds=75)  # until the prompt that somebody wants to see come
FIRST_STEP = timedelta(hours=4)  # when the default protocol first asks after an infusion
_BEGINS = timedelta(days=60)
_AGREED_AGO, _OFFERED_AGO = timedelta(hours=2), timedelta(minutes=40)
_TEAM = HelpNumber(
    kind=HelpKind.CARE_TEAM,
    title="Harbour Clinic",
    number="+1 202 555 0100",  # reserved for stories: nobody answers
    verified_on=NEVER_VERIFIED,
)
# Somewhere it is always the middle of the day, so that a reminder may come whenever the demo is tried.
_PLACES = (
    ("Europe/London", "GB"),
    ("Europe/Berlin", "DE"),
    ("America/New_York", "US"),
    ("America/Los_Angeles", "US"),
    ("Pacific/Honolulu", "US"),
    ("Pacific/Guam", "US"),
    ("Asia/Kolkata", "IN"),
    ("Indian/Reunion", "FR"),
)
_AFTERNOON = 14.0


class NotTheDemo(Refusal):
    """The database is somebody's own, so nothing made up may be put into it."""

    def __init__(self) -> None:
        super().__init__(
            text(
                "This database holds a clinic that is not the demo's. Nothing was changed. Use an empty one."
            )
        )


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The check-in that comes next: whose, and when its notice is due."""

    name: str
    due_at: datetime


def seed(deps: Deps, now: datetime) -> Expected:
    """Tell the whole story in one transaction, and return what comes next. Raises ``NotTheDemo``."""
    if every_clinic(deps):
        raise NotTheDemo
    with deps.transaction() as tx:
        story = Story(deps, tx, begins=now - _BEGINS, ends=now)
        zone, country = place(now)
        clinic = open_clinic(story.deps, name=NAME, settings=_settings(zone, country), clinic_id=DEMO_CLINIC)
        staff, therapists = _team(story.deps, clinic)
        for therapist in therapists.values():
            keep_hours(story.deps, therapist, zone)
        scene = Scene(story=story, zone=zone, now=now, staff=staff, therapists=therapists)
        today = now + SOON - FIRST_STEP
        lives = [Life(who, scene, today=today if who.armed else None) for who in PATIENTS]
        for life in lives:
            story.readers[life.email] = life.receive
            life.begin()
        story.at(now - _AGREED_AGO, partial(_meet, story, agree))
        story.at(now - _OFFERED_AGO, partial(_meet, story, offer_times))
        story.tell()
        while estimate_windows(story.deps):
            pass
    return Expected(name=next(who.name for who in PATIENTS if who.armed), due_at=now + SOON)


def _meet(story: Story, act: Callable[[Deps], None]) -> None:
    act(story.deps)
    story.send_soon()


def place(now: datetime) -> tuple[str, str]:
    """Return the zone, with its country, in which it is nearest to early afternoon."""

    def distance(candidate: tuple[str, str]) -> float:
        local = to_local(now, candidate[0])
        return abs(local.hour + local.minute / 60 - _AFTERNOON)

    return min(_PLACES, key=distance)


def _settings(zone: str, country: str) -> ClinicSettings:
    return ClinicSettings(
        country=country,
        zone=zone,
        language="en",
        sender_name="Harbour",
        numbers=(*default_numbers(country), _TEAM),
        hours=tuple(OpeningHours(weekday=day, since=time(8), until=time(18)) for day in range(5)),
    )


def _team(deps: Deps, clinic: Clinic) -> tuple[Person, dict[str, Person]]:
    """Invite staff and therapists and let them set their passwords; return the first of staff."""
    name, *others = STAFF
    first = _arrived(deps, appoint_staff(deps, clinic.id, name=name, email=email_of(name), on_paper=True))
    for name in others:
        _invited(deps, first, name, Role.STAFF)
    return first, {name: _invited(deps, first, name, Role.THERAPIST) for name in THERAPISTS}


def _invited(deps: Deps, staff: Person, name: str, role: Role) -> Person:
    return _arrived(deps, invite(deps, staff, name=name, email=email_of(name), role=role, on_paper=True))


def _arrived(deps: Deps, invitation: Invitation) -> Person:
    came = set_first_password(
        deps, invitation.secret or "", Purpose.INVITE, password=PASSWORD, browser=BROWSER
    )
    sign_out(deps, came.person, came.sign_in.id)
    return came.person
