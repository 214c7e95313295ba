"""Check-ins that wait for an answer, and such as were answered a moment ago."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from browser.people import House, add_patient
from sqlalchemy import update
from support import care

from checkin.domain.ids import PromptId
from checkin.domain.person import Person
from checkin.services.answer_check_in import answer_by_link
from checkin.services.open_check_in import open_by_link
from checkin.storage.prompts import prompts
from checkin.storage.tokens import tokens


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A check-in that waits for its answers."""

    patient: Person
    prompt_id: PromptId
    secret: str

    @property
    def path(self) -> str:
        return f"/c/{self.secret}"


def waiting(house: House, patient: Person | None = None) -> Opened:
    """A prompt that is open now, with the link to it; without a patient, a new one's."""
    deps = house.deps
    patient = patient or add_patient(house, f"Robin {secrets.token_hex(4)}")
    [prompt] = care.open_prompts(house.database, patient, deps.now())
    secret = care.a_link(house.database, patient, prompt, deps.now())
    return Opened(patient=patient, prompt_id=prompt.id, secret=secret)


def answered(house: House, patient: Person | None = None) -> Opened:
    """One that was answered a moment ago, by somebody else's hands."""
    opened = waiting(house, patient)
    form = open_by_link(house.deps, opened.secret).form
    answer_by_link(house.deps, opened.secret, care.submission(care.fill(form)))
    return opened


def let_pass(house: House, opened: Opened, now: datetime) -> None:
    """Put a prompt and its link where they are after a night without a network: over."""
    moments = {"opens_at": 9.2, "due_at": 9.1, "remind_at": 8.6, "expires_at": 8.0}
    with house.deps.transaction() as tx:
        tx.execute(
            update(prompts)
            .where(prompts.c.id == opened.prompt_id)
            .values({name: now - timedelta(hours=hours) for name, hours in moments.items()})
        )
        mine = tokens.c.object_id == opened.prompt_id
        tx.execute(update(tokens).where(mine).values(expires_at=now - timedelta(hours=7)))
