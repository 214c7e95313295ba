"""The reminders' pages: what a patient can choose, by tap and without script, and what a phone may tell."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from support.asked import Asked, stored
from support.channel import FakeChannel
from support.clock import Clock
from support.people import NEW_YORK, World
from support.phones import subscribe_phone
from support.visitor import Visitor

from checkin.domain.message import ChannelName, MessageState
from checkin.domain.person import Patient
from checkin.domain.prompt import PromptState
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.services.set_reminders import my_reminders
from checkin.storage import messages, subscriptions
from checkin.storage.engine import Database

OWN = {"Origin": "http://127.0.0.1:8000"}


@pytest.fixture
def asked(deps: Deps, database: Database, world: World, clock: Clock) -> Asked:
    made = Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(seconds=1)
    deliver(deps, UUID(int=7))
    return made


@pytest.fixture
def patient(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.patient)
    return visitor


def mine(deps: Deps, world: World) -> Patient:
    return my_reminders(deps, world.patient).patient


def test_reminders_are_paused_and_started_again(patient: Visitor, deps: Deps, world: World) -> None:
    assert patient.post("/reminders/pause", {"days": "7"}).status_code == 303
    page = patient.get("/reminders").text
    assert "Reminders are paused until" in page
    assert "Reminders are paused." in patient.get("/home").text
    patient.post("/reminders/resume")
    assert not my_reminders(deps, world.patient).paused
    assert patient.post("/reminders/pause", {"days": "9999"}).status_code == 404


def test_channels_are_moved_taken_out_and_taken_in_again(patient: Visitor, deps: Deps, world: World) -> None:
    for act, channel, expected in (
        ("out", "email", 404),  # here it is the only one
        ("up", "carrier_pigeon", 303),
        ("in", "carrier_pigeon", 404),
        ("in", "email", 303),
    ):
        assert patient.post("/reminders/channels", {"act": act, "channel": channel}).status_code == expected
    assert mine(deps, world).channels == (ChannelName.EMAIL,)


def test_quiet_hours_are_agreed_to_and_taken_back(patient: Visitor, deps: Deps, world: World) -> None:
    patient.post("/reminders/quiet", {"agreed": "yes"})
    assert "You agreed to messages in the quiet hours" in patient.get("/reminders").text
    patient.post("/reminders/quiet", {"agreed": "no"})
    assert mine(deps, world).quiet_agreed_at is None


def test_the_question_about_a_journey_is_answered_once(patient: Visitor, deps: Deps, world: World) -> None:
    page = patient.get("/home").text
    assert f'data-zone="{NEW_YORK}" data-refused=""' in page
    patient.post("/reminders/zone", {"zone": "Europe/Berlin", "moves": "no"})
    assert 'data-refused="Europe/Berlin"' in patient.get("/home").text
    assert mine(deps, world).zone == NEW_YORK
    patient.post("/reminders/zone", {"zone": "Asia/Tokyo", "moves": "yes"})
    assert 'data-zone="Asia/Tokyo" data-refused=""' in patient.get("/home").text
    assert patient.post("/reminders/zone", {"zone": "Mars/Base", "moves": "yes"}).status_code == 404


def test_fault_24_the_patient_is_told_in_the_app(
    patient: Visitor, deps: Deps, world: World, clock: Clock
) -> None:
    phone = subscribe_phone(deps, world.patient)
    assert "Messages have stopped" not in patient.get("/home").text
    with deps.transaction() as tx:
        subscriptions.mark_gone(tx, world.patient.id, phone.address.endpoint, clock.now())
    assert "Messages have stopped reaching a phone of yours." in patient.get("/home").text
    assert "Messages stopped reaching your phone (Android phone or tablet)" in patient.get("/reminders").text
    patient.post(f"/reminders/phones/{phone.id}/remove")
    assert "Messages have stopped" not in patient.get("/home").text


@pytest.mark.parametrize("way", ["link", "signed in"])
def test_a_check_in_is_put_off_or_left_out_in_two_taps(
    asked: Asked, visitor: Visitor, world: World, deps: Deps, way: str
) -> None:
    path = f"/c/{asked.link}" if way == "link" else f"/check-in/{asked.prompt.id}"
    if way == "signed in":
        visitor.sign_in(world.patient)
    assert f'href="{path}/later"' in visitor.get(path).text
    page = visitor.get(f"{path}/later").text
    assert [words in page for words in ("In 30 minutes", "In 2 hours", "This evening")] == [True, True, False]
    put_off = visitor.post(f"{path}/later", {"later": "two_hours"})
    assert "We will remind you" in put_off.text
    assert visitor.post(f"{path}/later", {"later": "tonight"}).status_code == 422
    assert visitor.post(f"{path}/later", {"later": "x"}).status_code == 422
    assert "not today" in visitor.post(f"{path}/later", {"later": "not_today"}).text
    assert asked.state() is PromptState.DECLINED
    assert visitor.get(f"{path}/later").status_code == 404


def sent_path(channel: FakeChannel) -> str:
    """The path of the link that was sent last."""
    return re.sub(r"^https?://[^/]+", "", channel.sent[-1].link or "")


def test_fault_39_loading_a_link_opens_nothing_until_the_page_itself_says_so(
    asked: Asked, visitor: Visitor, deps: Deps, channel: FakeChannel
) -> None:
    """Scanners and previews load links; only a page that really runs tells that it was opened."""
    path = sent_path(channel)

    def state() -> tuple[MessageState, bool]:
        with deps.reading() as tx:
            (message,) = messages.messages_of_prompt(tx, asked.prompt.id)
            opened = tx.execute(select(messages.messages.c.opened_at)).scalar_one()
        return message.state, opened is not None

    for _ in range(3):
        assert visitor.open("HEAD", path).status_code == 200
        assert visitor.get(path).status_code == 200
    assert asked.state() is PromptState.OPEN
    assert state() == (MessageState.ACCEPTED, False)
    assert visitor.bare_post(f"{path}/opened").status_code == 404, "not one of our pages"
    assert visitor.bare_post(f"{path}/opened", headers={"Origin": "https://evil.test"}).status_code == 404
    assert state() == (MessageState.ACCEPTED, False)
    assert visitor.bare_post(f"{path}/shown", headers=OWN).status_code == 204
    assert state() == (MessageState.RECEIPTED, False)
    for _ in range(2):
        assert visitor.bare_post(f"{path}/opened", headers=OWN).status_code == 204
    assert state() == (MessageState.RECEIPTED, True)


def test_fault_39_an_expired_link_and_a_made_up_one_are_the_same_to_everybody(
    asked: Asked, visitor: Visitor, clock: Clock
) -> None:
    clock.set(asked.prompt.expires_at + timedelta(hours=2))
    for link in (asked.link, "A" * 32):
        for method, path in (("GET", ""), ("GET", "/later"), ("POST", "/opened"), ("POST", "/shown")):
            answer = visitor.open(method, f"/c/{link}{path}", headers=OWN)
            assert answer.status_code == 404, path


def test_fault_39_of_two_browsers_with_one_link_the_first_answer_counts(
    asked: Asked, app: Flask, deps: Deps, world: World
) -> None:
    first, second = Visitor(app), Visitor(app)
    pages = [browser.get(f"/c/{asked.link}").text for browser in (first, second)]
    keys = [re.search(r'name="key" value="([^"]+)"', page) for page in pages]
    answers = asked.answers(weight=1)
    for browser, key, weight in ((first, keys[0], "1"), (second, keys[1], "2")):
        assert key is not None
        given = {name: "0" if name == "q9" else weight for name in answers}
        sent = browser.post(f"/c/{asked.link}", {**given, "key": key[1]})
        assert sent.status_code == 303
    counted = [one for one in stored(deps, world.patient) if not one.secondary]
    assert len(counted) == 1
    assert "1" in {str(value) for found in counted[0].answers.values() for value in found.values()}
    assert "2" not in {str(value) for found in counted[0].answers.values() for value in found.values()}
