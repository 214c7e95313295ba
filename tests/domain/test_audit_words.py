"""Every action that is written to the audit can be read there."""

import re
from pathlib import Path

from checkin.domain.audit_words import ACTION_WORDS

SERVICES = Path(__file__).parents[2] / "checkin" / "services"


def test_every_recorded_action_has_words() -> None:
    source = "\n".join(path.read_text() for path in SERVICES.glob("*.py"))
    written = set(re.findall(r'(?:action|looked)="([a-z_]+)"', source))
    assert len(written) > 20
    assert written <= ACTION_WORDS.keys()
