"""A message to send, as tests need it, and the time to send it in."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from uuid import UUID

from checkin.channels.base import Outgoing
from checkin.channels.rendering import Renderer
from checkin.domain.ids import MessageId
from checkin.domain.message import MessageKind

ROOT = Path(__file__).parent.parent.parent
LINK = "https://checkin.test/c/" + "s3cret-" * 12
STOP = "https://checkin.test/stop/" + "n0more-" * 12
SENT_AT = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
AMPLE_S = 10.0
"""For an exchange that comes to its own end, on however busy a machine."""
BRIEF_S = 1.5
"""For a peer that hangs: enough for all that comes before."""


def a_notice(**changes: object) -> Outgoing:
    """A notice to Ada, ready at 6:30pm in New York and open for two hours."""
    usual = Outgoing(
        message_id=MessageId(UUID("0192f5c2-7c00-7000-8000-000000000001")),
        kind=MessageKind.NOTICE,
        to_address="ada@home.test",
        language="en",
        sender_name="Northside",
        sent_at=SENT_AT,
        zone="America/New_York",
        link=LINK,
        minutes=2,
        expires_at=datetime(2026, 3, 4, 1, 30, tzinfo=UTC),
        values={"reference": "4821", "code": "482913"},
        unsubscribe_link=STOP,
        at=datetime(2026, 3, 5, 15, 0, tzinfo=UTC),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def time_for(trouble: Enum) -> float:
    """Seconds for a peer in trouble: only a dropped connection ends by itself."""
    return AMPLE_S if trouble.name == "DROP" else BRIEF_S


def a_renderer(translations: Path | None = None) -> Renderer:
    """The real templates; English unless there are catalogues."""
    return Renderer(ROOT / "templates" / "messages", translations or ROOT / "no-catalogues")
