"""The life of one made-up patient in the clinic: invited, treated, looked after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial

from checkin.channels.base import Outgoing
from checkin.demo.course import Course
from checkin.demo.people import CLINIC, PASSWORD, MadeUpPatient, email_of
from checkin.demo.phone import Phone
from checkin.demo.story import Story
from checkin.domain.clock import from_local, to_local
from checkin.domain.ids import PersonId
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState
from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.services.handle_alerts import acknowledge, open_alerts
from checkin.services.invite_people import DEFAULT_WAKING, invite
from checkin.services.manage_people import discharge
from checkin.services.record_infusion import Draft, correct, record
from checkin.services.review_trajectory import review
from checkin.services.set_preferences import set_preferences
from checkin.services.share import give_access, withdraw_access
from checkin.services.sign_in import set_first_password, sign_out
from checkin.services.throttle import Browser

BROWSER = Browser(address="127.0.0.1", description="Phone")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_JOINS = 9 * _DAY  # before the first infusion
_WRITTEN_DOWN = 30 * _HOUR  # how long before its end an infusion is planned
_CONFIRMED = timedelta(minutes=12)
_LOOKED_AT = 26 * _HOUR  # after an infusion
_ACKNOWLEDGED = timedelta(minutes=35)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where it all takes place, and when the demo begins: ``now``. ``therapists`` are found by name."""

    story: Story
    zone: str
    now: datetime
    staff: Person
    therapists: Mapping[str, Person]

    def day(self, days: int, at: time) -> datetime:
        """A local time on a day counted from today."""
        return from_local(to_local(self.now, self.zone).date() + timedelta(days=days), at, self.zone)


class Life:
    """One patient. ``begin`` puts the first thing that happens into the story; the rest follows."""

    def __init__(self, who: MadeUpPatient, scene: Scene, *, today: datetime | None) -> None:
        """``today`` is the END of an infusion in the last hours, if there was one."""
        self.email = email_of(who.name)
        self._who, self._scene, self._story = who, scene, scene.story
        self._given = [*(scene.day(-ago, who.ends) for ago in who.infusions), *([today] if today else [])]
        self._ahead = [scene.day(days, who.ends) for days in who.ahead]
        self._first = min([*self._given, *self._ahead], default=scene.now + 3 * _DAY)
        hours = [(given - self._first) / _HOUR for given in self._given]
        course = Course(who, hours, who.ends.hour + who.ends.minute / 60)
        self._phone = Phone(who, course, self._story, self._first, self._worry)

    def begin(self) -> None:
        """Let staff invite the patient, nine days before the first infusion."""
        self._story.at(self._first - _JOINS, self._invite)

    def receive(self, outgoing: Outgoing) -> None:
        """A message for this patient arrives."""
        self._phone.receive(outgoing, self._person)

    def _invite(self) -> None:
        invited = invite(
            self._story.deps,
            self._scene.staff,
            name=self._who.name,
            email=self.email,
            role=Role.PATIENT,
            on_paper=True,
        )
        self._person = invited.person
        if self._who.signed_in and invited.secret is not None:
            self._story.at(self._story.now + 5 * _HOUR, partial(self._arrive, invited.secret))

    def _arrive(self, secret: str) -> None:
        """Set a password, say when to be reached, and give access: consent comes before treatment."""
        deps, who = self._story.deps, self._who
        came = set_first_password(deps, secret, Purpose.INVITE, password=PASSWORD, browser=BROWSER)
        self._person = came.person
        set_preferences(
            deps, came.person, zone=self._scene.zone, waking=DEFAULT_WAKING, reminders=who.reminders
        )
        for name, scopes in who.shares.items():
            recipient = came.person.clinic_id if name == CLINIC else self._scene.therapists[name].id
            give_access(deps, came.person, recipient, scopes)
        sign_out(deps, came.person, came.sign_in.id)
        self._foresee()

    def _foresee(self) -> None:
        """Put what is certain to come into the story."""
        story, who = self._story, self._who
        for at in self._given:
            if who.records_alone:
                story.at(at + 2 * _HOUR, partial(self._record_alone, at))
            else:
                story.at(at - _WRITTEN_DOWN, partial(self._write_down, at))
            story.at(at + _LOOKED_AT, self._look)
        for at in self._ahead:
            story.at(min(at - _WRITTEN_DOWN, self._scene.now - _HOUR), partial(self._write_down, at))
        for hour in who.unprompted:
            story.at(self._first + hour * _HOUR, partial(self._tell, hour))
        if who.alarm_hours_ago:
            at = self._scene.now - who.alarm_hours_ago * _HOUR
            story.at(at, partial(self._tell, (at - self._first) / _HOUR, alarm=True))
        if who.withdrew_from:
            story.at(self._scene.now - 2 * _DAY, self._withdraw)
        if who.discharged:
            story.at(self._scene.now - 4 * _DAY, self._discharge)

    def _draft(self, state: InfusionState, at: datetime) -> Draft:
        dose = Dose(amount=Decimal(self._who.dose), unit=DoseUnit.MG_PER_KG)
        return Draft(state=state, at=at, zone=self._scene.zone, route=self._who.route, dose=dose)

    def _record_alone(self, at: datetime) -> None:
        record(self._story.deps, self._person, self._patient, self._draft(InfusionState.GIVEN, at))
        self._story.watch(self._patient)

    def _write_down(self, at: datetime) -> None:
        draft = self._draft(InfusionState.PLANNED, at)
        planned = record(self._story.deps, self._scene.staff, self._patient, draft)
        self._story.watch(self._patient)
        self._story.at(at + _CONFIRMED, partial(self._confirm, planned))

    def _confirm(self, planned: Infusion) -> None:
        draft = self._draft(InfusionState.GIVEN, planned.at)
        deps, staff = self._story.deps, self._scene.staff
        correct(deps, staff, self._patient, planned.id, draft, revision=planned.revision)
        self._story.watch(self._patient)

    def _look(self) -> None:
        for name in self._who.shares:
            if name != CLINIC:
                review(self._story.deps, self._scene.therapists[name], self._patient)

    def _tell(self, hour: float, *, alarm: bool = False) -> None:
        self._phone.tell(self._person, hour, alarm=alarm)
        self._story.send_soon()

    def _worry(self) -> None:
        self._story.send_soon()
        self._story.at(self._story.now + _ACKNOWLEDGED, self._acknowledge)

    def _acknowledge(self) -> None:
        deps, staff = self._story.deps, self._scene.staff
        for found in open_alerts(deps, staff):
            if found.patient.id == self._patient:
                acknowledge(deps, staff, found.alert.id)

    def _withdraw(self) -> None:
        withdraw_access(self._story.deps, self._person, self._scene.therapists[self._who.withdrew_from].id)

    def _discharge(self) -> None:
        discharge(self._story.deps, self._scene.staff, self._patient)

    @property
    def _patient(self) -> PersonId:
        return self._person.id
