"""Appointments of the demo: hours, times to choose from for one patient, and another's appointment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import databases
from support.channel import FakeChannel
from support.clock import NOON, Clock
from support.demo import Told
from support.house import make_deps

from checkin.demo.again import again
from checkin.demo.meetings import CHOOSES, MEETS
from checkin.demo.people import THERAPISTS
from checkin.demo.seed import seed
from checkin.domain.appointment import MOST_OPTIONS
from checkin.domain.message import OF_AN_APPOINTMENT, WAITING, MessageKind
from checkin.domain.person import Role
from checkin.domain.prompt import PromptState
from checkin.services.see_appointments import Agenda, my_agenda
from checkin.services.set_hours import my_hours
from checkin.storage import messages


def agenda(told: Told, name: str) -> Agenda:
    return my_agenda(told.deps, told.person(name), Role.PATIENT)


@pytest.mark.parametrize("name", THERAPISTS)
def test_every_therapist_has_hours(told: Told, name: str) -> None:
    mine = my_hours(told.deps, told.person(name))
    assert mine.is_set
    assert {entry.weekday for entry in mine.availability.weekly} == set(range(5))


def test_one_patient_can_choose_and_another_has_an_appointment(told: Told) -> None:
    (offer,) = agenda(told, CHOOSES[0]).waiting
    assert (offer.other, len(offer.options)) == (CHOOSES[1], MOST_OPTIONS)
    assert offer.shared
    (meeting,) = agenda(told, MEETS[0]).agreed
    assert meeting.other == MEETS[1]
    assert meeting.begins > NOON


def test_no_prompt_of_the_demo_falls_into_the_appointment(told: Told) -> None:
    (meeting,) = agenda(told, MEETS[0]).agreed
    slot = meeting.appointment.slot
    assert slot is not None
    planned = [prompt for prompt in told.prompts(MEETS[0]) if prompt.state is PromptState.PLANNED]
    assert planned
    assert not any(slot.contains(prompt.due_at) or slot.contains(prompt.remind_at) for prompt in planned)


def test_the_messages_about_it_are_sent_already(told: Told) -> None:
    with told.deps.reading() as tx:
        found = [
            message
            for name in (CHOOSES[0], *MEETS)
            for message in messages.messages_of(tx, told.person(name).id)
            if message.kind in OF_AN_APPOINTMENT
        ]
    assert {message.kind for message in found} == {MessageKind.PROPOSAL, MessageKind.APPOINTMENT}
    assert not [message.kind for message in found if message.state in WAITING]


@pytest.mark.parametrize("days", [3, 30])
def test_started_again_later_there_are_times_again_when_there_was_an_infusion(told: Told, days: int) -> None:
    told.clock.advance(days=days)
    again(told.deps, told.clock.now())
    again(told.deps, told.clock.now())
    offers = agenda(told, CHOOSES[0]).waiting
    assert len(offers) == (
        1 if told.infusions(CHOOSES[0])[-1].at > told.clock.now() - timedelta(days=4) else 0
    )


def test_before_a_weekend_there_are_times_too(sqlite_template: Path, tmp_path: Path) -> None:
    friday = datetime(2026, 11, 27, 15, 20, tzinfo=UTC)
    with databases.copied_sqlite(sqlite_template, tmp_path) as database:
        clock, channel = Clock(friday), FakeChannel()
        seed(make_deps(database, clock, channel), friday)
        told = Told(database, clock, channel)
        assert agenda(told, CHOOSES[0]).waiting
        assert agenda(told, MEETS[0]).agreed
