"""The mail channel to a server of ours; what it keeps open is closed after each test."""

from typing import Any

import pytest
from channels.outgoing import a_renderer

from checkin.channels.email import EmailChannel, SmtpSettings, TlsMode

EITHER_WAY = pytest.mark.parametrize("tls", [TlsMode.STARTTLS, TlsMode.TLS])
made: list[EmailChannel] = []


def a_channel(port: int, tls: TlsMode = TlsMode.NONE, **changes: Any) -> EmailChannel:
    settings = SmtpSettings(
        host="localhost", port=port, from_address="checkin@clinic.test", tls=tls, **changes
    )
    made.append(EmailChannel(settings, a_renderer()))
    return made[-1]


def rest() -> None:
    """Let every channel that was made close its connections."""
    while made:
        made.pop().rest()
