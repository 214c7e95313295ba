"""Signing in: one refusal for whatever was wrong, limits that hold, and an end that is an end."""

from datetime import timedelta

import pytest
from support.clock import Clock
from support.people import PASSWORD, World
from support.threads import together
from support.trail import actions

from checkin.domain.errors import NotFound, Refusal
from checkin.domain.person import Person
from checkin.services import sign_in as signing_in
from checkin.services.deps import Deps
from checkin.services.manage_people import disable, enable
from checkin.services.sign_in import SignedIn, WrongSignIn
from checkin.services.throttle import Browser
from checkin.storage import audit, people, sign_ins
from checkin.storage.keyring import token_hash

PHONE = Browser(address="198.51.100.7", description="A phone")
NEW_PASSWORD = "umbrella quartz ribbon meadow"


def enter(deps: Deps, person: Person, password: str = PASSWORD, browser: Browser = PHONE) -> SignedIn:
    return signing_in.sign_in(deps, email=person.email, password=password, browser=browser)


def change(deps: Deps, person: Person, here: SignedIn, current: str = PASSWORD) -> None:
    signing_in.change_password(
        deps, person, here.sign_in.id, current=current, new=NEW_PASSWORD, browser=PHONE
    )


def is_in(deps: Deps, opened: SignedIn) -> bool:
    """Whether the next page would let the browser in; it is a look, which counts as use."""
    found = signing_in.who_is(deps, opened.token)
    if found is None:
        return False
    signing_in.note_seen(deps, found[0])
    return True


def test_the_right_password_opens_a_sign_in(deps: Deps, world: World) -> None:
    opened = enter(deps, world.therapist)
    found = signing_in.who_is(deps, opened.token)
    assert found is not None
    assert found[1] == world.therapist
    assert (found[0].device, found[0].factors) == ("A phone", "password")
    assert actions(deps, world) == ["sign_in"]


@pytest.mark.parametrize("change", [str.upper, str.title, lambda email: f"  {email} "])
def test_an_email_is_known_however_it_is_written(deps: Deps, world: World, change: object) -> None:
    email = change(world.staff.email)  # type: ignore[operator]
    opened = signing_in.sign_in(deps, email=email, password=PASSWORD, browser=PHONE)
    assert opened.person == world.staff


def test_whatever_is_wrong_the_refusal_is_the_same(deps: Deps, world: World) -> None:
    attempts = [
        ("nobody@example.org", PASSWORD),
        (world.staff.email, "wrong password here"),
        (world.disabled.email, PASSWORD),
        (world.staff.email, ""),
        ("", ""),
        ("\x00", "\x00"),
    ]
    refusals = []
    for email, password in attempts:
        with pytest.raises(WrongSignIn) as refused:
            signing_in.sign_in(deps, email=email, password=password, browser=PHONE)
        refusals.append((refused.value.text, refused.value.field))
    assert len({repr(refusal) for refusal in refusals}) == 1


def test_every_failed_try_leaves_one_event(deps: Deps, world: World) -> None:
    for email in (world.staff.email, "nobody@example.org", world.elsewhere_staff.email):
        with pytest.raises(WrongSignIn):
            signing_in.sign_in(deps, email=email, password="wrong password here", browser=PHONE)
    with deps.reading() as tx:
        here = audit.events_of(tx, world.clinic.id, limit=9)
        elsewhere = audit.events_of(tx, world.elsewhere.id, limit=9)
    assert [(e.action, e.subject) for e in here] == [
        ("sign_in_failed", None),
        ("sign_in_failed", world.staff.id),
    ]
    assert [(e.action, e.subject) for e in elsewhere] == [("sign_in_failed", world.elsewhere_staff.id)]


def test_somebody_without_a_password_cannot_sign_in(deps: Deps, world: World) -> None:
    with deps.transaction() as tx:
        tx.execute(people.people.update().where(people.people.c.id == world.staff.id).values(password=None))
    for password in ("", "None", "nobody has this password"):
        with pytest.raises(WrongSignIn):
            enter(deps, world.staff, password)


def test_the_table_holds_a_hash_of_the_reference_and_nothing_else(deps: Deps, world: World) -> None:
    opened = enter(deps, world.staff)
    assert len(opened.token) >= 43  # 256 bits
    with deps.reading() as tx:
        row = tx.execute(sign_ins.sign_ins.select()).one()
    assert bytes(row.token_hash) == token_hash(opened.token)
    assert opened.token not in repr(row)


def test_references_are_never_the_same(deps: Deps, world: World) -> None:
    opened = [enter(deps, world.staff) for _ in range(20)]
    assert len({one.token for one in opened} | {one.device for one in opened}) == 40


LIMITS = [
    ("staff", timedelta(minutes=30), timedelta(hours=12)),
    ("therapist", timedelta(minutes=30), timedelta(hours=12)),
    ("patient", timedelta(days=7), timedelta(days=90)),
]
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(("who", "idle"), [(who, idle) for who, idle, _ in LIMITS])
def test_an_unused_sign_in_ends(deps: Deps, world: World, clock: Clock, who: str, idle: timedelta) -> None:
    opened = enter(deps, getattr(world, who))
    clock.set(clock.now() + idle - MOMENT)
    assert is_in(deps, opened)
    clock.set(clock.now() + idle)
    assert not is_in(deps, opened)


@pytest.mark.parametrize(("who", "idle", "absolute"), LIMITS)
def test_a_used_sign_in_ends_too(
    deps: Deps, world: World, clock: Clock, who: str, idle: timedelta, absolute: timedelta
) -> None:
    opened = enter(deps, getattr(world, who))
    end = clock.now() + absolute
    while clock.now() + idle * 0.9 < end:
        clock.set(clock.now() + idle * 0.9)
        assert is_in(deps, opened)
    clock.set(end - MOMENT)
    assert is_in(deps, opened)
    clock.set(end)
    assert not is_in(deps, opened)


def test_a_person_with_two_roles_has_the_shorter_limits(deps: Deps, world: World, clock: Clock) -> None:
    with deps.transaction() as tx:
        people.add_role(tx, world.therapist.id, next(iter(world.patient.roles)))
    opened = enter(deps, world.therapist)
    clock.advance(minutes=31)
    assert not is_in(deps, opened)


def test_last_seen_is_written_once_a_minute(deps: Deps, world: World, clock: Clock) -> None:
    opened, began = enter(deps, world.staff), clock.now()
    seen = []
    for seconds in (30, 29, 1, 59, 1):
        clock.advance(seconds=seconds)
        is_in(deps, opened)
        (current,) = signing_in.my_sign_ins(deps, world.staff)
        seen.append((current.last_seen_at - began).total_seconds())
    assert seen == [0, 0, 60, 60, 120]


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 50, "a" * 10_000])
def test_an_unknown_reference_is_nobody(deps: Deps, world: World, token: str) -> None:
    enter(deps, world.staff)
    assert signing_in.who_is(deps, token) is None


def test_signing_out_ends_this_sign_in_only(deps: Deps, world: World) -> None:
    here, there = enter(deps, world.staff), enter(deps, world.staff)
    signing_in.sign_out(deps, world.staff, here.sign_in.id)
    assert (is_in(deps, here), is_in(deps, there)) == (False, True)
    with pytest.raises(NotFound):
        signing_in.sign_out(deps, world.staff, here.sign_in.id)


def test_nobody_ends_another_persons_sign_in(deps: Deps, world: World) -> None:
    opened = enter(deps, world.patient)
    with pytest.raises(NotFound):
        signing_in.sign_out(deps, world.staff, opened.sign_in.id)
    assert is_in(deps, opened)


def test_signing_out_elsewhere_keeps_this_one(deps: Deps, world: World) -> None:
    mine = [enter(deps, world.staff) for _ in range(3)]
    other = enter(deps, world.colleague)
    assert signing_in.sign_out_elsewhere(deps, world.staff, mine[1].sign_in.id) == 2
    assert [is_in(deps, one) for one in (*mine, other)] == [False, True, False, True]


def test_the_list_shows_what_has_not_ended(deps: Deps, world: World, clock: Clock) -> None:
    first = enter(deps, world.staff)
    clock.advance(minutes=20)
    second = enter(deps, world.staff)
    enter(deps, world.colleague)
    ended = enter(deps, world.staff)
    signing_in.sign_out(deps, world.staff, ended.sign_in.id)
    assert [one.id for one in signing_in.my_sign_ins(deps, world.staff)] == [
        second.sign_in.id,
        first.sign_in.id,
    ]
    clock.advance(hours=12)
    assert signing_in.my_sign_ins(deps, world.staff) == ()


def test_the_list_leaves_out_what_was_idle_too_long(deps: Deps, world: World, clock: Clock) -> None:
    enter(deps, world.staff)
    enter(deps, world.patient)
    clock.advance(minutes=30)
    assert signing_in.my_sign_ins(deps, world.staff) == ()
    assert len(signing_in.my_sign_ins(deps, world.patient)) == 1


def test_disabling_ends_everything_at_once_and_enabling_revives_nothing(deps: Deps, world: World) -> None:
    opened = enter(deps, world.therapist)
    disable(deps, world.staff, world.therapist.id)
    assert not is_in(deps, opened)
    with pytest.raises(WrongSignIn):
        enter(deps, world.therapist)
    enable(deps, world.staff, world.therapist.id)
    assert not is_in(deps, opened)
    assert is_in(deps, enter(deps, world.therapist))


def test_a_new_password_needs_the_current_one_and_ends_the_other_sign_ins(deps: Deps, world: World) -> None:
    here, there = enter(deps, world.staff), enter(deps, world.staff)
    with pytest.raises(Refusal) as refused:
        change(deps, world.staff, here, current="wrong password here")
    assert refused.value.field == "current"
    assert (is_in(deps, here), is_in(deps, there)) == (True, True)
    change(deps, world.staff, here)
    assert (is_in(deps, here), is_in(deps, there)) == (True, False)
    with pytest.raises(WrongSignIn):
        enter(deps, world.staff)
    assert is_in(deps, enter(deps, world.staff, NEW_PASSWORD))


def test_many_sign_ins_at_once_are_all_good(deps: Deps, world: World) -> None:
    opened = together(12, lambda index: enter(deps, world.staff))
    assert all(isinstance(one, SignedIn) and is_in(deps, one) for one in opened)
    with deps.reading() as tx:
        assert audit.verify_chain(tx, world.clinic.id) == 12
