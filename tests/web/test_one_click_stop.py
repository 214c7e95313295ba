"""Stopping reminders the way that mail programs do it for their reader (RFC 8058)."""

from urllib.parse import urlsplit
from uuid import uuid4

from flask import Flask
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World

from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage import patients
from checkin.storage.engine import Database


def test_a_mail_program_stops_reminders_with_one_post_and_no_cookie(
    app: Flask, deps: Deps, database: Database, world: World, clock: Clock, channel: FakeChannel
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, uuid4())
    (notice,) = channel.sent
    assert notice.unsubscribe_link is not None
    response = app.test_client(use_cookies=False).post(
        urlsplit(notice.unsubscribe_link).path, data={"List-Unsubscribe": "One-Click"}
    )
    assert response.status_code == 200
    with deps.reading() as tx:
        assert not patients.get_patient(tx, world.patient.id, world.clinic.id).reminders
    assert asked.prompt.remind_at is not None
    clock.set(asked.prompt.remind_at)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, uuid4())
    assert channel.sent == [notice]
