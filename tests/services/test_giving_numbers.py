"""A phone number: only its code goes there until its owner typed that in; STOP holds; reports hand over."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from support.asked import Asked
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.phones import EMAIL, NUMBER, PUSH, SMS, Reach, give_number

from checkin.channels.base import Callback, DeliveryReport, IncomingText, Stopped
from checkin.domain.errors import Invalid
from checkin.domain.message import ChannelName, MessageKind, MessageState
from checkin.domain.person import Person
from checkin.services import give_number as giving
from checkin.services import set_reminders
from checkin.services.deps import Deps
from checkin.services.take_callback import take_callback
from checkin.storage import audit, messages

OTHER_NUMBER = "+15550105678"
NOTICE, REMINDER = MessageKind.NOTICE, MessageKind.REMINDER


class CallingChannel(FakeChannel):
    """A fake for texts whose provider says whatever a test wants it to say."""

    def __init__(self) -> None:
        super().__init__(ChannelName.SMS)
        self.news: DeliveryReport | IncomingText | None = None

    def read(self, _callback: Callback, _now: object) -> DeliveryReport | IncomingText | None:
        return self.news


@pytest.fixture
def texts() -> CallingChannel:
    return CallingChannel()


@pytest.fixture
def reach(deps: Deps, clock: Clock, channel: FakeChannel, texts: CallingChannel) -> Reach:
    made = Reach(deps, clock, channel)
    made.sms = made.channels[SMS] = texts
    return made


def calls(reach: Reach, news: DeliveryReport | IncomingText) -> None:
    texts = reach.sms
    assert isinstance(texts, CallingChannel)
    texts.news = news
    take_callback(reach.deps, url="https://checkin.test/texts/callback", headers={}, body=b"")


def says(reach: Reach, words: str) -> None:
    calls(reach, IncomingText(number=NUMBER, words=words))


def code_of(reach: Reach) -> str:
    return reach.sms.of_kind(MessageKind.NUMBER)[-1].values["code"]


def test_a_number_is_used_from_when_its_code_was_typed_in(asked: Asked, reach: Reach, world: World) -> None:
    giving.give_number(reach.deps, world.patient, NUMBER)
    reach.tick()
    assert reach.way == [(SMS, MessageKind.NUMBER), (EMAIL, NOTICE)]
    giving.confirm_number(reach.deps, world.patient, f" {code_of(reach)[:3]} {code_of(reach)[3:]}")
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert reach.way[-1] == (SMS, REMINDER)


def test_another_code_an_old_one_and_the_sixth_try_are_refused(reach: Reach, world: World) -> None:
    giving.give_number(reach.deps, world.patient, NUMBER)
    reach.tick()
    code = code_of(reach)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(giving.MOST_TRIES):
        with pytest.raises(Invalid):
            giving.confirm_number(reach.deps, world.patient, wrong)
    with pytest.raises(Invalid):
        giving.confirm_number(reach.deps, world.patient, code)
    giving.give_number(reach.deps, world.patient, NUMBER)
    reach.tick()
    reach.clock.advance(minutes=30)
    with pytest.raises(Invalid):
        giving.confirm_number(reach.deps, world.patient, code_of(reach))


def test_a_code_works_once_and_for_its_owner_only(reach: Reach, world: World) -> None:
    giving.give_number(reach.deps, world.patient, NUMBER)
    reach.tick()
    code = code_of(reach)
    with pytest.raises(Invalid):
        giving.confirm_number(reach.deps, world.other_patient, code)
    giving.confirm_number(reach.deps, world.patient, code)
    with pytest.raises(Invalid):
        giving.confirm_number(reach.deps, world.patient, code)


def test_stop_moves_on_to_the_next_channel_and_shows_where_channels_are_chosen(
    asked: Asked, reach: Reach, world: World
) -> None:
    give_number(reach.deps, world.patient)
    says(reach, "Stop please")
    mine = set_reminders.my_reminders(reach.deps, world.patient)
    assert {way.channel: way.works for way in mine.ways} == {PUSH: False, SMS: False, EMAIL: True}
    assert mine.number is not None
    assert mine.number.stopped_at == reach.clock.now()
    reach.tick()
    assert reach.way == [(EMAIL, NOTICE)]
    says(reach, "START")
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert reach.way[-1] == (SMS, REMINDER)


def test_stop_between_two_ticks_is_heard_before_the_send(asked: Asked, reach: Reach, world: World) -> None:
    give_number(reach.deps, world.patient)
    reach.sms.meanwhile = lambda _outgoing: says(reach, "stop")
    reach.tick()
    assert reach.way == [(SMS, NOTICE)]
    reach.sms.fails()
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert reach.way == [(SMS, NOTICE), (EMAIL, REMINDER)]


def test_fault_27_a_text_reported_as_not_delivered_hands_over_once(
    asked: Asked, reach: Reach, world: World
) -> None:
    """Reports come twice and out of order; what is final stays final."""
    give_number(reach.deps, world.patient)
    reach.tick()
    (text,) = reach.sms.sent
    failed = DeliveryReport(message_id=text.message_id, delivered=False, reason="sms failed 30003")
    calls(reach, failed)
    calls(reach, failed)
    calls(reach, replace(failed, delivered=True, reason="sms delivered"))
    reach.tick()
    reach.clock.set(asked.prompt.remind_at)
    reach.tick()
    assert reach.way == [(SMS, NOTICE), (EMAIL, NOTICE)]
    with reach.deps.reading() as tx:
        first = messages.messages_of_prompt(tx, asked.prompt.id)[0]
    assert first.state is MessageState.FAILED


def test_fault_27_a_report_of_failure_after_delivery_changes_nothing(
    asked: Asked, reach: Reach, world: World
) -> None:
    give_number(reach.deps, world.patient)
    reach.tick()
    (text,) = reach.sms.sent
    delivered = DeliveryReport(message_id=text.message_id, delivered=True, reason="sms delivered")
    calls(reach, delivered)
    calls(reach, replace(delivered, delivered=False, reason="sms failed"))
    reach.tick()
    assert reach.way == [(SMS, NOTICE)]


def test_a_report_about_nothing_we_sent_changes_nothing(reach: Reach) -> None:
    unknown = DeliveryReport(message_id=UUID(int=1), delivered=False, reason="x", gone=True)  # type: ignore[arg-type]
    calls(reach, unknown)
    assert reach.way == []


def test_a_number_that_died_is_named_and_the_next_channel_used(
    asked: Asked, reach: Reach, world: World
) -> None:
    give_number(reach.deps, world.patient)
    reach.tick()
    (text,) = reach.sms.sent
    gone = DeliveryReport(message_id=text.message_id, delivered=False, reason="sms failed 30006", gone=True)
    calls(reach, gone)
    reach.tick()
    assert reach.way == [(SMS, NOTICE), (EMAIL, NOTICE)]
    number = giving.my_number(reach.deps, world.patient)
    assert number is not None
    assert number.gone_at is not None
    assert timedelta(0) <= reach.clock.now() - number.gone_at < timedelta(minutes=1)


def test_a_stop_outlives_the_number_that_is_taken_away_and_given_again(reach: Reach, world: World) -> None:
    """Only the phone takes it back, whatever is done on the pages and by whom."""
    give_number(reach.deps, world.patient)
    says(reach, "STOP")
    giving.forget_number(reach.deps, world.patient)
    give_number(reach.deps, world.patient)
    assert stopped(reach, world.patient)
    giving.give_number(reach.deps, world.patient, OTHER_NUMBER)
    giving.give_number(reach.deps, world.patient, NUMBER)
    assert stopped(reach, world.patient)
    give_number(reach.deps, world.other_patient)
    assert stopped(reach, world.other_patient)
    says(reach, "START")
    assert not stopped(reach, world.patient)
    assert not stopped(reach, world.other_patient)


@pytest.mark.parametrize("how", ["at once", "in a report"])
def test_a_stop_that_only_the_provider_knows_is_a_stop(
    asked: Asked, reach: Reach, world: World, how: str
) -> None:
    give_number(reach.deps, world.patient)
    if how == "at once":
        reach.sms.fails(Stopped(reason="sms 400 21610"))
        reach.tick()
    else:
        reach.tick()
        (text,) = reach.sms.sent
        reason = "sms failed 21610"
        calls(reach, DeliveryReport(message_id=text.message_id, delivered=False, reason=reason, stopped=True))
        reach.tick()
    assert stopped(reach, world.patient)
    assert reach.way[-1] == (EMAIL, NOTICE)
    actions = ("texts_stopped", "address_gone")
    with reach.deps.reading() as tx:
        told = [entry.action for entry in audit.events_about(tx, world.patient.id, actions=actions, limit=99)]
    assert told == ["texts_stopped"]


def test_three_codes_an_hour_for_a_person_and_for_a_phone(reach: Reach, world: World) -> None:
    for number in (NUMBER, OTHER_NUMBER, OTHER_NUMBER):
        giving.give_number(reach.deps, world.patient, number)
    with pytest.raises(giving.TooManyCodes):
        giving.give_number(reach.deps, world.patient, "+15550109999")
    giving.give_number(reach.deps, world.other_patient, OTHER_NUMBER)
    with pytest.raises(giving.TooManyCodes):
        giving.give_number(reach.deps, world.other_patient, OTHER_NUMBER)
    reach.clock.advance(hours=1)
    giving.give_number(reach.deps, world.patient, "+15550109999")


def stopped(reach: Reach, person: Person) -> bool:
    number = giving.my_number(reach.deps, person)
    assert number is not None
    return number.stopped_at is not None and not number.usable
