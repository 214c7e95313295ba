"""Every page of the house, with the people who open it and examples for its arguments."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from browser.asking import answered, waiting
from browser.people import House
from flask import Flask
from support import care
from werkzeug.routing import Rule

from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.services import invite_people
from checkin.storage import infusions
from checkin.web.places import PLACES
from checkin.web.rules import RULES, Access

PERSONAS = {
    Access.PUBLIC: ("stranger",),
    Access.LINK: ("stranger",),
    Access.PATIENT: ("patient",),
    Access.THERAPIST: ("therapist",),
    Access.STAFF: ("staff",),
    Access.SIGNED_IN: ("patient", "therapist", "staff"),
}
FILES = {"static", "shell.manifest", "shell.worker", "downloads.my_record", "downloads.patient_record"}
FILES |= {"appointments.feed", "health.live", "health.ready", "health.metrics"}  # for machines
# The first leads on to a page of its own; the others are reached by answering, in states.py.
ELSEWHERE = {"account.home", "links.interruption", "patient.interruption", "patient.change_unprompted"}
# Pages that somebody may call by role, but to which nothing would ever lead them.
_NOBODYS = {("therapist.patient_page", "patient")} | {
    (page, "staff") for page in ("appointments.ask_to_cancel", "appointments.choose_other")
}
# What a patient sees on these depends on a check-in that waits; the rest is shown to one with a long course.
_OF_A_PROMPT = {"patient.prompt", "patient.change", "patient.saved", "patient.saved_unprompted"}
_OF_A_PROMPT |= {"reminders.later"}
_WAITING = {"patient.prompt", "links.answer", "reminders.later", "reminders.later_by_link"}
# Free times are found for somebody with an infusion a day ago.
_RECENT = {"appointments.find"}
_TOKENS = {
    "account.welcome": Purpose.INVITE,
    "account.new_password": Purpose.RESET,
    "links.unsubscribe": Purpose.UNSUBSCRIBE,
}


@dataclass(frozen=True, kw_only=True)
class Address:
    """A page and who opens it."""

    rule: Rule
    persona: str

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    def __str__(self) -> str:
        return f"{self.endpoint}-{self.persona}"


def every_address() -> list[Address]:
    """Every page with everybody who may open it; a new page is in it at once."""
    app = Flask("addresses")
    for place in PLACES:
        app.register_blueprint(place)
    return [
        Address(rule=rule, persona="asked" if rule.endpoint in _OF_A_PROMPT else persona)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in FILES | ELSEWHERE
        for persona in PERSONAS[RULES[rule.endpoint]]
        if (rule.endpoint, persona) not in _NOBODYS
    ]


def persona(name: str, house: House) -> Person | None:
    """Who that is; None for somebody who has not signed in."""
    known = {
        "staff": house.staff,
        "therapist": house.therapist,
        "patient": house.patient,
        "asked": house.asked,
    }
    return known.get(name)


def path_of(address: Address, house: House) -> str:
    """The path of the page. A new kind of argument needs an example here."""
    examples = {
        "patient_id": lambda: (house.recent if address.endpoint in _RECENT else house.patient).id,
        "infusion_id": lambda: _infusion(house),
        "prompt_id": lambda: _prompt(address, house),
        "recipient_id": lambda: house.therapist.id,
        "person_id": lambda: invited(house).id,
        "appointment_id": lambda: house.agreed.id,
        "secret": lambda: _secret(address, house),
    }
    values = {name: str(examples[name]()) for name in address.rule.arguments}
    path = address.rule.rule
    for name, value in values.items():
        path = path.replace(f"<uuid:{name}>", value).replace(f"<{name}>", value)
    return path


def _infusion(house: House) -> object:
    with house.deps.reading() as tx:
        return infusions.infusions_of(tx, house.patient.id)[-1].id


def _prompt(address: Address, house: House) -> object:
    kind = waiting if address.endpoint in _WAITING else answered
    return kind(house, house.asked).prompt_id


def _secret(address: Address, house: House) -> str:
    purpose = _TOKENS.get(address.endpoint)
    if purpose is None:
        return (waiting if address.endpoint in _WAITING else answered)(house).secret
    person = house.patient if purpose is not Purpose.INVITE else invited(house)
    return care.a_token(house.database, person, purpose, house.deps.now(), lasts=timedelta(minutes=50))


def invited(house: House) -> Person:
    """Somebody who has an invitation and no password yet."""
    email = f"{secrets.token_hex(4)}@example.org"
    invitation = invite_people.invite(
        house.deps, house.staff, name="Kim Invited", email=email, role=Role.PATIENT, on_paper=True
    )
    return invitation.person
