"""The neutral record: all that an export may say, filtered by consent. Formats only write it down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checkin.domain.check_in import CheckIn
from checkin.domain.consent import Grant
from checkin.domain.infusion import Infusion
from checkin.domain.instrument import Instrument
from checkin.domain.person import Patient
from checkin.domain.prompt import Prompt


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A grant in force when the record was made, with the recipient's name."""

    grant: Grant
    recipient: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One patient's record as ``made_for`` may have it, at ``made_at`` (aware UTC).

    ``instruments`` by reference: every form there was. ``has_scores``, ``has_answers`` and ``has_notes``
    say what consent let through; what it did not is absent here already. ``basis``: the patient's own copy,
    or the consent that allows it. Times are told in ``zone``.
    """

    patient: Patient
    clinic: str
    zone: str
    made_at: datetime
    made_for: str
    basis: str
    infusions: tuple[Infusion, ...]
    prompts: tuple[Prompt, ...]
    check_ins: tuple[CheckIn, ...]
    instruments: Mapping[str, Instrument]
    consents: tuple[Consent, ...]
    has_scores: bool
    has_answers: bool
    has_notes: bool
