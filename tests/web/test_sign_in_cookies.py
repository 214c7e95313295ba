"""What a browser carries: planted, stolen, old or forged references open nothing; rotated keys sign anew."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask, session
from support.clock import Clock
from support.house import SECRET_KEY, make_settings
from support.people import PASSWORD, World
from support.routes import STRANGER, Enter, Things, calls
from support.visitor import Visitor, token_of

from checkin.app import create_app
from checkin.services import manage_people
from checkin.services.deps import Deps
from checkin.services.sign_in import sign_in
from checkin.services.throttle import Browser
from checkin.storage.engine import Database
from checkin.web.rules import Access

HOST = "127.0.0.1"
NEW_KEY = "the-key-after-the-rotation-that-signs-everything-9876543210"


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def plant(visitor: Visitor, value: str, name: str = "signin") -> None:
    visitor.client.set_cookie(name, value, domain=HOST)


def test_fault_36_a_planted_reference_is_replaced_at_sign_in(app: Flask, world: World) -> None:
    """Neither a made-up value nor the planter's own sign-in becomes the victim's."""
    planter = Visitor(app)
    planter.sign_in(world.other_patient)
    own = planter.cookie("signin")
    assert own
    for planted in ("A" * 43, own):
        victim = Visitor(app)
        plant(victim, planted)
        victim.sign_in(world.patient)
        assert victim.cookie("signin") not in {None, planted}
        thief = Visitor(app)
        plant(thief, planted)
        page = thief.get("/account")
        assert page.status_code == (200 if planted == own else 303)
        assert world.patient.name not in page.text


def test_signing_in_again_ends_up_with_another_reference(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    first = visitor.cookie("signin")
    visitor.sign_in(world.patient)
    assert visitor.cookie("signin") != first


def test_fault_36_an_old_cookie_opens_nothing_on_any_route_after_signing_out(
    app: Flask, things: Things, enter: Enter
) -> None:
    for persona in ("staff", "therapist", "patient"):
        visitor = enter(persona)
        stolen = visitor.cookie("signin")
        assert stolen
        assert is_in(visitor)
        assert visitor.post("/sign-out").status_code == 303
        thief = Visitor(app)
        plant(thief, stolen)
        for call in calls(app, things):
            if call.access not in {Access.PUBLIC, Access.LINK}:
                response = call.by(thief)
                assert response.status_code == 303, (persona, call)
                assert response.location.startswith("/sign-in"), (persona, call)


def end_by_disabling(deps: Deps, world: World) -> None:
    manage_people.disable(deps, world.staff, world.therapist.id)


def end_by_a_reset(deps: Deps, world: World) -> None:
    with deps.transaction() as tx:
        manage_people.sign_ins.revoke(tx, world.therapist.id, deps.now())  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", [end_by_disabling, end_by_a_reset])
def test_a_sign_in_that_was_ended_elsewhere_is_dead_at_the_next_request(
    app: Flask, deps: Deps, world: World, enter: Enter, end: object
) -> None:
    visitor = enter("therapist")
    assert visitor.get("/patients").status_code == 200
    end(deps, world)  # type: ignore[operator]
    assert visitor.get("/patients").location.startswith("/sign-in")
    assert visitor.post("/account/sign-ins/end-others").location.startswith("/sign-in")


def test_after_half_an_hour_without_a_request_staff_sign_in_again(enter: Enter, clock: Clock) -> None:
    visitor = enter("staff")
    clock.advance(minutes=29)
    assert is_in(visitor)
    clock.advance(minutes=30)
    assert not is_in(visitor)


def test_a_sign_in_cookie_lasts_no_longer_than_the_sign_in(app: Flask, world: World) -> None:
    for person, lasts in ((world.staff, timedelta(hours=12)), (world.patient, timedelta(days=90))):
        response = Visitor(app).sign_in(person)
        (cookie,) = [c for c in response.headers.getlist("Set-Cookie") if c.startswith("signin=")]
        assert f"Max-Age={int(lasts.total_seconds())};" in cookie


def test_the_list_of_sign_ins_ends_one_of_them(app: Flask, deps: Deps, world: World, enter: Enter) -> None:
    here, there = enter("patient"), enter("patient")
    browser = Browser(address="198.51.100.1", description="Third")
    third = sign_in(deps, email=world.patient.email, password=PASSWORD, browser=browser).sign_in.id
    assert here.post(f"/account/sign-ins/{third}/end").status_code == 303
    assert here.post(f"/account/sign-ins/{UUID(int=1)}/end").status_code == 404
    assert here.post("/account/sign-ins/end-others").status_code == 303
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/sharing", "/sharing"),
        ("/chart?x=1", "/chart?x=1"),
        ("https://evil.example/", "/home"),
        ("//evil.example/", "/home"),
        ("/\\evil.example/", "/home"),
        ("\\\\evil.example", "/home"),
        ("/\t/evil.example", "/home"),
        ("javascript:alert(1)", "/home"),
        ("http:evil.example", "/home"),
        ("", "/home"),
    ],
)
def test_after_signing_in_one_stays_in_the_house(app: Flask, world: World, wanted: str, target: str) -> None:
    visitor = Visitor(app)
    data = {
        "email": world.patient.email,
        "password": PASSWORD,
        "csrf_token": token_of(visitor.get("/sign-in").text),
    }
    response = visitor.open("POST", "/sign-in", data=data, query_string={"next": wanted})
    assert (response.status_code, response.location) == (303, target)


def form_seed(app: Flask, cookie: str) -> dict[str, object]:
    """What this application finds in a form cookie; nothing if it does not trust the signature."""
    with app.test_request_context("/", headers={"Cookie": f"form={cookie}"}):
        return dict(session)


def test_fault_32_a_rotated_key_reads_what_the_old_one_signed_and_signs_with_the_new_one(
    database: Database, deps: Deps, world: World, app: Flask
) -> None:
    """The sign-in itself is a row and does not notice; a form from before asks to be sent again."""
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    page = visitor.get("/sign-in")
    before = visitor.cookie("form")
    assert before
    only_new = make_settings(database, CHECKIN_SECRET_KEY=NEW_KEY)
    both = make_settings(database, CHECKIN_SECRET_KEY=NEW_KEY, CHECKIN_OLD_SECRET_KEYS=SECRET_KEY)
    rotated = create_app(both, deps)
    assert form_seed(rotated, before)
    after = Visitor(rotated)
    for name in ("signin", "form", "device"):
        plant(after, visitor.cookie(name) or "", name)
    assert is_in(after)
    assert after.bare_post("/sign-out", {"csrf_token": token_of(page.text)}).status_code == 400
    assert after.post("/account/sign-ins/end-others").status_code == 303
    fresh = Visitor(rotated)
    fresh.get("/sign-in")
    signed = fresh.cookie("form")
    assert signed
    assert form_seed(create_app(only_new, deps), signed)
    assert form_seed(app, signed) == {}


def test_fault_32_without_the_old_key_only_forms_start_anew(
    database: Database, deps: Deps, world: World, app: Flask
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(world.patient)
    visitor.get("/sign-in")
    rotated = Visitor(create_app(make_settings(database, CHECKIN_SECRET_KEY=NEW_KEY), deps))
    for name in ("signin", "form"):
        plant(rotated, visitor.cookie(name) or "", name)
    assert is_in(rotated)
    assert rotated.post("/sign-out").status_code == 303


def test_flasks_own_cookie_opens_nothing(app: Flask, world: World) -> None:
    """Even signed with the right key: who is signed in is not in it."""
    visitor = Visitor(app)
    with visitor.client.session_transaction(base_url=visitor.base_url) as forged:
        forged.update(_user_id=str(world.staff.id), user_id=str(world.staff.id), _fresh=True)
    assert visitor.cookie("form")
    assert not is_in(visitor)


def test_the_cookies_say_nothing_about_the_person(app: Flask, world: World, enter: Enter) -> None:
    visitor = enter("patient")
    visitor.get("/account")
    carried = " ".join(visitor.cookie(name) or "" for name in ("signin", "form", "device"))
    for word in (world.patient.id.hex, str(world.patient.id), world.patient.email, "patient", "Perpetua"):
        assert word not in carried
    assert enter(STRANGER).cookie("signin") is None
