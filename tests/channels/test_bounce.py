"""Mail that came back, as mail servers write it: what names a dead address, and what does not."""

from uuid import UUID

import pytest

from checkin.channels.bounce import Bounce, read_bounce
from checkin.domain.ids import MessageId

ID = "019cd87a-0000-7c77-aebf-ffa78115c746"


def a_report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = "rfc822; ada@home.test",
    copy: str = "text/rfc822-headers",
    original: str = f"Message-ID: <{ID}@clinic.test>",
    extra: str = "",
) -> bytes:
    """A delivery status notification as Postfix sends it."""
    return f"""From: MAILER-DAEMON@clinic.test (Mail Delivery System)
To: checkin@clinic.test
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered to eve@elsewhere.test. Action: failed. Status: 5.1.1
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.clinic.test
Arrival-Date: Tue, 10 Mar 2026 16:00:00 +0000

{extra}Final-Recipient: {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--B
Content-Type: {copy}

{original}
Subject: Your check-in is ready

--B--
""".replace("\n", "\r\n").encode()


def test_a_final_failure_names_the_address_and_our_message() -> None:
    assert read_bounce(a_report()) == Bounce(address="ada@home.test", message_id=MessageId(UUID(ID)))


def test_a_whole_copy_names_our_message_too() -> None:
    found = read_bounce(a_report(copy="message/rfc822"))
    assert found is not None
    assert found.message_id == UUID(ID)


def test_the_address_we_wrote_to_counts_more_than_where_it_was_forwarded() -> None:
    found = read_bounce(a_report(extra="Original-Recipient: rfc822;ada@first.test\n"))
    assert found is not None
    assert found.address == "ada@first.test"


@pytest.mark.parametrize(
    "original", ["Message-ID: <abc@elsewhere.test>", "Message-ID: ???", "X-Nothing: here"]
)
def test_a_copy_that_is_not_ours_leaves_the_message_open(original: str) -> None:
    assert read_bounce(a_report(original=original)) == Bounce(address="ada@home.test", message_id=None)


@pytest.mark.parametrize(
    "mail",
    [
        a_report(action="delayed", status="4.4.1"),
        a_report(action="delivered", status="2.0.0"),
        a_report(status="4.2.2"),
        a_report(recipient="x400; c=de"),
        a_report(recipient="rfc822; "),
        b"From: ada@home.test\r\nSubject: Re: your check-in\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"",
        b"\x00\xff" * 50,
        b"Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n",
    ],
)
def test_what_is_no_final_failure_changes_nothing(mail: bytes) -> None:
    assert read_bounce(mail) is None
