"""Resetting a password by e-mail: one use, a short life, and nothing learned from asking."""

import pytest
from support.channel import FakeChannel
from support.clock import Clock
from support.invitations import DISPATCHER, GOOD, PHONE, accept, invite, last_link, waiting
from support.people import PASSWORD, World

from checkin.domain.errors import NotFound
from checkin.domain.message import MessageKind
from checkin.domain.token import Purpose
from checkin.services import manage_people, reset_password
from checkin.services import sign_in as signing_in
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.storage import audit


def reset(deps: Deps, email: str, address: str = "198.51.100.7") -> None:
    reset_password.request_reset(deps, email, address=address)


def test_a_reset_sets_a_password_once_and_ends_every_sign_in(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    earlier = signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    reset(deps, world.patient.email.upper())
    secret = last_link(deps, channel, MessageKind.RESET)
    assert accept(deps, secret, purpose=Purpose.RESET).person.id == world.patient.id
    assert signing_in.who_is(deps, earlier.token) is None
    with pytest.raises(signing_in.WrongSignIn):
        signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=Purpose.RESET)


def test_a_reset_lasts_an_hour(deps: Deps, world: World, channel: FakeChannel, clock: Clock) -> None:
    reset(deps, world.patient.email)
    secret = last_link(deps, channel, MessageKind.RESET)
    clock.advance(minutes=60)
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=Purpose.RESET)


def test_one_used_reset_ends_the_others(deps: Deps, world: World, channel: FakeChannel) -> None:
    secrets = []
    for _ in range(2):
        reset(deps, world.patient.email)
        secrets.append(last_link(deps, channel, MessageKind.RESET))
    accept(deps, secrets[0], purpose=Purpose.RESET)
    with pytest.raises(NotFound):
        accept(deps, secrets[1], purpose=Purpose.RESET)


def test_changing_the_password_ends_a_reset_that_is_on_its_way(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    reset(deps, world.patient.email)
    secret = last_link(deps, channel, MessageKind.RESET)
    here = signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    signing_in.change_password(
        deps, world.patient, here.sign_in.id, current=PASSWORD, new=GOOD, browser=PHONE
    )
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=Purpose.RESET)


def test_disabling_makes_links_worthless(deps: Deps, world: World, channel: FakeChannel) -> None:
    reset(deps, world.therapist.email)
    secret = last_link(deps, channel, MessageKind.RESET)
    manage_people.disable(deps, world.staff, world.therapist.id)
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=Purpose.RESET)


def test_links_from_before_do_not_come_back_with_the_sign_in(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    reset(deps, world.therapist.email)
    secret = last_link(deps, channel, MessageKind.RESET)
    manage_people.disable(deps, world.staff, world.therapist.id)
    manage_people.enable(deps, world.staff, world.therapist.id)
    with pytest.raises(NotFound):
        accept(deps, secret, purpose=Purpose.RESET)


def test_another_address_of_one_network_gains_no_resets(deps: Deps, world: World) -> None:
    for number in range(30):
        reset(deps, f"somebody-{number}@example.org", f"2001:db8:1:2::{number:x}")
    reset(deps, world.patient.email, "2001:db8:1:2:ffff::")
    assert waiting(deps, world.patient) == []
    reset(deps, world.patient.email, "2001:db8:1:3::")
    assert waiting(deps, world.patient) == [MessageKind.RESET]


@pytest.mark.parametrize("who", ["nobody", "disabled"])
def test_no_reset_is_sent_to_nobody_and_to_the_disabled(
    deps: Deps, world: World, channel: FakeChannel, who: str
) -> None:
    reset(deps, "nobody@example.org" if who == "nobody" else world.disabled.email)
    deliver(deps, DISPATCHER)
    assert channel.sent == []


def test_asking_for_a_reset_without_a_password_sends_the_invitation_again(deps: Deps, world: World) -> None:
    person, _secret = invite(deps, world.staff)
    reset(deps, person.email)
    assert waiting(deps, person) == [MessageKind.INVITATION]


def test_three_resets_an_hour_for_one_email(deps: Deps, world: World, clock: Clock) -> None:
    for number in range(10):
        reset(deps, world.patient.email, f"203.0.113.{number}")
    assert waiting(deps, world.patient) == [MessageKind.RESET] * 3
    clock.advance(hours=1)
    reset(deps, world.patient.email)
    assert len(waiting(deps, world.patient)) == 4


def test_thirty_resets_an_hour_from_one_address(deps: Deps, world: World) -> None:
    for number in range(30):
        reset(deps, f"somebody-{number}@example.org")
    reset(deps, world.patient.email)
    assert waiting(deps, world.patient) == []
    reset(deps, world.patient.email, "198.51.100.8")
    assert waiting(deps, world.patient) == [MessageKind.RESET]


def test_every_reset_asked_for_leaves_one_event(deps: Deps, world: World) -> None:
    for email in ("nobody@example.org", world.patient.email, world.disabled.email):
        reset(deps, email)
    with deps.reading() as tx:
        events = audit.events_of(tx, world.clinic.id, limit=9)[::-1]
    assert [(e.action, e.subject) for e in events] == [
        ("reset_requested", None),
        ("reset_requested", world.patient.id),
        ("reset_requested", None),
    ]
