"""The mail as it is written: its headers for any name and address, and nothing in them about health."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest
from channels.outgoing import STOP, a_notice, a_renderer
from hypothesis import example, given
from hypothesis import strategies as st

from checkin.channels.base import CalendarFile, ChannelError
from checkin.channels.email import deliverable
from checkin.channels.mail_content import LONGEST_NAME, compose
from checkin.channels.rendering import one_line
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageKind

RENDERER = a_renderer()
SENDER = "checkin@a-long-domain.clinic.test"
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
STOPPING = ["List-Unsubscribe", "List-Unsubscribe-Post"]
MIME = ["MIME-Version", "Content-Type"]
awkward = st.text(st.sampled_from('ab ,;<>@"\\()üж\u200d日=?_.:[]!\r\n\t\x0b\x85\u2028\x00'), max_size=120)


def in_bytes(**changes: object) -> bytes:
    """The mail as it goes out."""
    outgoing = a_notice(**changes)
    words = RENDERER.render(outgoing, ChannelName.EMAIL)
    return compose(outgoing, words, sender=SENDER, reader=deliverable(outgoing.to_address))


def written(**changes: object) -> EmailMessage:
    """The mail as a reader parses it, with the bytes checked on the way."""
    content = in_bytes(**changes)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    return message_from_bytes(content, policy=default)


def test_the_headers_are_these() -> None:
    assert sorted(written().keys()) == sorted(HEADERS + STOPPING + MIME)
    assert sorted(written(unsubscribe_link=None).keys()) == sorted(HEADERS + MIME)


def test_sender_subject_and_answering_machines() -> None:
    mail = written()
    assert mail["From"] == "Northside <checkin@a-long-domain.clinic.test>"
    assert mail["Subject"] == "Your check-in is ready"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_stopping_by_one_click_keeps_a_long_link_whole() -> None:
    assert in_bytes().count(f"\r\nList-Unsubscribe: <{STOP}>\r\n".encode()) == 1
    assert written()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_any_server_can_carry_it_because_it_is_ascii() -> None:
    assert in_bytes(sender_name="Zoë 日本").isascii()


@given(st.uuids().map(MessageId))
def test_the_message_id_is_the_rows_at_the_senders_domain(message_id: MessageId) -> None:
    assert written(message_id=message_id)["Message-ID"] == f"<{message_id}@a-long-domain.clinic.test>"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_date_is_when_it_is_sent(sent_at: datetime) -> None:
    assert parsedate_to_datetime(written(sent_at=sent_at)["Date"]) == sent_at.replace(microsecond=0)


@given(awkward | st.text(max_size=120), st.sampled_from(MessageKind))
@example("a, b" * 30, MessageKind.NOTICE)
@example("x" * 300, MessageKind.INVITATION)
@example("ü" * 300, MessageKind.INVITATION)
def test_no_name_adds_a_header_or_an_address(name: str, kind: MessageKind) -> None:
    mail = written(sender_name=name, kind=kind)
    assert sorted(mail.keys()) == sorted(HEADERS + STOPPING + MIME)
    assert [address.addr_spec for address in mail["From"].addresses] == [SENDER]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@home.test"]


@given(
    st.text(st.sampled_from("abcdefghi klm"), max_size=LONGEST_NAME)
    | st.sampled_from(["Ärzte, Haus & Co", 'J. "J"'])
)
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert written(sender_name=name)["From"].addresses[0].display_name == one_line(name)


@given(awkward.map(lambda local: f"{local}@home.test") | st.emails())
def test_an_address_is_refused_or_arrives_as_the_only_one(address: str) -> None:
    try:
        expected = deliverable(address)
    except ChannelError:
        return
    (only,) = written(to_address=address)["To"].addresses
    assert only.addr_spec.encode("utf-8", "surrogateescape").decode() == expected


@pytest.mark.parametrize("kind", list(MessageKind))
def test_nothing_but_the_reader_and_the_link_is_private_in_a_mail(kind: MessageKind) -> None:
    """Values that a kind does not ask for stay out, whoever passes them."""
    canaries = {name: f"canary-{name}" for name in ("patient", "name", "score", "answer", "dose", "note")}
    mail = written(kind=kind, values={"reference": "4821", "code": "482913", **canaries})
    seen = "".join(str(part.get_content()) for part in mail.iter_parts()) + str(mail.items())
    assert "canary" not in seen


def test_a_calendar_file_goes_along_unchanged_and_says_what_to_do_with_it() -> None:
    content = b"BEGIN:VCALENDAR\r\n" + "SUMMARY:Ünï\r\n".encode() * 40 + b"END:VCALENDAR\r\n"
    mail = written(kind=MessageKind.APPOINTMENT, calendar=CalendarFile(content=content, method="REQUEST"))
    (part,) = mail.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params == {"method": "REQUEST", "charset": "utf-8"}
    assert part.get_filename() == "appointment.ics"
    assert part.get_payload(decode=True) == content
    assert mail.get_body(("plain",)) is not None
