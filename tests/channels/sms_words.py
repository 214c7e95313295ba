"""A text to send, and the words it becomes."""

from typing import Any
from uuid import UUID

from channels.outgoing import a_notice, a_renderer

from checkin.channels.sms import one_segment
from checkin.domain.ids import MessageId

LINK = "https://checkin.test/c/" + "s3cret-x" * 4
NUMBER = "+15550101234"
ID = MessageId(UUID("0192f5c2-7c00-7000-8000-000000000001"))


def a_text(**changes: Any) -> Any:
    usual = {"to_address": NUMBER, "link": LINK, "unsubscribe_link": None}
    return a_notice(**{**usual, **changes})


def written(**changes: Any) -> str:
    return one_segment(a_text(**changes), a_renderer())
