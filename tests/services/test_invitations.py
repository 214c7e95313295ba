"""Invitations: one use, a short life, the right person, and nothing learned from asking."""

from datetime import timedelta

import pytest
from support.care import a_token
from support.channel import FakeChannel
from support.clock import Clock
from support.invitations import DISPATCHER, GOOD, PHONE, accept, invite, last_link
from support.people import PASSWORD, World, add_person
from support.threads import together

from checkin.domain.errors import Conflict, Invalid, NotFound
from checkin.domain.message import MessageKind
from checkin.domain.person import Role
from checkin.domain.token import Purpose
from checkin.services import invite_people
from checkin.services import sign_in as signing_in
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.sign_in import SignedIn
from checkin.storage import audit, patients
from checkin.storage.engine import Database

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("role", Role)
def test_an_invited_person_sets_a_password_and_is_in(deps: Deps, world: World, role: Role) -> None:
    person, secret = invite(deps, world.staff, role)
    assert (person.name, person.email) == ("Mathilda Brightwater", "Mathilda@example.org")
    assert not person.ready
    opened = accept(deps, secret)
    assert opened.person.roles == {role}
    assert opened.sign_in.factors == "invite"
    assert signing_in.sign_in(deps, email="mathilda@example.org", password=GOOD, browser=PHONE)
    with deps.reading() as tx:
        if role is Role.PATIENT:
            assert patients.get_patient(tx, person.id, world.clinic.id).zone == world.clinic.settings.zone
        actions = [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=9)]
    assert actions == ["sign_in", "sign_in", "password_set_by_invite", "invited"]


def test_an_invitation_by_mail_is_the_same(deps: Deps, world: World, channel: FakeChannel) -> None:
    person, no_secret = invite(deps, world.staff, Role.THERAPIST, on_paper=False)
    assert no_secret == ""
    secret = last_link(deps, channel, MessageKind.INVITATION)
    assert channel.sent[-1].to_address == "Mathilda@example.org"
    assert accept(deps, secret).person.id == person.id


def test_an_invitation_works_once(deps: Deps, world: World) -> None:
    _person, secret = invite(deps, world.staff)
    accept(deps, secret)
    with pytest.raises(NotFound):
        accept(deps, secret, "another walnut orbit lantern")
    with pytest.raises(NotFound):
        signing_in.whose_token(deps, secret, Purpose.INVITE)


@pytest.mark.parametrize("purpose", [Purpose.INVITE, Purpose.RESET])
def test_two_people_with_the_same_link_at_once_one_wins(
    deps: Deps, world: World, database: Database, clock: Clock, purpose: Purpose
) -> None:
    with database.transaction() as tx:
        ready = purpose is Purpose.RESET
        person = add_person(tx, world.clinic.id, clock.now(), "Mathilda", Role.PATIENT, ready=ready)
    secret = a_token(database, person, purpose, clock.now())
    passwords = [f"{GOOD} {number}" for number in range(6)]
    opened = together(6, lambda index: accept(deps, secret, passwords[index], purpose=purpose))
    winners = [index for index, one in enumerate(opened) if isinstance(one, SignedIn)]
    assert len(winners) == 1
    assert [type(one) for one in opened if not isinstance(one, SignedIn)] == [NotFound] * 5
    assert signing_in.sign_in(deps, email=person.email, password=passwords[winners[0]], browser=PHONE)


def test_an_invitation_lasts_seven_days(deps: Deps, world: World, clock: Clock) -> None:
    _person, secret = invite(deps, world.staff)
    clock.advance(days=7)
    clock.set(clock.now() - MOMENT)
    assert signing_in.whose_token(deps, secret, Purpose.INVITE)
    clock.set(clock.now() + MOMENT)
    with pytest.raises(NotFound):
        accept(deps, secret)


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.INVITE])
def test_a_link_serves_its_own_purpose_only(
    deps: Deps, world: World, database: Database, clock: Clock, purpose: Purpose
) -> None:
    person, secret = invite(deps, world.staff)
    other = a_token(database, person, purpose, clock.now())
    with pytest.raises(NotFound):
        accept(deps, other, purpose=Purpose.INVITE)
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=purpose)


def test_a_new_invitation_ends_the_earlier_ones(deps: Deps, world: World) -> None:
    person, first = invite(deps, world.staff)
    again = invite_people.invite_again(deps, world.staff, person.id, on_paper=True)
    with pytest.raises(NotFound):
        accept(deps, first)
    assert accept(deps, again.secret or "").person.id == person.id
    with pytest.raises(Conflict):
        invite_people.invite_again(deps, world.staff, person.id, on_paper=True)


def test_a_new_invitation_ends_the_one_that_is_on_its_way(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    """Else whoever reads that mail could come in with its link."""
    person, _ = invite(deps, world.staff, on_paper=False)
    invite_people.invite_again(deps, world.staff, person.id, on_paper=True)
    deliver(deps, DISPATCHER)
    assert channel.sent == []
    invite_people.invite_again(deps, world.staff, person.id, on_paper=False)
    invite_people.invite_again(deps, world.staff, person.id, on_paper=False)
    deliver(deps, DISPATCHER)
    assert len(channel.sent) == 1
    assert accept(deps, last_link(deps, channel, MessageKind.INVITATION)).person.id == person.id


def test_an_invitation_still_waiting_is_not_sent_once_there_is_a_password(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    person, _ = invite(deps, world.staff, on_paper=False)
    paper = invite_people.invite_again(deps, world.staff, person.id, on_paper=True)
    accept(deps, paper.secret or "")
    deliver(deps, DISPATCHER)
    assert channel.sent == []


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.STAFF])
@pytest.mark.parametrize("on_paper", [True, False])
def test_inviting_somebody_who_is_here_gives_a_role_and_no_way_into_the_account(
    deps: Deps, world: World, channel: FakeChannel, role: Role, on_paper: bool
) -> None:
    """Else staff could set a new password for a patient and read what the patient shared with nobody."""
    invited = invite_people.invite(
        deps, world.staff, name="X", email=world.patient.email, role=role, on_paper=on_paper
    )
    assert invited.person.id == world.patient.id
    assert invited.secret is None
    deliver(deps, DISPATCHER)
    assert channel.sent == []
    opened = signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    assert opened.person.roles == {Role.PATIENT, role}
    assert opened.person.name == world.patient.name


def test_an_old_invitation_opens_nothing_once_there_is_a_password(
    deps: Deps, world: World, database: Database, clock: Clock
) -> None:
    secret = a_token(database, world.patient, Purpose.INVITE, clock.now())
    with pytest.raises(NotFound):
        accept(deps, secret)


def test_somebody_cannot_be_invited_twice_or_into_two_clinics(deps: Deps, world: World, clock: Clock) -> None:
    invite(deps, world.staff)
    clock.advance(minutes=3)  # until then it is taken for a button pressed twice
    for actor in (world.staff, world.elsewhere_staff):
        with pytest.raises(Conflict) as refused:
            invite(deps, actor)
        assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [
        ("", "a@example.org", "name"),
        ("   ", "a@example.org", "name"),
        ("\u200b\ufeff", "a@example.org", "name"),
        ("\x00\x1b", "a@example.org", "name"),
        ("😀 12", "a@example.org", "name"),
        ("A", "", "email"),
        ("A", "a", "email"),
        ("A", "a@example.org\r\nBcc: b@example.org", "email"),
        ("A", "a b@example.org", "email"),
    ],
)
def test_a_name_and_an_address_are_needed(
    deps: Deps, world: World, name: str, email: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        invite_people.invite(deps, world.staff, name=name, email=email, role=Role.PATIENT, on_paper=True)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "1234567890",
        "passwordpassword",
        "qwertyuiop12",
        "mathilda brightwater",
        "x" * 129,
        "          ",
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays_good(deps: Deps, world: World, password: str) -> None:
    _person, secret = invite(deps, world.staff)
    with pytest.raises(Invalid) as refused:
        accept(deps, secret, password)
    assert refused.value.field == "password"
    assert accept(deps, secret)


@pytest.mark.parametrize(
    "password", ["sieve lantern orbit walnut " * 4, "пароль из слов фонарь", "🦉 tall owl at midnight"]
)
def test_long_and_foreign_passwords_are_taken_whole(deps: Deps, world: World, password: str) -> None:
    _person, secret = invite(deps, world.staff)
    accept(deps, secret, password)
    assert signing_in.sign_in(deps, email="mathilda@example.org", password=password, browser=PHONE)
    with pytest.raises(signing_in.WrongSignIn):
        signing_in.sign_in(deps, email="mathilda@example.org", password=password[:-1], browser=PHONE)
