"""Some acts ask for the password again: taking somebody's record along, and ending other sign-ins."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from support.clock import Clock
from support.people import PASSWORD, World, give
from support.reading import missing, said
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.services.sign_in import my_sign_ins
from checkin.storage import audit
from checkin.storage.engine import Database
from checkin.web.rules import RULES, STEP_UP, Access

LATER = timedelta(minutes=10)


def zip_of(world: World) -> str:
    return f"/downloads/{world.patient.id}/record.zip"


def offer_of(world: World) -> str:
    return f"/downloads/{world.patient.id}"


def confirm_for(target: str) -> str:
    return f"/account/confirm?next={target}"


@pytest.mark.parametrize("who", ["therapist", "staff"])
def test_a_record_is_taken_along_only_soon_after_the_password(
    visitor: Visitor, world: World, database: Database, clock: Clock, who: str
) -> None:
    with database.transaction() as tx:
        give(tx, world.patient, world.clinic.id, [Scope.SCORES, Scope.EXPORT], clock.now())
    visitor.sign_in(getattr(world, who))
    assert visitor.get(offer_of(world)).status_code == 200
    clock.advance(seconds=LATER.total_seconds() - 1)
    assert visitor.get(zip_of(world)).status_code == 200
    clock.advance(seconds=1)
    for path in (zip_of(world), offer_of(world)):
        refused = visitor.get(path)
        assert (refused.status_code, refused.location) == (303, confirm_for(offer_of(world)))
    answer = visitor.post(refused.location, {"password": PASSWORD}, page=refused.location)
    assert (answer.status_code, answer.location) == (303, offer_of(world))
    page = visitor.get(answer.location).text
    assert f'href="{zip_of(world)}"' in page
    taken = visitor.get(zip_of(world))
    assert ZipFile(BytesIO(taken.data)).testzip() is None


def test_what_will_be_in_the_files_is_said_before(
    visitor: Visitor, world: World, database: Database, clock: Clock
) -> None:
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, [Scope.SCORES, Scope.EXPORT], clock.now())
    visitor.sign_in(world.unasked)
    words = said(visitor.get(offer_of(world)).text)
    told = [world.patient.name, "scores and what was asked, infusions", "Since Tuesday 10 March, 12pm"]
    assert missing(words, told) == []
    assert "each answer" not in words


def test_without_the_grant_there_is_no_such_page(visitor: Visitor, world: World) -> None:
    for person in (world.staff, world.unasked, world.other_patient, world.elsewhere_therapist):
        visitor.sign_in(person)
        assert visitor.get(offer_of(world)).status_code == 404


def test_patients_take_their_own_record_along_at_any_time(
    visitor: Visitor, world: World, clock: Clock
) -> None:
    visitor.sign_in(world.patient)
    clock.advance(days=1)
    assert visitor.get("/downloads/my-record.zip").status_code == 200


def test_a_wrong_password_is_said_beside_the_field_and_counted(
    visitor: Visitor, world: World, clock: Clock
) -> None:
    visitor.sign_in(world.therapist)
    clock.advance(minutes=11)
    page = confirm_for(offer_of(world))
    for _ in range(10):
        answer = visitor.post(page, {"password": "umbrella quartz ribbon"}, page=page)
        assert answer.status_code == 422
        assert "This is not your password." in said(answer.text)
    answer = visitor.post(page, {"password": PASSWORD}, page=page)
    assert answer.status_code == 429
    assert "too many tries" in said(answer.text)
    assert visitor.get(zip_of(world)).location == page
    assert visitor.get("/patients").status_code == 200  # still signed in


def test_confirming_replaces_the_sign_in_and_keeps_open_forms(
    visitor: Visitor, world: World, deps: Deps, clock: Clock
) -> None:
    visitor.sign_in(world.therapist)
    before = visitor.cookie("signin")
    clock.advance(minutes=11)
    page = confirm_for(offer_of(world))
    token = visitor.get("/account/password").text.partition('name="csrf_token" type="hidden" value="')[2]
    visitor.post(page, {"password": PASSWORD}, page=page)
    assert visitor.cookie("signin") != before
    assert len(my_sign_ins(deps, world.therapist)) == 1
    old = Visitor(visitor.app)
    old.client.set_cookie("signin", before or "", domain="127.0.0.1")
    assert old.get("/patients").status_code == 303
    sent = {"csrf_token": token.partition('"')[0], "current": "x", "password": "y"}
    assert visitor.bare_post("/account/password", sent).status_code == 422


def test_other_sign_ins_are_ended_only_soon_after_the_password(
    app: Flask, world: World, deps: Deps, clock: Clock
) -> None:
    here, there = Visitor(app), Visitor(app)
    there.sign_in(world.patient)
    here.sign_in(world.patient)
    clock.advance(minutes=11)
    (other, _) = my_sign_ins(deps, world.patient)
    for path in ("/account/sign-ins/end-others", f"/account/sign-ins/{other.id}/end"):
        refused = here.post(path, page="/account")
        assert (refused.status_code, refused.location) == (303, confirm_for("/account"))
    assert there.get("/home").status_code == 200
    here.post(refused.location, {"password": PASSWORD}, page=refused.location)
    assert here.post("/account/sign-ins/end-others", page="/account").location == "/account"
    assert there.get("/home").status_code == 303


@pytest.mark.parametrize("act", ["/reminders/number", "/reminders/number/remove"])
def test_the_number_for_texts_is_changed_only_soon_after_the_password(
    visitor: Visitor, world: World, database: Database, clock: Clock, act: str
) -> None:
    """Whoever finds a phone unlocked could else have the patient's messages sent to another one."""
    visitor.sign_in(world.patient)
    assert visitor.get("/reminders/number").status_code == 200
    clock.advance(minutes=11)
    for refused in (visitor.get("/reminders/number"), visitor.post(act, {"number": "+1 212 555 0123"})):
        assert (refused.status_code, refused.location) == (303, confirm_for("/reminders/number"))
    answer = visitor.post(refused.location, {"password": PASSWORD}, page=refused.location)
    assert answer.location == "/reminders/number"
    assert visitor.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_it_never_leads_away(visitor: Visitor, world: World, target: str) -> None:
    visitor.sign_in(world.therapist)
    answer = visitor.post("/account/confirm", {"password": PASSWORD}, query_string={"next": target})
    assert answer.location == "/patients"


def test_every_act_that_asks_again_is_closed_to_strangers_and_leads_on_to_a_page() -> None:
    for act, page in STEP_UP.items():
        assert RULES[act] is RULES[page]
        assert RULES[act] not in {Access.PUBLIC, Access.LINK}


@pytest.mark.parametrize(
    ("who", "path"), [("therapist", "/clinic"), ("patient", "/patients"), ("staff", "/home")]
)
def test_a_page_of_another_role_is_not_there_and_the_try_is_written_down(
    visitor: Visitor, world: World, deps: Deps, who: str, path: str
) -> None:
    person: Person = getattr(world, who)
    visitor.sign_in(person)
    assert visitor.get(path).status_code == 404
    with deps.reading() as tx:
        tried, entered = audit.events_of(tx, world.clinic.id, limit=2)
    assert (tried.action, tried.actor, entered.action) == ("refused", person.id, "sign_in")


def test_a_therapist_finds_the_way_from_the_patients_page(visitor: Visitor, world: World) -> None:
    person: Person = world.therapist
    visitor.sign_in(person)
    assert f'href="{offer_of(world)}"' in visitor.get(f"/patients/{world.patient.id}").text
