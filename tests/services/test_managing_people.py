"""What staff change about people: roles, names and addresses, one after the other and at once."""

import pytest
from support.channel import FakeChannel
from support.invitations import DISPATCHER, PHONE, accept, invite, last_link
from support.people import PASSWORD, World
from support.threads import together

from checkin.domain.errors import Conflict, Invalid, NotFound
from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role
from checkin.services import invite_people, manage_people
from checkin.services import sign_in as signing_in
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.storage import audit, people
from checkin.storage.data_keys import get_key


def test_a_new_role_ends_the_sign_ins_of_before(deps: Deps, world: World) -> None:
    """A patient's lasts for months; somebody who works here has twelve hours."""
    opened = signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    invite_people.invite(
        deps, world.staff, name="X", email=world.patient.email, role=Role.STAFF, on_paper=True
    )
    assert signing_in.who_is(deps, opened.token) is None
    again = signing_in.sign_in(deps, email=world.patient.email, password=PASSWORD, browser=PHONE)
    assert again.sign_in.ends_at == again.sign_in.created_at + deps.settings.sign_in_absolute


def correct(deps: Deps, actor: Person, person: Person, name: str, email: str) -> None:
    manage_people.correct_contact(deps, actor, person.id, name=name, email=email)


def test_a_mistyped_address_is_corrected_and_its_invitations_stop_working(
    deps: Deps, world: World, channel: FakeChannel
) -> None:
    person, _ = invite(deps, world.staff, on_paper=False)
    first = last_link(deps, channel, MessageKind.INVITATION)
    invite_people.invite_again(deps, world.staff, person.id, on_paper=False)
    for _ in range(2):
        correct(deps, world.staff, person, " Mathilda  Brightwater ", "mathilda@example.com ")
    deliver(deps, DISPATCHER)
    assert len(channel.sent) == 1, "what was on its way would carry a link that opens the record"
    with pytest.raises(NotFound):
        accept(deps, first)
    invite_people.invite_again(deps, world.staff, person.id, on_paper=False)
    secret = last_link(deps, channel, MessageKind.INVITATION)
    assert channel.sent[-1].to_address == "mathilda@example.com"
    assert accept(deps, secret).person.email == "mathilda@example.com"
    with deps.reading() as tx:
        (event,) = audit.events_about(tx, person.id, actions=("contact_corrected",), limit=9)
        assert event.private is not None
        key = get_key(tx, person.id)
        written = key.open(event.private, table="audit_events", row=event.id, column="private")
    assert written.index("Mathilda@example.org") > written.index("mathilda@example.com") > 0, "new, old"


def test_a_mistyped_name_is_corrected_and_its_invitation_stays(deps: Deps, world: World) -> None:
    person, secret = invite(deps, world.staff)
    correct(deps, world.staff, person, "Matilda Brightwater", person.email)
    assert accept(deps, secret).person.name == "Matilda Brightwater"


def test_an_address_is_not_corrected_to_one_that_is_here_nor_once_there_is_a_password(
    deps: Deps, world: World
) -> None:
    person, secret = invite(deps, world.staff)
    for email, error in ((world.elsewhere_staff.email, Conflict), ("not an address", Invalid)):
        with pytest.raises(error) as refused:
            correct(deps, world.staff, person, person.name, email)
        assert refused.value.field == "email"  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        correct(deps, world.staff, person, " ", person.email)
    accept(deps, secret)
    with pytest.raises(NotFound):
        correct(deps, world.staff, person, person.name, "mathilda@example.com")


def test_two_clinics_inviting_one_address_at_once_have_one_person(deps: Deps, world: World) -> None:
    actors = (world.staff, world.elsewhere_staff)
    done = together(6, lambda index: invite(deps, actors[index % 2], Role.THERAPIST))
    assert {type(one) for one in done} <= {tuple, Conflict}
    assert len({one[0].id for one in done if isinstance(one, tuple)}) == 1


@pytest.mark.parametrize("role", [Role.PATIENT, Role.THERAPIST])
def test_a_role_given_many_times_at_once_is_given_once(deps: Deps, world: World, role: Role) -> None:
    def give(index: int) -> Person:
        return invite_people.invite(
            deps, world.staff, name="X", email=world.colleague.email, role=role, on_paper=True
        ).person

    done = together(6, give)
    assert sorted(type(one).__name__ for one in done) == ["Conflict"] * 5 + ["Person"]


def test_an_address_corrected_and_invited_at_once_is_one_persons(deps: Deps, world: World) -> None:
    person, _ = invite(deps, world.staff)

    def act(index: int) -> object:
        if index % 2:
            return correct(deps, world.staff, person, person.name, "cleo@example.org")
        return invite_people.invite(
            deps,
            world.elsewhere_staff,
            name="Cleo",
            email="cleo@example.org",
            role=Role.STAFF,
            on_paper=True,
        )

    done = together(6, act)
    assert {type(one) for one in done} <= {type(None), Conflict, invite_people.Invitation}
    with deps.reading() as tx:
        found = people.find_by_email(tx, "cleo@example.org")
    assert found is not None


@pytest.mark.parametrize("who", ["patient", "therapist", "unasked", "disabled"])
def test_only_staff_manage_people(deps: Deps, world: World, who: str) -> None:
    actor, other = getattr(world, who), world.other_patient.id
    acts = (
        lambda: invite(deps, actor),
        lambda: invite_people.invite_again(deps, actor, other, on_paper=True),
        lambda: manage_people.disable(deps, actor, other),
        lambda: manage_people.enable(deps, actor, other),
        lambda: manage_people.discharge(deps, actor, other),
        lambda: manage_people.take_back(deps, actor, other),
        lambda: manage_people.waiting_for(deps, actor, other),
        lambda: manage_people.correct_contact(deps, actor, other, name="A", email="a@example.org"),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_people_of_another_clinic_do_not_exist(deps: Deps, world: World) -> None:
    actor, other = world.elsewhere_staff, world.patient.id
    acts = (
        lambda: invite_people.invite_again(deps, actor, other, on_paper=True),
        lambda: manage_people.disable(deps, actor, other),
        lambda: manage_people.enable(deps, actor, other),
        lambda: manage_people.discharge(deps, actor, other),
        lambda: manage_people.take_back(deps, actor, other),
        lambda: manage_people.waiting_for(deps, actor, other),
        lambda: manage_people.correct_contact(deps, actor, other, name="A", email="a@example.org"),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()
