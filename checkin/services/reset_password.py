"""Setting a new password by e-mail, for whoever forgot theirs."""

import secrets
from datetime import timedelta

from checkin.domain.message import MessageKind
from checkin.domain.person import Person
from checkin.services.access import note_outsider
from checkin.services.deps import Deps
from checkin.services.invite_people import send_invitation
from checkin.services.throttle import network_of
from checkin.storage import messages, people, sign_ins
from checkin.storage.engine import Transaction


def request_reset(deps: Deps, email: str, *, address: str) -> None:
    """Write to the person with this e-mail, if there is one; ``address`` is the network address of who asks.

    Neither the answer nor the time it takes tells whether there is one.
    """
    now, settings = deps.now(), deps.settings
    limits = (
        (deps.keys.hash("reset", f"email:{people.normal_email(email)}"), settings.resets_an_hour),
        (deps.keys.hash("reset", f"address:{network_of(address)}"), settings.resets_an_hour_from_one_address),
    )
    with deps.transaction() as tx:
        for subject, most in limits:
            if sign_ins.count_failures(tx, subject, now - timedelta(hours=1)) >= most:
                return
        for subject, _ in limits:
            sign_ins.add_failure(tx, subject, now)
        found = people.find_by_email(tx, email)
        person = found[0] if found is not None and found[0].disabled_at is None else None
        note_outsider(tx, deps, "reset_requested", person)
        if person is not None:
            _send_reset(tx, deps, person)
        else:
            # Counted for nobody: it is written in the place of the message, and takes about as long.
            sign_ins.add_failure(tx, secrets.token_bytes(32), now)


def _send_reset(tx: Transaction, deps: Deps, person: Person) -> None:
    if not person.ready:
        send_invitation(tx, deps, person)
        return
    now = deps.now()
    messages.add_message(
        tx,
        clinic=person.clinic_id,
        person=person.id,
        kind=MessageKind.RESET,
        channel=deps.settings.mail_channel,
        now=now,
        not_after=now + deps.settings.reset,
    )
