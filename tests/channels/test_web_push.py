"""Web push against a real push service whose browsers decrypt: what arrives, what is never sent, keys."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from channels.outgoing import SENT_AT, a_notice, a_renderer
from channels.pushes import TOPIC, a_push, refused
from channels.said import PRIVATE, UNKIND
from peers.certificates import Certificate
from peers.push_service import PushService, Taken, encoded
from support.push import KEY, SUBJECT, Alarms, push_channel

from checkin.channels.base import Gone
from checkin.channels.vapid_key import new_vapid_key
from checkin.channels.web_push import MOST_BYTES, PushSettings, WebPushChannel, payload
from checkin.domain.message import MessageKind
from checkin.domain.push import PushAddress

SAID = [MessageKind.NOTICE, MessageKind.REMINDER, MessageKind.ALERT]


def sent(service: PushService, channel: WebPushChannel, **changes: Any) -> Taken:
    channel.send(a_push(service, **changes))
    return service.browser().waiting[-1]


# What arrives


def test_the_browser_reads_what_was_sent(service: PushService, certificate: Certificate) -> None:
    push = sent(service, push_channel(service, certificate, []))
    assert push.content == {
        "title": "Check-in",
        "body": "Your 2-minute check-in is ready.",
        "start": "Start",
        "later": "Later",
        "path": "/c/" + "s3cret-" * 12,
        "tag": TOPIC,
    }
    assert (push.ttl, push.urgency, push.topic) == (2 * 3600, "normal", TOPIC)


def test_only_the_reminder_is_heard_again(service: PushService, certificate: Certificate) -> None:
    """It takes the place of the notice, which is silent otherwise."""
    channel = push_channel(service, certificate, [])
    heard = {kind: sent(service, channel, kind=kind).content.get("again") for kind in SAID}
    assert heard == {kind: True if kind is MessageKind.REMINDER else None for kind in SAID}


def test_the_receipt_names_what_the_service_made(service: PushService, certificate: Certificate) -> None:
    receipt = push_channel(service, certificate, []).send(a_push(service))
    assert receipt.provider_id == f"{service.url}/message/1"


def test_an_alert_is_urgent_and_waits_a_day(service: PushService, certificate: Certificate) -> None:
    push = sent(service, push_channel(service, certificate, []), kind=MessageKind.ALERT, expires_at=None)
    assert (push.urgency, push.ttl) == ("high", 24 * 3600)
    assert push.content["body"] == "Case 4821 waits for you. Sign in to see it."


def test_a_reminder_replaces_the_notice_that_was_not_shown(
    service: PushService, certificate: Certificate
) -> None:
    channel = push_channel(service, certificate, [])
    channel.send(a_push(service))
    channel.send(a_push(service, kind=MessageKind.REMINDER))
    (shown,) = service.browser().waiting
    assert shown.content["body"] == "Your check-in is still open. It takes about 2 minutes."


def test_another_browser_cannot_read_it(service: PushService, certificate: Certificate) -> None:
    push_channel(service, certificate, []).send(a_push(service))
    stranger = service.browser("another")
    with pytest.raises(Exception, match=r".*") as caught:
        stranger.decrypt(service.requests[0].body)
    assert type(caught.value).__name__ == "InvalidTag"


def test_nothing_of_it_travels_in_clear_and_no_two_look_alike(
    service: PushService, certificate: Certificate
) -> None:
    channel = push_channel(service, certificate, [])
    channel.send(a_push(service))
    channel.send(a_push(service))
    first, second = (request.body for request in service.requests)
    assert first != second
    for request in service.requests:
        seen = request.path + repr(request.headers)
        assert b"s3cret" not in request.body
        assert b"Check-in" not in request.body
        assert "s3cret" not in seen
        assert "Northside" not in seen


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("repeat", [True, False])
def test_canaries_nothing_private_is_inside_either(kind: MessageKind, repeat: bool) -> None:
    """Names, drugs, scores: the lock screen shows what is inside, however well it was encrypted."""
    outgoing = a_notice(
        kind=kind, possible_repeat=repeat, sender_name="Ketamine Clinic Zagorski", topic=TOPIC
    )
    content = payload(outgoing, a_renderer()).decode()
    assert not re.search(PRIVATE, content, re.IGNORECASE)
    assert not re.search(UNKIND, content, re.IGNORECASE)
    assert "Zagorski" not in content
    assert "ada" not in content
    assert "http" not in content


@pytest.mark.parametrize("minutes", [None, 1, 12])
def test_the_minutes_are_said_as_they_are(minutes: int | None) -> None:
    content = payload(a_notice(minutes=minutes), a_renderer()).decode()
    assert ("minute" in content) is (minutes is not None)
    assert str(minutes or "") in content
    assert "None" not in content


def test_a_usual_push_leaves_room_for_languages_with_long_letters(
    service: PushService, certificate: Certificate
) -> None:
    assert sent(service, push_channel(service, certificate, [])).size < MOST_BYTES / 4


# What is never sent


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.RESET])
def test_a_link_that_signs_in_is_not_pushed(
    service: PushService, certificate: Certificate, kind: MessageKind
) -> None:
    error = refused(push_channel(service, certificate, []), a_push(service, kind=kind))
    assert (error.permanent, error.reason) == (True, "kind_not_sent_here")
    assert service.requests == []


@pytest.mark.parametrize("late", [timedelta(0), timedelta(milliseconds=999), timedelta(hours=-1)])
def test_nothing_is_sent_when_the_window_is_over(
    service: PushService, certificate: Certificate, late: timedelta
) -> None:
    error = refused(push_channel(service, certificate, []), a_push(service, expires_at=SENT_AT + late))
    assert (error.permanent, error.reason) == (True, "window_over")
    assert service.requests == []


def test_fault_25_more_than_4096_bytes_are_never_sent(service: PushService, certificate: Certificate) -> None:
    channel = push_channel(service, certificate, [])
    path = "/c/" + "x" * 8000
    error = refused(channel, a_push(service, link=f"https://checkin.test{path}"))
    assert (error.permanent, error.reason) == (True, "push_too_large")
    assert service.requests == []
    room = MOST_BYTES - sent(service, channel, link="https://checkin.test/").size
    assert sent(service, channel, link="https://checkin.test/" + "x" * room).size == MOST_BYTES
    assert refused(channel, a_push(service, link="https://checkin.test/" + "x" * (room + 1))).permanent


def test_a_key_that_is_on_no_curve_is_a_dead_address(service: PushService, certificate: Certificate) -> None:
    address = replace(service.browser().address(service.url), p256dh=encoded(b"\x04" + b"\x01" * 64))
    error = refused(
        push_channel(service, certificate, []), a_notice(to_address=address.to_json(), topic=TOPIC)
    )
    assert isinstance(error, Gone)
    assert service.requests == []


# Keys


def test_a_service_that_knows_another_key_refuses_ours(certificate: Certificate, alarms: Alarms) -> None:
    with PushService(certificate, new_vapid_key("other").public, now=SENT_AT.timestamp) as strict:
        error = refused(push_channel(strict, certificate, alarms), a_push(strict))
    assert error.reason == "push 403"
    assert alarms == ["push 403"]


def test_each_phone_is_written_to_with_the_key_it_knows(
    service: PushService, certificate: Certificate
) -> None:
    """After a change of keys, phones that have not been opened since are still reached."""
    newer = new_vapid_key("newer")
    channel = push_channel(service, certificate, [], keys=(newer, KEY))
    assert (channel.key_id, channel.public_key) == ("newer", newer.public)
    assert channel.takes(service.browser().address(service.url))
    assert sent(service, channel).content["title"] == "Check-in"


def test_a_phone_whose_key_was_thrown_away_is_kept_and_somebody_is_told(
    service: PushService, certificate: Certificate, alarms: Alarms
) -> None:
    channel = push_channel(service, certificate, alarms, keys=(new_vapid_key("newer"),))
    error = refused(channel, a_push(service))
    assert not isinstance(error, Gone)
    assert (error.permanent, error.reason, alarms) == (True, "push_key_missing", ["push_key_missing"])
    assert not channel.takes(service.browser().address(service.url))


@pytest.mark.parametrize("clock", [SENT_AT - timedelta(hours=11), SENT_AT + timedelta(hours=11)])
def test_clocks_may_differ_by_hours(certificate: Certificate, clock: datetime) -> None:
    with PushService(certificate, KEY.public, now=clock.timestamp) as other:
        sent(other, push_channel(other, certificate, []))


# Settings


@pytest.mark.parametrize(
    "subject",
    ["", "ops@checkin.test", "mailto:ops@localhost", "mailto: ops@checkin.test", "mailto:<ops@checkin.test>"]
    + ["https://localhost", "http://checkin.test", "https://127.0.0.1", "https://checkin.test/ "]
    + ["mailto:ops@checkin.test\n", "mailto:ops@127.0.0.1"],
)
def test_a_subject_that_apple_would_refuse_is_refused_at_the_start(subject: str) -> None:
    with pytest.raises(ValueError, match="to be reached at"):
        PushSettings(keys=(KEY,), subject=subject)


@pytest.mark.parametrize("subject", [SUBJECT, "https://checkin.example.org", "mailto:a.b+c@x-y.example.org"])
def test_a_usual_subject_is_taken(subject: str) -> None:
    assert PushSettings(keys=(KEY,), subject=subject).subject == subject


@pytest.mark.parametrize("keys", [(), (KEY, new_vapid_key(KEY.id))])
def test_keys_are_there_and_told_apart(keys: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="own id"):
        PushSettings(keys=keys, subject=SUBJECT)


def test_secrets_are_not_shown(service: PushService) -> None:
    assert KEY.private not in repr(PushSettings(keys=(KEY,), subject=SUBJECT))
    address = service.browser().address(service.url)
    assert address.endpoint not in repr(address)
    assert address.auth not in repr(address)
    assert PushAddress.from_json(address.to_json()) == address
