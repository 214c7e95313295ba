"""Guessing is slowed down, from one address and from many, and the person who is guessed at still gets in."""

import pytest
from support.clock import Clock
from support.people import PASSWORD, World
from support.threads import together

from checkin.domain.errors import Refusal
from checkin.domain.person import Person
from checkin.services import sign_in as signing_in
from checkin.services.deps import Deps
from checkin.services.sign_in import SignedIn, WrongSignIn
from checkin.services.throttle import Browser, TooManyTries, network_of
from checkin.storage import audit


def enter(
    deps: Deps, email: str, *, address: str = "198.51.100.7", password: str = PASSWORD, device: str = ""
) -> SignedIn:
    browser = Browser(address=address, description="Some browser", device=device)
    return signing_in.sign_in(deps, email=email, password=password, browser=browser)


def guesses(deps: Deps, email: str, number: int, *, addresses: int = 1, device: str = "") -> int:
    """Guess so often, from addresses in turn; return how many guesses were looked at."""
    looked_at = 0
    for index in range(number):
        try:
            address = f"203.0.113.{index % addresses}"
            enter(deps, email, address=address, password=f"guess {index}", device=device)
        except WrongSignIn:
            looked_at += 1
        except TooManyTries:
            pass
    return looked_at


def test_one_address_gets_five_guesses_at_one_email(deps: Deps, world: World) -> None:
    assert guesses(deps, world.patient.email, 30) == 5
    with pytest.raises(TooManyTries):
        enter(deps, world.patient.email, address="203.0.113.0")


def test_the_count_begins_anew_after_fifteen_minutes(deps: Deps, world: World, clock: Clock) -> None:
    guesses(deps, world.patient.email, 30)
    clock.advance(minutes=15)
    assert guesses(deps, world.patient.email, 30) == 5


def test_tries_that_were_refused_do_not_make_the_wait_longer(deps: Deps, world: World, clock: Clock) -> None:
    guesses(deps, world.patient.email, 30)
    clock.advance(minutes=14)
    guesses(deps, world.patient.email, 30)
    clock.advance(minutes=1)
    assert enter(deps, world.patient.email, address="203.0.113.0").person == world.patient


def test_an_unknown_email_is_throttled_in_the_same_way(deps: Deps, world: World) -> None:
    assert guesses(deps, "nobody@example.org", 30) == guesses(deps, world.patient.email, 30)


def test_one_address_gets_fifty_guesses_over_all_emails(deps: Deps, world: World) -> None:
    emails = [f"somebody-{index}@example.org" for index in range(60)]
    assert sum(guesses(deps, email, 1) for email in emails) == 50


def test_many_addresses_get_fifty_guesses_at_one_email_and_then_one_each(deps: Deps, world: World) -> None:
    assert guesses(deps, world.patient.email, 160, addresses=40) == 50
    assert guesses(deps, world.patient.email, 160, addresses=80) == 40, "one from each address that is new"
    assert guesses(deps, world.patient.email, 160, addresses=80) == 0


def test_fault_40_the_victim_gets_in_while_being_attacked(deps: Deps, world: World, clock: Clock) -> None:
    """With the cookie of an earlier sign-in from anywhere, and without it from an address of one's own."""
    device = enter(deps, world.patient.email).device
    guesses(deps, world.patient.email, 30)
    assert enter(deps, world.patient.email, address="198.51.100.8").person == world.patient
    guesses(deps, world.patient.email, 300, addresses=100)
    assert enter(deps, world.patient.email, address="198.51.100.8").person == world.patient
    with pytest.raises(WrongSignIn):
        enter(deps, world.patient.email, address="198.51.100.8", password="a slip of the finger")
    with pytest.raises(TooManyTries):
        enter(deps, world.patient.email, address="198.51.100.8")
    assert enter(deps, world.patient.email, address="203.0.113.5", device=device).person == world.patient
    clock.advance(days=300)
    guesses(deps, world.patient.email, 300, addresses=100)
    assert enter(deps, world.patient.email, address="203.0.113.5", device=device).person == world.patient


def test_guesses_with_a_stolen_cookie_have_their_own_count(deps: Deps, world: World) -> None:
    stolen = enter(deps, world.patient.email).device
    own = enter(deps, world.patient.email).device
    assert guesses(deps, world.patient.email, 30, addresses=30, device=stolen) == 10
    assert enter(deps, world.patient.email, device=own).person == world.patient
    assert enter(deps, world.patient.email, address="198.51.100.8").person == world.patient


@pytest.mark.parametrize("make", [lambda device: "", lambda device: "." + device.partition(".")[2]])
def test_a_made_up_cookie_is_no_cookie(deps: Deps, world: World, make: object) -> None:
    device = make(enter(deps, world.patient.email).device)  # type: ignore[operator]
    guesses(deps, world.patient.email, 300, addresses=100)
    for made_up in (device, "x.y", "é.é", device + "0", "." * 500):
        with pytest.raises(TooManyTries):
            enter(deps, world.patient.email, address="203.0.113.5", device=made_up)


def test_a_cookie_is_good_for_its_own_person_only(deps: Deps, world: World) -> None:
    others = enter(deps, world.other_patient.email).device
    guesses(deps, world.patient.email, 300, addresses=100)
    with pytest.raises(TooManyTries):
        enter(deps, world.patient.email, address="203.0.113.5", device=others)


def test_a_successful_sign_in_forgives_nothing_and_costs_nothing(deps: Deps, world: World) -> None:
    for _ in range(30):
        enter(deps, world.patient.email)
    assert guesses(deps, world.patient.email, 30) == 5


def test_guessing_in_parallel_gains_little(deps: Deps, world: World) -> None:
    """What is under way when the limit is reached is still looked at: no more than run at the same time."""

    def guess(index: int) -> None:
        enter(deps, world.patient.email, password=f"guess {index}")

    looked_at = 0
    for _ in range(5):
        looked_at += sum(isinstance(one, WrongSignIn) for one in together(8, guess))
    assert looked_at <= 5 + 8


def owner_of(deps: Deps, token: str) -> Person | None:
    found = signing_in.who_is(deps, token)
    return None if found is None else found[1]


def test_the_throttle_is_not_global(deps: Deps, world: World) -> None:
    guesses(deps, world.patient.email, 300, addresses=100)
    opened = enter(deps, world.staff.email, address="198.51.100.9")
    assert owner_of(deps, opened.token) == world.staff


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:DB8:1:3::6", "2001:db8:1:3::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_what_one_place_may_choose_of_its_address_counts_for_nothing(address: str, network: str) -> None:
    assert network_of(address) == network


def test_another_address_of_the_same_network_gains_no_guesses(deps: Deps, world: World) -> None:
    refused = 0
    for index in range(12):
        try:
            enter(deps, world.patient.email, address=f"2001:db8:1:2::{index:x}", password="x")
        except TooManyTries:
            refused += 1
        except WrongSignIn:
            pass
    assert refused == 7
    assert enter(deps, world.patient.email, address="2001:db8:1:3::1").person == world.patient


def actions(deps: Deps, world: World, wanted: str) -> int:
    with deps.reading() as tx:
        found = audit.events_of(tx, world.clinic.id, limit=400)
    return sum(entry.action == wanted for entry in found)


def test_being_stopped_is_written_down_once_for_each_place_and_quarter_of_an_hour(
    deps: Deps, world: World, clock: Clock
) -> None:
    """Once, or whoever keeps on trying would fill the audit."""
    guesses(deps, world.patient.email, 30)
    assert (actions(deps, world, "sign_in_failed"), actions(deps, world, "sign_in_throttled")) == (5, 1)
    clock.advance(minutes=15)
    guesses(deps, world.patient.email, 30)
    assert actions(deps, world, "sign_in_throttled") == 2
    guesses(deps, "nobody@example.org", 30)
    assert actions(deps, world, "sign_in_throttled") == 3
    with deps.reading() as tx:
        assert audit.verify_chain(tx, world.clinic.id) > 0


def test_the_form_for_a_new_password_gains_no_guesses(deps: Deps, world: World) -> None:
    """Whoever found a phone unlocked could else try there what they may not try at the door."""
    here = enter(deps, world.patient.email)
    phone = Browser(address="198.51.100.7", description="Some browser", device=here.device)

    def change(current: str) -> None:
        signing_in.change_password(
            deps, world.patient, here.sign_in.id, current=current, new="umbrella quartz ribbon", browser=phone
        )

    for index in range(10):
        with pytest.raises(Refusal) as refused:
            change(f"guess {index}")
        assert refused.value.field == "current"
    with pytest.raises(TooManyTries):
        change(PASSWORD)
    with pytest.raises(TooManyTries):
        enter(deps, world.patient.email, device=here.device)
    assert actions(deps, world, "password_kept") == 10
    assert actions(deps, world, "password_changed") == 0
