"""Infusions, prompts, links and answers as the services see them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from support.people import NEW_YORK

from checkin.domain.form import Form
from checkin.domain.ids import InfusionId, PersonId, PromptId, new_id
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.domain.person import Person
from checkin.domain.prompt import PlannedPrompt, Prompt
from checkin.domain.token import Purpose
from checkin.services import put_off
from checkin.services.answer_check_in import Submission
from checkin.services.deps import Deps
from checkin.services.record_infusion import Draft, record
from checkin.storage import infusions, prompts, tokens
from checkin.storage.engine import Database

NOTE = "the ceiling hummed like a refrigerator"
A_FORM = ("phq-style-24h",)
AFTER = [
    "hour-4",
    "evening-0",
    "hour-24",
    "evening-1",
    "hour-48",
    "hour-72",
    "day-4",
    "day-5",
    "day-7",
    "day-9",
    "day-11",
    "day-14",
    "day-21",
    "day-28",
]
"""The steps after an infusion, in order, by the built-in protocol."""


def given(at: datetime, **changes: object) -> Draft:
    """An infusion that ended at ``at``."""
    draft = Draft(
        state=InfusionState.GIVEN,
        at=at,
        zone=NEW_YORK,
        route=Route.INTRAVENOUS,
        dose=Dose(amount=Decimal("0.5"), unit=DoseUnit.MG_PER_KG),
        note="heart rate steady throughout",
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def an_infusion(deps: Deps, actor: Person, patient: Person, *, hours_ago: float = 4) -> Infusion:
    """Record an infusion that ended so long ago, with all its prompts."""
    return record(deps, actor, patient.id, given(deps.now() - timedelta(hours=hours_ago)))


def prompts_of(deps: Deps, patient: Person) -> tuple[Prompt, ...]:
    with deps.reading() as tx:
        return prompts.prompts_of(tx, patient.id)


def open_prompts(
    database: Database,
    patient: Person,
    now: datetime,
    *,
    number: int = 1,
    hours: float = 6,
    instruments: tuple[str, ...] = A_FORM,
) -> list[Prompt]:
    """Store an infusion with prompts that are open now, whatever time of day it is, and for so many hours."""
    infusion = Infusion(
        id=InfusionId(new_id(now)),
        patient_id=patient.id,
        state=InfusionState.GIVEN,
        at=now - timedelta(hours=4),
        zone=NEW_YORK,
    )
    planned = [
        PlannedPrompt(
            step=f"step-{index}",
            opens_at=now - timedelta(minutes=2),
            due_at=now - timedelta(minutes=1),
            remind_at=now + timedelta(hours=hours * 0.4),
            expires_at=now + timedelta(hours=hours),
            zone=NEW_YORK,
            instruments=instruments,
        )
        for index in range(number)
    ]
    with database.transaction() as tx:
        infusions.add_infusion(tx, infusion, patient.clinic_id, now)
        prompts.add_prompts(
            tx,
            planned,
            clinic=patient.clinic_id,
            patient=patient.id,
            infusion=infusion.id,
            now=now,
            awaits={},
        )
        return list(prompts.prompts_of_infusion(tx, infusion.id))


def a_token(
    database: Database,
    person: Person,
    purpose: Purpose,
    now: datetime,
    *,
    object_id: PromptId | None = None,
    lasts: timedelta = timedelta(hours=7),
) -> str:
    """Store a token and return the secret that goes into its link."""
    secret = secrets.token_urlsafe(24)
    with database.transaction() as tx:
        tokens.add_token(
            tx,
            secret,
            clinic=person.clinic_id,
            person=person.id,
            purpose=purpose,
            object_id=object_id,
            now=now,
            expires_at=now + lasts,
        )
    return secret


def a_link(database: Database, patient: Person, prompt: Prompt, now: datetime) -> str:
    """The secret of a check-in link as a notice carries it."""
    lasts = prompt.expires_at + timedelta(hours=1) - now
    return a_token(database, patient, Purpose.ANSWER, now, object_id=prompt.id, lasts=lasts)


def fill(form: Form, *, weight: int = 1, safety: int = 0) -> dict[str, str]:
    """Answer every question alike, and those about suicide with ``safety``."""
    return {
        question.name: str(min(question.maximum, question.minimum + (safety if question.safety else weight)))
        for question in form.questions
    }


def submission(submitted: Mapping[str, str], *, key: str | None = None, **more: object) -> Submission:
    """What a phone sends; without ``key`` a new one."""
    return Submission(key=key or secrets.token_urlsafe(24), submitted=submitted, **more)  # type: ignore[arg-type]


def decline(deps: Deps, patient: Person, prompt: PromptId) -> None:
    """The patient, signed in, says "not today"."""
    put_off.decline(deps, put_off.signed_in(deps, patient, prompt))


def steps(found: Sequence[Prompt]) -> dict[str, str]:
    """Step → state, to compare plans by eye."""
    return {prompt.step: prompt.state.value for prompt in found}


def nobody() -> PersonId:
    """An id that belongs to no one."""
    return PersonId(new_id(datetime.fromisoformat("2026-03-01T00:00:00+00:00")))


def stored(deps: Deps, patient: Person) -> tuple[Infusion, ...]:
    """The infusions of a patient as they are kept."""
    with deps.reading() as tx:
        return infusions.infusions_of(tx, patient.id)
