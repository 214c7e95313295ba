"""Every route of the house with its arguments filled in: a new one is covered by the walks at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from support.asked import Asked
from support.care import a_token, an_infusion, submission
from support.clock import Clock
from support.meetings import held_and_offered
from support.people import World, add_person
from support.phones import subscribe_phone
from support.visitor import Visitor
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.services.answer_check_in import answer_unprompted
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.heartbeat import beat
from checkin.services.remind import remind
from checkin.storage import alerts
from checkin.storage.engine import Database
from checkin.web.rules import RULES, Access

STRANGER = "stranger"
PERSONAS = (
    STRANGER,
    *("staff", "therapist", "unasked", "patient", "other_patient"),
    *("elsewhere_staff", "elsewhere_therapist", "elsewhere_patient"),
)
# Arguments that name something of a clinic; the rest name files or are secrets of links.
OBJECTS = (
    *("patient_id", "infusion_id", "prompt_id", "person_id", "recipient_id", "alert_id", "sign_in_id"),
    "phone_id",
    "appointment_id",
)
_AFTER_AN_ANSWER = ("saved", "change", "send_change", "interruption")


@dataclass(frozen=True, kw_only=True)
class Things:
    """What the arguments of routes stand for; ``of`` names other values for some endpoints."""

    values: Mapping[str, str]
    of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def value(self, rule: Rule, name: str) -> str:
        """The value of an argument; an id of nothing for one that nobody has described yet."""
        found = {**self.values, **self.of.get(str(rule.endpoint), {})}
        return found.get(name) or str(uuid4())

    def unknown(self, app: Flask) -> list[str]:
        """Arguments that ``make_things`` does not describe."""
        rules = [rule for rule in app.url_map.iter_rules() if rule.arguments - self.values.keys()]
        return [rule.rule for rule in rules]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that can be made."""

    endpoint: str
    method: str
    path: str
    arguments: frozenset[str]

    @property
    def access(self) -> Access:
        return RULES[self.endpoint]

    def by(self, visitor: Visitor, data: Mapping[str, object] | None = None) -> TestResponse:
        """Make the request; an act with the form token of this browser."""
        if self.method == "POST":
            return visitor.post(self.path, data)
        return visitor.open(self.method, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def calls(app: Flask, things: Things, *methods: str) -> list[Call]:
    """Every route with each of its methods (or those asked for), arguments filled in."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {name: things.value(rule, name) for name in rule.arguments}
            path = app.url_for(rule.endpoint, _external=False, **values)
            for method in sorted((rule.methods or set()) & set(methods or ("GET", "HEAD", "POST"))):
                arguments = frozenset(rule.arguments)
                found.append(Call(endpoint=rule.endpoint, method=method, path=path, arguments=arguments))
    return found


def make_things(database: Database, deps: Deps, clock: Clock, world: World) -> Things:
    """Let something have happened in the first clinic: an infusion, two prompts, an answer, an alert."""
    beat(deps, uuid4())
    infusion = an_infusion(deps, world.staff, world.patient)
    held, offered = held_and_offered(deps, world)
    waiting, answered = (Asked(deps, database, world.patient, clock) for _ in range(2))
    remind(deps)
    answered.send(answered.answers(safety=1), note="a note of the patient")
    answer_unprompted(deps, world.patient, submission(answered.answers()))
    with deps.reading() as tx:
        (alert,) = alerts.open_alerts(tx, world.clinic.id)
    with deps.transaction() as tx:
        invited = add_person(tx, world.clinic.id, clock.now(), "Invited Ingrid", Role.THERAPIST, ready=False)

    while estimate_windows(deps):
        pass

    def token(person: Person, purpose: Purpose) -> dict[str, str]:
        return {"secret": a_token(database, person, purpose, clock.now(), lasts=timedelta(hours=1))}

    phone = subscribe_phone(deps, world.patient)
    values = {
        "phone_id": str(phone.id),
        "patient_id": str(world.patient.id),
        "infusion_id": str(infusion.id),
        "prompt_id": str(waiting.prompt.id),
        "person_id": str(world.therapist.id),
        "recipient_id": str(world.therapist.id),
        "alert_id": str(alert.id),
        "sign_in_id": str(uuid4()),
        "secret": waiting.link,
        "filename": "checkin.css",
        "appointment_id": str(held.id),
    }
    done = {"secret": answered.link, "prompt_id": str(answered.prompt.id)}
    after = ("saved", "change", "send_change", "interruption")
    of: dict[str, Mapping[str, str]] = {
        f"{place}.{name}": done for place in ("links", "patient") for name in after
    }
    of |= dict.fromkeys(("account.welcome", "account.accept"), token(invited, Purpose.INVITE))
    of |= dict.fromkeys(
        ("account.new_password", "account.set_new_password"), token(world.patient, Purpose.RESET)
    )
    of |= dict.fromkeys(("links.unsubscribe", "links.stop"), token(world.patient, Purpose.UNSUBSCRIBE))
    of |= dict.fromkeys(("appointments.pick", "appointments.decline"), {"appointment_id": str(offered.id)})
    of |= {"appointments.feed": token(world.patient, Purpose.CALENDAR)}
    of |= {"clinic.enable": {"person_id": str(world.disabled.id)}}
    of |= dict.fromkeys(
        ("clinic.invite_again", "clinic.contact", "clinic.save_contact"), {"person_id": str(invited.id)}
    )
    return Things(values=values, of=of)


def nothing() -> Things:
    """Arguments that stand for nothing at all."""
    values = {name: str(uuid4()) for name in OBJECTS}
    return Things(values={**values, "secret": "A" * 32, "filename": "missing.css"})


Enter = Callable[[str], Visitor]


def entering(app: Flask, world: World, base_url: str = "http://127.0.0.1:8000") -> Enter:
    """Returns a browser for each persona, signed in unless it is the stranger's."""

    def enter(persona: str) -> Visitor:
        visitor = Visitor(app, base_url)
        if persona != STRANGER:
            assert visitor.sign_in(getattr(world, persona)).status_code == 303
        return visitor

    return enter
