"""The demo started again: what there is stays, and one patient's next prompt is made to fall due soon."""

import contextlib
from datetime import datetime, timedelta
from decimal import Decimal

from checkin.demo.meetings import offer_times, person
from checkin.demo.people import PATIENTS, STAFF
from checkin.demo.seed import DEMO_CLINIC, FIRST_STEP, SOON, Expected, NotTheDemo
from checkin.domain.errors import Refusal
from checkin.domain.infusion import Dose, DoseUnit, InfusionState, Route
from checkin.domain.person import Person
from checkin.domain.prompt import PlannedPrompt, Prompt, PromptState
from checkin.services.deps import Deps
from checkin.services.estimate_windows import estimate_windows
from checkin.services.open_clinic import every_clinic
from checkin.services.record_infusion import Draft, record
from checkin.services.set_preferences import my_preferences
from checkin.storage import prompts

_REMINDED_AFTER, _OPEN_FOR = timedelta(minutes=30), timedelta(hours=3)


def again(deps: Deps, now: datetime) -> Expected | None:
    """Bring forward the next prompt of somebody with reminders; None where nobody has one left.

    First of all it is the patient who had an infusion when the demo began, with another one if need be.
    Raises ``NotTheDemo``.
    """
    if [clinic.id for clinic in every_clinic(deps)] != [DEMO_CLINIC]:
        raise NotTheDemo
    while estimate_windows(deps):  # those of the last time are too old to find times by
        pass
    offer_times(deps)
    for who in sorted(PATIENTS, key=lambda who: not who.armed):
        if not who.infusions or not who.reminders or who.discharged:
            continue
        patient = person(deps, who.name)
        prompt = _next(deps, patient, now)
        if prompt is None and who.armed:
            _treat(deps, patient, now)
            prompt = _next(deps, patient, now)
        if prompt is not None:
            return Expected(name=who.name, due_at=_bring_forward(deps, prompt, now + SOON))
    return None


def _next(deps: Deps, patient: Person, now: datetime) -> Prompt | None:
    """The next prompt of which nothing was sent."""
    with deps.reading() as tx:
        planned = prompts.prompts_of(tx, patient.id)
    unsent = (prompt for prompt in planned if prompt.state is PromptState.PLANNED and prompt.due_at > now)
    return next(unsent, None)


def _treat(deps: Deps, patient: Person, now: datetime) -> None:
    """Record an infusion that ended four hours ago, unless there was one in the last hours."""
    draft = Draft(
        state=InfusionState.GIVEN,
        at=now + SOON - FIRST_STEP,
        zone=my_preferences(deps, patient).zone,
        route=Route.INTRAVENOUS,
        dose=Dose(amount=Decimal("0.5"), unit=DoseUnit.MG_PER_KG),
    )
    with contextlib.suppress(Refusal):
        record(deps, person(deps, STAFF[0]), patient.id, draft)


def _bring_forward(deps: Deps, prompt: Prompt, due_at: datetime) -> datetime:
    """Let the notice go then, if not before, at whatever time of day: somebody is waiting to see it."""
    if prompt.due_at <= due_at:
        return prompt.due_at
    moved = PlannedPrompt(
        step=prompt.step,
        opens_at=min(prompt.opens_at, due_at),
        due_at=due_at,
        remind_at=due_at + _REMINDED_AFTER,
        expires_at=due_at + _OPEN_FOR,
        zone=prompt.zone,
        instruments=prompt.instruments,
    )
    with deps.transaction() as tx:
        prompts.move_prompt(tx, prompt.id, moved)
    return due_at
