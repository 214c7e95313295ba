"""Mathilda, who is invited, and the links that lead her in."""

from uuid import UUID

from support.channel import FakeChannel

from checkin.domain.message import MessageKind
from checkin.domain.person import Person, Role
from checkin.domain.token import Purpose
from checkin.services import invite_people
from checkin.services import sign_in as signing_in
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.sign_in import SignedIn
from checkin.services.throttle import Browser
from checkin.storage import messages

PHONE = Browser(address="198.51.100.7", description="A phone")
GOOD = "umbrella quartz ribbon meadow"
DISPATCHER = UUID(int=7)


def invite(
    deps: Deps, actor: Person, role: Role = Role.PATIENT, *, on_paper: bool = True
) -> tuple[Person, str]:
    """Invite Mathilda; return her and the secret of her link."""
    invited = invite_people.invite(
        deps,
        actor,
        name=" Mathilda Brightwater ",
        email="Mathilda@Example.org ",
        role=role,
        on_paper=on_paper,
    )
    return invited.person, invited.secret or ""


def accept(deps: Deps, secret: str, password: str = GOOD, *, purpose: Purpose = Purpose.INVITE) -> SignedIn:
    return signing_in.set_first_password(deps, secret, purpose, password=password, browser=PHONE)


def last_link(deps: Deps, channel: FakeChannel, kind: MessageKind) -> str:
    """Send what is due; return the secret of the last link of this kind."""
    deliver(deps, DISPATCHER)
    link = channel.of_kind(kind)[-1].link
    assert link is not None
    return link.rpartition("/")[2]


def waiting(deps: Deps, person: Person) -> list[MessageKind]:
    with deps.reading() as tx:
        return [message.kind for message in messages.messages_of(tx, person.id)]
