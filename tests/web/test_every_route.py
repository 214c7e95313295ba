"""Every route has a rule, is closed to whom the rule does not name, and a GET changes nothing."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.event import listen
from support.clock import Clock
from support.databases import Dump, dump
from support.people import World
from support.routes import OBJECTS, PERSONAS, STRANGER, Enter, Things, calls, entering, nothing
from support.visitor import Visitor, token_of
from werkzeug.test import TestResponse

from checkin.domain.person import Person, Role
from checkin.services.deps import Deps
from checkin.storage import audit
from checkin.storage.engine import Database
from checkin.web.rules import RULES, Access

# The whole list of what anybody may call. Adding to it is a decision, not an oversight.
PUBLIC = {
    "static",
    "help.show",
    "shell.manifest",
    "shell.worker",
    "shell.offline",
    "shell.help_page",
    "shell.home_screen",
    "health.live",
    "health.ready",
    "account.sign_in",
    "account.send_sign_in",
    "account.reset",
    "account.send_reset",
}
ROLE_OF = {
    Access.PATIENT: Role.PATIENT,
    Access.THERAPIST: Role.THERAPIST,
    Access.STAFF: Role.STAFF,
}


def test_every_route_has_a_rule_and_every_rule_a_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(RULES)


def test_every_argument_of_a_route_is_described(app: Flask, things: Things) -> None:
    """Say in ``support.routes.make_things`` what a new argument stands for, and in OBJECTS if it is an id."""
    assert things.unknown(app) == []


def test_the_public_list_is_short_and_known() -> None:
    assert {endpoint for endpoint, access in RULES.items() if access is Access.PUBLIC} - PUBLIC == set()


def test_a_view_without_a_rule_answers_nobody(new_app: Flask, world: World) -> None:
    new_app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    enter = entering(new_app, world)
    for persona in (STRANGER, "staff", "patient"):
        assert enter(persona).get("/forgotten").status_code == 404


def main_of(response: TestResponse) -> str:
    """What a page says, without the navigation around it."""
    return response.text.partition("<main")[2].partition("</main>")[0]


def is_asked_to_sign_in(response: TestResponse) -> bool:
    return response.status_code == 303 and response.location.partition("?")[0] == "/sign-in"


def test_strangers_are_asked_to_sign_in_wherever_it_is_closed(
    app: Flask, things: Things, enter: Enter, database: Database
) -> None:
    visitor = enter(STRANGER)
    before = dump(database)
    for call in calls(app, things):
        if call.access in {Access.PUBLIC, Access.LINK}:
            continue
        response = call.by(visitor)
        assert is_asked_to_sign_in(response), call
        assert response.text == "" or "/sign-in" in response.text, call
    assert dump(database) == before


@pytest.mark.parametrize("persona", ["staff", "therapist", "patient"])
def test_the_wrong_role_is_told_that_there_is_nothing(
    app: Flask, things: Things, world: World, enter: Enter, database: Database, persona: str
) -> None:
    visitor, person = enter(persona), getattr(world, persona)
    missing = visitor.get("/there-is-nothing-here")
    before = without_marks(dump(database))
    for call in calls(app, things):
        needed = ROLE_OF.get(call.access)
        if needed is not None and needed not in person.roles:
            response = call.by(visitor)
            assert response.status_code == 404, call
            assert call.method == "HEAD" or main_of(response) == main_of(missing), call
    assert without_marks(dump(database)) == before


# What somebody of this house may not touch, by argument: a patient of another clinic and all that is theirs,
# and for a therapist without any grant and for other patients everything of the patient.
OUTSIDERS = ("elsewhere_staff", "elsewhere_therapist", "elsewhere_patient", "unasked", "other_patient")
# Every patient of a clinic may choose from its therapists.
_OWN_CHOICE = {"sharing.choose", "sharing.give", "sharing.stop"}
# Pressed twice, it has ended already: what was never there has ended too.
_ENDS_ANYHOW = {"sharing.stop"}


@pytest.mark.parametrize("persona", OUTSIDERS)
def test_what_is_not_shared_is_the_same_as_what_does_not_exist(
    app: Flask, things: Things, enter: Enter, database: Database, persona: str
) -> None:
    visitor = enter(persona)
    there, not_there = (calls(app, known) for known in (things, nothing()))
    before = without_marks(dump(database))
    for call, missing in zip(there, not_there, strict=True):
        if not call.arguments & set(OBJECTS) or call.access is Access.LINK:
            continue
        if call.endpoint in _OWN_CHOICE and persona == "other_patient":
            continue
        found, absent = call.by(visitor), missing.by(visitor)
        if call.endpoint in _ENDS_ANYHOW and found.status_code == 303:
            continue
        assert main_of(found) == main_of(absent), call
        assert found.status_code == 404, call
    assert without_marks(dump(database)) == before


@pytest.mark.parametrize("persona", ["staff", "therapist", "patient"])
def test_a_made_up_id_is_not_found(
    app: Flask, things: Things, world: World, enter: Enter, database: Database, persona: str
) -> None:
    visitor = enter(persona)
    before = without_marks(dump(database))
    for call in calls(app, nothing()):
        if call.arguments & set(OBJECTS) and call.access is not Access.LINK:
            ends = call.endpoint in _ENDS_ANYHOW and Role.PATIENT in getattr(world, persona).roles
            assert call.by(visitor).status_code == (303 if ends else 404), call
    assert without_marks(dump(database)) == before


def test_every_refusal_of_a_record_leaves_an_event(
    app: Flask, things: Things, world: World, enter: Enter, deps: Deps
) -> None:
    visitor = enter("unasked")
    for call in calls(app, things, "GET"):
        if call.arguments & {"patient_id"} and call.access in {Access.SIGNED_IN, Access.THERAPIST}:
            before = events(deps, world)
            call.by(visitor)
            after = events(deps, world)
            assert after[len(before) :] == [("refused", world.unasked.id, world.patient.id)], call


def test_every_try_at_somebody_elses_check_in_leaves_an_event_and_costs_what_one_at_none_does(
    app: Flask, things: Things, world: World, enter: Enter, deps: Deps, database: Database
) -> None:
    visitor, statements = enter("other_patient"), list[str]()
    listen(database.engine, "before_cursor_execute", lambda *run: statements.append(run[2]))
    there, not_there = (calls(app, known) for known in (things, nothing()))
    sent = {"headers": {"Origin": visitor.base_url}}
    sent |= {"data": {"csrf_token": token_of(visitor.get("/reminders").text)}}
    tried = set()
    for one, another in zip(there, not_there, strict=True):
        if "prompt_id" not in one.arguments or one.access is not Access.PATIENT:
            continue
        before, seen = events(deps, world), []
        for call in (one, another):
            statements.clear()
            response = visitor.open(call.method, call.path, **sent)
            seen.append((response.status_code, main_of(response), tuple(statements)))
        assert seen[0] == seen[1], one
        assert events(deps, world)[len(before) :] == [("refused", world.other_patient.id, None)] * 2, one
        tried.add(one.endpoint)
    assert {"patient.prompt", "patient.send_prompt", "reminders.later"} < tried


def test_kept_answers_of_somebody_else_on_a_shared_phone_leave_none(
    app: Flask, things: Things, world: World, enter: Enter, deps: Deps
) -> None:
    """They wait there for the one who gave them, and are tried whenever there is a network."""
    visitor = enter("other_patient")
    before = events(deps, world)
    kept = {"Idempotency-Key": "k" * 24, "Origin": visitor.base_url, "Accept": "application/json"}
    path = f"/check-in/{things.values['prompt_id']}"
    answer = visitor.open("POST", path, data={"key": "k" * 24, "waited": "90"}, headers=kept)
    assert answer.status_code == 401
    assert events(deps, world) == before


def events(deps: Deps, world: World) -> list[tuple[str, UUID | None, UUID | None]]:
    with deps.reading() as tx:
        found = audit.events_of(tx, world.clinic.id, limit=1000)
    return [(event.action, event.actor, event.subject) for event in reversed(found)]


def test_an_unknown_secret_opens_nothing(
    app: Flask, things: Things, enter: Enter, database: Database
) -> None:
    for persona in (STRANGER, "patient", "staff"):
        visitor = enter(persona)
        before = without_marks(dump(database))
        for call in calls(app, nothing()):
            if call.access is Access.LINK and "secret" in call.arguments:
                assert call.by(visitor, {"password": "umbrella quartz ribbon"}).status_code == 404, call
        assert without_marks(dump(database)) == before


def test_a_secret_opens_the_pages_of_its_purpose_only(
    app: Flask, things: Things, enter: Enter, database: Database
) -> None:
    """A check-in link tried on every other route with a secret, and theirs on it."""
    visitor = enter(STRANGER)
    secrets = {
        things.values["secret"],
        *(values["secret"] for values in things.of.values() if "secret" in values),
    }
    own = {call.endpoint: call.path for call in calls(app, things) if "secret" in call.arguments}
    before = dump(database)
    tried = 0
    for secret in secrets:
        for call in calls(app, Things(values={**things.values, "secret": secret})):
            if "secret" not in call.arguments or secret in own[call.endpoint]:
                continue
            if {call.endpoint.partition(".")[0], own_place(own, secret)} == {"links"} and "/c/" in call.path:
                continue  # the answered and the waiting prompt's links share their pages
            tried += 1
            assert call.by(visitor, {"password": "umbrella quartz ribbon"}).status_code == 404, call
    assert tried > 20
    assert dump(database) == before


def own_place(own: Mapping[str, str], secret: str) -> str:
    """The blueprint whose check-in pages this secret opens."""
    return next((e.partition(".")[0] for e, path in own.items() if f"/c/{secret}" in path), "another")


def without_marks(found: Dump) -> Dump:
    """A dump without what looking may write: the audit, and when a sign-in was last used."""
    kept = {name: rows for name, rows in found.items() if name not in {"audit_events", "audit_heads"}}
    return {name: [{**row, "last_seen_at": None} for row in rows] for name, rows in kept.items()}


@pytest.mark.parametrize("persona", PERSONAS)
def test_looking_at_everything_changes_nothing(
    app: Flask, things: Things, enter: Enter, database: Database, clock: Clock, persona: str
) -> None:
    """Not even with the values of a form in the address."""
    visitor = enter(persona)
    clock.advance(seconds=110)  # so that last-seen is due to be written
    before = without_marks(dump(database))
    statuses = set()
    query = "?q1=3&confirm=1&delete=1&_method=POST&scopes=notes&reminders="
    for call in calls(app, things, "GET"):
        statuses.add(call.by(visitor).status_code)
        visitor.open("HEAD", call.path + query)
    assert without_marks(dump(database)) == before
    assert 200 in statuses
    assert statuses <= {200, 303, 404}


@pytest.mark.parametrize("persona", ["staff", "therapist", "patient"])
def test_every_page_of_a_role_opens_for_it(
    app: Flask, things: Things, enter: Enter, world: World, persona: str
) -> None:
    """So that the walks above are about real pages and not about errors."""
    visitor, person = enter(persona), getattr(world, persona)
    mine = [call for call in calls(app, things, "GET") if opens(call.access, person)]
    closed = {call.endpoint for call in mine if not ok(call.by(visitor))}
    assert closed <= {"patient.interruption"}  # it comes only right after an answer


def opens(access: Access, person: Person) -> bool:
    needed = ROLE_OF.get(access)
    return access is Access.PUBLIC or (needed is not None and needed in person.roles)


def ok(response: TestResponse) -> bool:
    return response.status_code in {200, 303}


def test_methods_a_route_does_not_know_are_refused(app: Flask, things: Things, enter: Enter) -> None:
    visitor: Visitor = enter("staff")
    for call in calls(app, things, "GET"):
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            response = visitor.open(method, call.path)
            assert response.status_code in {400, 404, 405}, (method, call)
