"""An answer above zero about suicide always raises an alert, however it came."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.asked import Asked, rows, stored
from support.care import submission
from support.clock import Clock
from support.people import World

from checkin.domain.message import MessageKind
from checkin.services import answer_check_in as answering
from checkin.services.answer_check_in import Saved
from checkin.services.deps import Deps
from checkin.storage import alerts, messages, people


@pytest.mark.parametrize("safety", [1, 2, 3])
def test_item_nine_above_zero_is_saved_and_raises_an_alert(
    asked: Asked, deps: Deps, world: World, clock: Clock, safety: int
) -> None:
    saved = asked.send(asked.answers(safety=safety))
    assert saved.safety
    with deps.reading() as tx:
        (alert,) = alerts.open_alerts(tx, world.clinic.id)
        told = {
            person.name: [m.kind for m in messages.messages_of(tx, person.id)] for person in world.everybody
        }
    assert (alert.patient_id, alert.check_in_id, alert.answered_at) == (
        world.patient.id,
        saved.id,
        clock.now(),
    )
    assert {name for name, kinds in told.items() if kinds} == {world.staff.name, world.colleague.name}
    assert told[world.staff.name] == [MessageKind.ALERT]
    assert stored(deps, world.patient)[0].safety == safety


def test_item_nine_at_zero_raises_none(asked: Asked, deps: Deps) -> None:
    assert not asked.send(asked.answers(weight=3, safety=0)).safety
    assert rows(deps, "alerts") == rows(deps, "messages") == 0


@pytest.mark.parametrize("how", ["secondary", "a change", "unprompted", "late"])
def test_item_nine_raises_an_alert_however_it_came(
    asked: Asked, deps: Deps, world: World, clock: Clock, how: str
) -> None:
    answers = asked.answers(safety=2)
    if how == "late":
        stamp = asked.be_late(timedelta(minutes=30), tick=True)
        asked.send(answers, fetched=stamp)
    elif how == "unprompted":
        answering.answer_unprompted(deps, world.patient, submission(answers))
    else:
        asked.send()
        asked.send(answers, changes=how == "a change")
    assert rows(deps, "alerts") == 1


@pytest.mark.parametrize("door", ["a link", "signed in", "unprompted"])
def test_under_a_used_key_it_is_kept_and_raises_an_alert_all_the_same(
    asked: Asked, deps: Deps, world: World, door: str
) -> None:
    """Without script somebody goes back, changes the last answer and sends the form once more."""
    key, zero, one = "a-key-of-one-page", asked.answers(), asked.answers(safety=1)
    send: dict[str, Callable[[dict[str, str]], Saved]] = {
        "a link": lambda answers: asked.send(answers, key=key),
        "signed in": lambda answers: answering.answer_prompt(
            deps, world.patient, asked.prompt.id, submission(answers, key=key)
        ),
        "unprompted": lambda answers: answering.answer_unprompted(
            deps, world.patient, submission(answers, key=key)
        ),
    }
    first, told, again = (send[door](answers) for answers in (zero, one, one))
    assert (first.safety, told.safety) == (False, True)
    assert again == told
    assert (rows(deps), rows(deps, "alerts")) == (2, 1)


def test_an_alert_stays_when_the_answer_is_changed(asked: Asked, deps: Deps, world: World) -> None:
    asked.send(asked.answers(safety=3))
    changed = asked.send(asked.answers(safety=0), changes=True)
    assert not changed.safety
    with deps.reading() as tx:
        assert len(alerts.open_alerts(tx, world.clinic.id)) == 1


def test_a_clinic_without_staff_still_keeps_the_alert(asked: Asked, deps: Deps, world: World) -> None:
    for person in (world.staff, world.colleague):
        with deps.transaction() as tx:
            people.set_disabled(tx, person.id, deps.now())
    assert asked.send(asked.answers(safety=1)).safety
    assert (rows(deps, "alerts"), rows(deps, "messages")) == (1, 0)
