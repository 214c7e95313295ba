"""What all channels share: errors that the delivery rules understand, and links that cannot break out."""

import pytest
from channels.outgoing import a_notice

from checkin.channels.base import ChannelError, Uncertain
from checkin.domain.delivery import Fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ChannelError(permanent=True, reason="x"), Fault.PERMANENT),
        (ChannelError(permanent=False, reason="x"), Fault.TEMPORARY),
        (Uncertain(reason="x"), Fault.UNKNOWN),
    ],
)
def test_each_error_has_its_fault_and_reason(error: ChannelError, fault: Fault) -> None:
    assert (error.fault, error.reason, str(error)) == (fault, "x", "x")


@pytest.mark.parametrize("where", ["link", "unsubscribe_link"])
@pytest.mark.parametrize(
    "link",
    ["", "/c/relative", "javascript:alert(1)", "https://", "https://a.test/\r\nBcc: b@evil.test"]
    + ["https://a.test/ b", "https://a.test/>,<https://b.test", 'https://a.test/"', "https://ä.test/"],
)
def test_a_link_that_could_break_out_is_refused(where: str, link: str) -> None:
    with pytest.raises(ValueError, match="absolute, printable"):
        a_notice(**{where: link})


@pytest.mark.parametrize("link", ["http://127.0.0.1:5000/c/aZ-_9", "https://a.test/c/x?y=1&z=%20#a~b"])
def test_a_usual_link_is_taken(link: str) -> None:
    assert a_notice(link=link).link == link
