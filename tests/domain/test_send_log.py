"""The send log: each thing that can become of a check-in has its line, in the order of time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from courses import English

from checkin.domain.ids import ClinicId, InfusionId, MessageId, PersonId, PromptId
from checkin.domain.message import ChannelName, Message, MessageKind, MessageState, Reason
from checkin.domain.prompt import DISCHARGED, INFUSION_CANCELLED, SUPERSEDED, Prompt, PromptState
from checkin.domain.send_log import Answered, Closed, Entry, Sent, entries, why
from checkin.domain.words import Text

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PROMPT = PromptId(UUID(int=1))


def a_prompt(state: PromptState, number: int = 1, due_at: datetime = NOON) -> Prompt:
    return Prompt(
        id=PromptId(UUID(int=number)),
        patient_id=PersonId(UUID(int=2)),
        infusion_id=InfusionId(UUID(int=3)),
        step="day 1",
        state=state,
        opens_at=due_at,
        due_at=due_at,
        remind_at=due_at + timedelta(hours=2),
        expires_at=due_at + timedelta(hours=6),
        zone="Europe/Berlin",
        instruments=("phq-style-24h",),
        notified=state is not PromptState.PLANNED,
    )


def a_message(
    state: MessageState,
    *,
    minutes: int = 0,
    kind: MessageKind = MessageKind.NOTICE,
    channel: ChannelName = ChannelName.EMAIL,
    reason: str | None = None,
    opened: int | None = None,
) -> Sent:
    """A message that came to its state so many minutes after noon."""
    waiting = state in {MessageState.PENDING, MessageState.RETRY}
    at = NOON + timedelta(minutes=minutes)
    message = Message(
        id=MessageId(UUID(int=4)),
        clinic_id=ClinicId(UUID(int=5)),
        person_id=PersonId(UUID(int=2)),
        prompt_id=PROMPT,
        kind=kind,
        channel=channel,
        state=state,
        due_at=at,
        reason=reason,
    )
    opened_at = None if opened is None else NOON + timedelta(minutes=opened)
    return Sent(message=message, settled_at=None if waiting else at, opened_at=opened_at)


def said(words: Text | None) -> str:
    return "" if words is None else words.render(English())


def lines(entry: Entry) -> list[str]:
    return [
        f"{step.at:%H:%M} {said(step.words)}" + (f" ({said(step.why)})" if step.why else "")
        for step in entry.steps
    ]


def the_entry(
    state: PromptState,
    *sent: Sent,
    answered: Answered | None = None,
    closed: int | None = None,
    because: str | None = None,
) -> Entry:
    (entry,) = entries(
        [a_prompt(state)],
        {PROMPT: sent},
        {} if answered is None else {PROMPT: answered},
        {} if closed is None else {PROMPT: Closed(at=NOON + timedelta(minutes=closed), reason=because)},
    )
    return entry


def test_from_sent_over_opened_to_answered() -> None:
    at = NOON + timedelta(minutes=31)
    entry = the_entry(
        PromptState.ANSWERED,
        a_message(MessageState.RECEIPTED, channel=ChannelName.WEB_PUSH, opened=30),
        answered=Answered(answered_at=at, received_at=at, late=False),
    )
    assert lines(entry) == [
        "12:00 Message on the phone: arrived",
        "12:30 Message on the phone: opened",
        "12:31 Answered",
    ]
    assert (said(entry.status), entry.trouble) == ("Answered", False)


def test_a_failure_says_why_and_the_next_channel_follows() -> None:
    entry = the_entry(
        PromptState.OPEN,
        a_message(MessageState.FAILED, channel=ChannelName.SMS, reason="texts_stopped"),
        a_message(MessageState.ACCEPTED, minutes=1),
    )
    assert lines(entry) == [
        "12:00 Text message: failed (The patient answered STOP to text messages.)",
        "12:01 E-mail: sent",
    ]
    assert said(entry.status) == "Waiting for an answer"
    assert entry.trouble


def test_an_expired_one_ends_when_its_time_did() -> None:
    entry = the_entry(
        PromptState.EXPIRED,
        a_message(MessageState.ACCEPTED),
        a_message(MessageState.CANCELLED, minutes=120, kind=MessageKind.REMINDER, reason=Reason.PAUSED),
    )
    assert lines(entry) == [
        "12:00 E-mail: sent",
        "14:00 Reminder, E-mail: not needed any more (The patient has paused reminders.)",
        "18:00 The time to answer ended",
    ]
    assert said(entry.status) == "Not answered"


def test_fault_08_one_that_was_never_sent_says_so() -> None:
    unsent = replace(a_prompt(PromptState.EXPIRED), notified=False)
    (entry,) = entries([unsent], {}, {}, {})
    assert lines(entry) == ["18:00 Its time ended before anything was sent: the sender was not running"]
    assert (said(entry.status), entry.trouble) == ("Not sent", True)


def test_a_declined_one_says_when() -> None:
    entry = the_entry(PromptState.DECLINED, a_message(MessageState.ACCEPTED), closed=20)
    assert lines(entry)[-1] == "12:20 The patient chose “not today”"


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (SUPERSEDED, "The plan changed."),
        (DISCHARGED, "The treatment here ended."),
        (INFUSION_CANCELLED, "The infusion was cancelled."),
        ("next_infusion", "The next infusion comes first."),
        ("paused", "Reminders are paused then."),
        ("blocked", "The time for it is blocked."),
    ],
)
def test_a_cancelled_one_says_what_had_gone_out_and_why_it_ended(because: str, words: str) -> None:
    entry = the_entry(PromptState.CANCELLED, a_message(MessageState.ACCEPTED), closed=20, because=because)
    assert lines(entry) == ["12:00 E-mail: sent", f"12:20 Cancelled ({words})"]
    assert (said(entry.status), entry.again) == ("Cancelled", False)


def test_an_answer_from_a_phone_without_a_network_has_both_times_and_is_late() -> None:
    answered = Answered(
        answered_at=NOON + timedelta(hours=1), received_at=NOON + timedelta(hours=10), late=True
    )
    entry = the_entry(PromptState.ANSWERED, a_message(MessageState.ACCEPTED), answered=answered)
    assert lines(entry)[1:] == ["13:00 Answered on a phone without a network", "22:00 The answer reached us"]
    assert said(entry.status) == "Answered late"


def test_what_waits_stands_at_the_moment_it_waits_for() -> None:
    entry = the_entry(
        PromptState.OPEN, a_message(MessageState.RETRY, minutes=7, reason="recipient 451 4.7.1")
    )
    assert lines(entry) == [
        "12:07 E-mail: not sent yet, will be tried again (The mail server is busy or holds mail back.)"
    ]


@pytest.mark.parametrize("state", list(MessageState))
@pytest.mark.parametrize("channel", list(ChannelName))
def test_every_state_on_every_channel_has_words(state: MessageState, channel: ChannelName) -> None:
    (line,) = lines(the_entry(PromptState.OPEN, a_message(state, channel=channel)))
    assert "%" not in line


def test_what_is_to_come_is_no_entry_and_the_newest_is_first() -> None:
    prompts = [
        a_prompt(state, number, NOON + timedelta(hours=number)) for number, state in enumerate(PromptState, 1)
    ]
    found = entries(prompts, {}, {}, {})
    assert [entry.prompt.state for entry in found] == [
        PromptState.CANCELLED,
        PromptState.EXPIRED,
        PromptState.DECLINED,
        PromptState.ANSWERED,
        PromptState.OPEN,
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("recipient 550 5.1.1", "The mail came back: nobody gets mail at this address."),
        ("no_connection", "The server that sends it could not be reached."),
        ("server 454", "The server that sends it could not be reached."),
        ("no_answer", "The server that sends it did not say whether it took it."),
        ("content 554 5.7.1", "A mail server refused this mail."),
        ("recipient 550 5.7.1", "A mail server refused mail for this address."),
        ("sms 400 21610", "The patient answered STOP to text messages."),
        ("push 410", "The phone does not take messages any more."),
        ("push 403", "The phone's message service refuses our key."),
        ("push_key_missing", "The phone was subscribed with a key that is no longer in the settings."),
        ("sms undelivered 30007", "The provider could not deliver the text."),
        ("something new", "The channel answered: something new."),
        (Reason.WINDOW_OVER, "It was too late to send it."),
    ],
)
def test_reasons_in_words(code: str, words: str) -> None:
    assert said(why(code)) == words
