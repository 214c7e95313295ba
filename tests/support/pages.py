"""Every page of the house: GET routes with their arguments filled in, so that new ones are covered too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from support.care import a_link, an_infusion, fill, prompts_of, submission
from support.meetings import held_and_offered
from support.people import World, add_person

from checkin.domain.person import Person, Role
from checkin.domain.prompt import Prompt
from checkin.services.answer_check_in import answer_prompt
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_prompt
from checkin.services.remind import remind
from checkin.storage.engine import Database

INVITED = "Invited Ingrid"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One address that can be fetched."""

    endpoint: str
    path: str


def furnish(database: Database, deps: Deps, world: World) -> dict[str, str]:
    """Let something have happened; return the values of the routes' arguments by their names."""
    infusion = an_infusion(deps, world.staff, world.patient, hours_ago=4)
    remind(deps)
    first = _open(deps, world)
    link = a_link(database, world.patient, first, deps.now())
    answers = fill(open_prompt(deps, world.patient, first.id).form, weight=1, safety=1)
    answer_prompt(deps, world.patient, first.id, submission(answers))
    return {
        "patient_id": str(world.patient.id),
        "infusion_id": str(infusion.id),
        "prompt_id": str(first.id),
        "recipient_id": str(world.therapist.id),
        "person_id": str(_invited(database, world, deps.now()).id),
        "appointment_id": str(held_and_offered(deps, world)[0].id),
        "secret": link.rpartition("/")[2],
        "filename": "checkin.css",
    }


def every_page(app: Flask, arguments: Mapping[str, str]) -> list[Page]:
    """Return every GET route. Fails for an argument that has no example: add it in ``furnish``."""
    pages = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()):
                continue
            values = {name: arguments[name] for name in rule.arguments}
            pages.append(Page(endpoint=rule.endpoint, path=app.url_for(rule.endpoint, **values)))
    return pages


def _invited(database: Database, world: World, now: datetime) -> Person:
    with database.transaction() as tx:
        return add_person(tx, world.clinic.id, now, INVITED, Role.THERAPIST, ready=False)


def _open(deps: Deps, world: World) -> Prompt:
    return next(prompt for prompt in prompts_of(deps, world.patient) if prompt.opens_at <= deps.now())
