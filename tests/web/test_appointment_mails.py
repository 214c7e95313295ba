"""An appointment from proposal to cancellation over a real mail server, acted on the pages all the way."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
import vobject
from channels.outgoing import a_renderer
from peers import calendar_reader
from peers.smtp import SmtpPeer
from support.clock import Clock
from support.house import make_settings
from support.meetings import ready, starts
from support.people import World
from support.visitor import Visitor

from checkin.app import create_app
from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode
from checkin.domain.person import WakingHours
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.set_preferences import set_preferences
from checkin.storage.engine import Database

DISPATCHER = UUID(int=7)
BERLIN = "Europe/Berlin"


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as running:
        yield running


@pytest.fixture
def deps(deps: Deps, peer: SmtpPeer) -> Deps:
    """The house with a mail server of its own."""
    settings = SmtpSettings(
        host="localhost", port=peer.port, from_address="checkin@clinic.test", tls=TlsMode.NONE
    )
    channel = EmailChannel(settings, a_renderer())
    return replace(
        deps,
        channels={channel.name: channel},
        settings=replace(deps.settings, mail_from=settings.from_address),
    )


class Mails:
    """What arrived since the last look, by address."""

    def __init__(self, deps: Deps, peer: SmtpPeer) -> None:
        self._deps, self._peer, self._seen = deps, peer, 0

    def arrived(self) -> dict[str, EmailMessage]:
        deliver(self._deps, DISPATCHER)
        taken, self._seen = self._peer.taken[self._seen :], len(self._peer.taken)
        return {one.recipients[0]: message_from_bytes(one.content, policy=default) for one in taken}


def calendars(mail: EmailMessage) -> list[tuple[str, bytes]]:
    """The method that the mail names, and the file, for each calendar file in it."""
    return [
        (part.get_param("method"), part.get_payload(decode=True))
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]


def read(content: bytes) -> tuple[str, str, int, datetime, datetime]:
    """Method, uid, sequence and times, as vobject and a reader of our own agree on them."""
    one, other = calendar_reader.read(content), vobject.readOne(content.decode())
    (event,) = one.all("VEVENT")
    since, until = (calendar_reader.moment(one, event.one(name)) for name in ("DTSTART", "DTEND"))
    assert event.one("UID").value == other.vevent.uid.value
    assert since == other.vevent.dtstart.value
    assert until == other.vevent.dtend.value
    assert event.one("SEQUENCE").value == other.vevent.sequence.value
    assert one.one("METHOD").value == other.method.value
    assert one.all("VTIMEZONE")
    return other.method.value, other.vevent.uid.value, int(event.one("SEQUENCE").value), since, until


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


@pytest.mark.filterwarnings("ignore::DeprecationWarning:vobject")
def test_the_whole_way_of_one_appointment_as_vobject_and_a_reader_of_our_own_see_it(
    deps: Deps, world: World, peer: SmtpPeer, clock: Clock, database: Database
) -> None:
    from_berlin = WakingHours(since=time(8), until=time(21))
    set_preferences(deps, world.patient, zone=BERLIN, waking=from_berlin, reminders=False)
    offered = starts(ready(deps, world))[:2]
    app = create_app(make_settings(database), deps)
    patient, therapist = Visitor(app), Visitor(app)
    patient.sign_in(world.patient)
    therapist.sign_in(world.therapist)
    mails = Mails(deps, peer)

    def change(visitor: Visitor, path: str, **data: object) -> dict[str, EmailMessage]:
        clock.advance(minutes=1)
        assert visitor.post(path, data).status_code == 303
        return mails.arrived()

    values = [f"{at:%Y%m%dT%H%MZ}" for at in offered]
    proposed = change(therapist, f"/patients/{world.patient.id}/times", slots=values)
    assert set(proposed) == {world.patient.email}
    assert calendars(proposed[world.patient.email]) == []
    link = re.search(r"http://127.0.0.1:8000(/\S+)", text_of(proposed[world.patient.email]))
    assert link is not None
    page = patient.get(link[1]).text
    (path,) = re.findall(r'action="(/appointments/[\w-]+/pick)"', page)
    place = path.removesuffix("/pick")

    agreed = change(patient, path, slot=values[0])
    free = re.findall(r'name="slot" value="(\w+)"', therapist.get(f"{place}/move").text)
    moved = change(therapist, f"{place}/move", slot=free[-1])
    cancelled = change(patient, f"{place}/cancel")

    uids = set()
    for arrived, method, sequence in (
        (agreed, "REQUEST", 0),
        (moved, "REQUEST", 1),
        (cancelled, "CANCEL", 2),
    ):
        assert set(arrived) == {world.patient.email, world.therapist.email}
        for address, mail in arrived.items():
            files = calendars(mail)
            assert {named for named, _ in files} == {method}
            for _, content in files:
                found = read(content)
                assert (found[0], found[2]) == (method, sequence)
                since = values[0] if arrived is agreed else free[-1]
                assert f"{found[3].astimezone(deps.now().tzinfo):%Y%m%dT%H%MZ}" == since
                uids.add(found[1])
            zone = BERLIN if address == world.patient.email else "America/New York"
            assert f"That is the time in {zone}." in text_of(mail)
            for private in ("infus", "ketamin", "depress", world.patient.name, world.therapist.name):
                assert private not in str(mail["Subject"])
                assert private not in text_of(mail)
    assert len(uids) == 1
