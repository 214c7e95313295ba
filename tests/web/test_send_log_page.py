"""The send log as staff see it: every step with its channel and reason, in the patient's own time."""

from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.routes import Enter

from checkin.channels.base import ChannelError
from checkin.services.deliver import deliver
from checkin.services.deps import Deps
from checkin.services.manage_people import discharge
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


def test_what_was_cancelled_says_why_beside_what_had_gone_out(
    database: Database, deps: Deps, world: World, clock: Clock, channel: FakeChannel, enter: Enter
) -> None:
    Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    deliver(deps, world.staff.id)
    clock.advance(minutes=9)
    discharge(deps, world.staff, world.patient.id)
    page = file_of(world, enter)
    _, cancelled = page.split("1 check-in cancelled")
    assert "E-mail: sent" in cancelled
    assert (
        "Cancelled</span>. The treatment here ended." in cancelled
        or "Cancelled. The treatment here ended." in cancelled
    )


def test_staff_send_again_and_are_told_when_no_more_may(
    database: Database, deps: Deps, world: World, clock: Clock, channel: FakeChannel, enter: Enter
) -> None:
    asked = Asked(deps, database, world.patient, clock)
    remind(deps)
    clock.advance(minutes=1)
    channel.fails(ChannelError(permanent=True, reason="content 554"))
    deliver(deps, world.staff.id)
    staff = enter("staff")
    assert "Send again" in staff.get(f"/clinic/patients/{world.patient.id}").text
    path = f"/clinic/patients/{world.patient.id}/check-ins/{asked.prompt.id}/again"
    done = staff.post(path)
    assert done.status_code == 303
    assert "It is on its way." in staff.get(done.location).text
    deliver(deps, world.staff.id)
    assert len(channel.sent) == 1
    refused = staff.post(path)
    assert (refused.status_code, "Call the patient." in refused.text) == (422, True)


def test_a_test_is_sent_from_both_pages_and_shown_there(
    deps: Deps, world: World, clock: Clock, channel: FakeChannel, enter: Enter
) -> None:
    staff, patient = enter("staff"), enter("patient")
    done = staff.post(f"/clinic/patients/{world.patient.id}/test")
    assert "A test is on its way." in staff.get(done.location).text
    deliver(deps, world.staff.id)
    assert "E-mail: sent" in file_of(world, enter)
    assert patient.post("/reminders/test").status_code == 422
    clock.advance(minutes=2)
    assert patient.post("/reminders/test").status_code == 303
    deliver(deps, world.staff.id)
    assert patient.get("/reminders").text.count("E-mail: sent") == 2
    assert len(channel.sent) == 2
