"""How many invitations a patient may ask for, and what becomes of those that are asked for at once."""

import pytest
from support.clock import Clock
from support.people import World
from support.threads import together

from checkin.domain.consent import Scope
from checkin.domain.message import MessageKind
from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.services.see_sharing import my_sharing
from checkin.services.set_clinic import change_settings, my_clinic
from checkin.services.share import TooManyInvitations, invite_therapist
from checkin.storage import messages, people


def invite(deps: Deps, patient: Person, email: str) -> None:
    invite_therapist(deps, patient, name="Cleo Marsh", email=email, scopes=[Scope.SCORES])


def sent_to(deps: Deps, email: str) -> int:
    """How many invitations are waiting for, or were sent to, this address."""
    with deps.reading() as tx:
        found = people.find_by_email(tx, email)
        kinds = [message.kind for message in messages.messages_of(tx, found[0].id)] if found else []
    return kinds.count(MessageKind.INVITATION)


def test_a_patient_invites_ten_people_a_day(deps: Deps, world: World, clock: Clock) -> None:
    """Else anybody treated here could have the clinic write to strangers without end."""
    emails = [f"stranger-{number}@example.net" for number in range(10)]
    for email in emails:
        invite(deps, world.patient, email)
    with pytest.raises(TooManyInvitations):
        invite(deps, world.patient, "one-more@example.net")
    assert sum(sent_to(deps, email) for email in (*emails, "one-more@example.net")) == 10
    invite(deps, world.other_patient, "one-more@example.net")
    clock.advance(days=1)
    invite(deps, world.patient, "another@example.net")
    assert sent_to(deps, "another@example.net") == 1


def test_known_addresses_count_as_strangers_do(deps: Deps, world: World) -> None:
    known = [world.unasked, world.staff, world.elsewhere_staff, world.elsewhere_therapist, world.disabled]
    for person in (*known, *known):
        invite(deps, world.patient, person.email)
    with pytest.raises(TooManyInvitations):
        invite(deps, world.patient, world.unasked.email)


def test_one_address_gets_three_a_day_and_the_patients_access_stands(deps: Deps, world: World) -> None:
    for patient in (world.patient, world.other_patient) * 3:
        invite(deps, patient, "Cleo@example.net")
    assert sent_to(deps, "cleo@example.net") == 3
    for patient in (world.patient, world.other_patient):
        assert any(shown.name == "Cleo Marsh" for shown in my_sharing(deps, patient).recipients)


@pytest.mark.parametrize("who", ["nobody", "staff"])
def test_two_patients_inviting_one_therapist_at_once_share_with_one(
    deps: Deps, world: World, who: str
) -> None:
    email = "cleo@example.net" if who == "nobody" else world.staff.email
    patients = (world.patient, world.other_patient)
    done = together(6, lambda index: invite(deps, patients[index % 2], email))
    assert done == [None] * 6
    invited = [
        [shown.id for shown in my_sharing(deps, patient).recipients if shown.name == "Cleo Marsh"]
        for patient in patients
    ]
    assert len(invited[0]) == 1
    assert invited[0] == invited[1]


def test_settings_saved_at_once_are_all_kept(deps: Deps, world: World) -> None:
    settings = my_clinic(deps, world.staff).settings
    assert together(6, lambda _index: change_settings(deps, world.staff, settings)) == [None] * 6
