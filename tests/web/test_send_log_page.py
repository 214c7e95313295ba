"""The send log as staff see it: every step with its channel and reason, in the patient's own time."""

from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.routes import Enter

from checkin.channels.base import ChannelError
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.remind import remind
from checkin.storage.engine import Database


def file_of(world: World, enter: Enter) -> str:
    return enter("staff").get(f"/clinic/patients/{world.patient.id}").text


def test_staff_see_what_was_sent_and_answered_and_nothing_of_the_answer(
    database: Database, deps: Deps, world: World, clock: Clock, channel: FakeChannel, enter: Enter
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=30)
    deliver(deps, world.staff.id)
    clock.advance(minutes=30)
    asked.send(asked.answers(weight=3, safety=0), note="the ceiling hummed")
    page = file_of(world, enter)
    assert "E-mail: sent" in page
    assert "Answered" in page
    assert "Tuesday 10 March, 12:30pm" in page, "New York, where the patient is"
    assert "ceiling" not in page


def test_a_failure_stands_out_with_its_reason(
    database: Database, deps: Deps, world: World, clock: Clock, channel: FakeChannel, enter: Enter
) -> None:
    Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    channel.fails(ChannelError(permanent=True, reason="recipient 550 5.1.1"))
    deliver(deps, world.staff.id)
    page = file_of(world, enter)
    assert "E-mail: failed. The mail came back: nobody gets mail at this address." in page
    assert 'class="trouble"' in page
