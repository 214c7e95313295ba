"""The patient's own first page: what can be answered now, what comes next, which infusion is the last."""

from dataclasses import dataclass
from datetime import datetime

from checkin.domain.consent import SETTLING_TIME
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.person import Patient, Person, Role
from checkin.domain.prompt import UNFINISHED, Prompt
from checkin.domain.push import Device
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import clinics, infusions, patients, pauses, prompts, subscriptions


@dataclass(frozen=True, kw_only=True)
class Home:
    """``open`` can be answered at this moment; ``coming`` are the next ones, soonest first.

    ``paused``: the patient has paused reminders. ``lost``: phones that pushes have stopped reaching.
    ``clinic_words``: what the clinic says about the day of the infusion, empty once 24 hours have passed;
    until then the patient is ``settling``.
    """

    patient: Patient
    open: tuple[Prompt, ...]
    coming: tuple[Prompt, ...]
    last_infusion: Infusion | None
    next_infusion: Infusion | None
    clinic_words: str
    settling: bool
    paused: bool
    lost: tuple[Device, ...]
    now: datetime


def my_home(deps: Deps, actor: Person) -> Home:
    """Return what the patient's first page shows."""
    roles.require(actor, Role.PATIENT)
    now = deps.now()
    with deps.reading() as tx:
        patient = patients.get_patient(tx, actor.id, actor.clinic_id)
        unfinished = [
            p for p in prompts.prompts_of(tx, actor.id) if p.state in UNFINISHED and p.expires_at > now
        ]
        known = infusions.infusions_of(tx, actor.id)
        settings = clinics.get_clinic(tx, actor.clinic_id).settings
        paused, _until = pauses.running_pause(tx, actor.id, now)
        lost = subscriptions.lost_devices(tx, actor.id)
    given = [infusion for infusion in known if infusion.state is InfusionState.GIVEN]
    planned = [i for i in known if i.state is InfusionState.PLANNED and i.at > now]
    settling = bool(given) and now < given[-1].at + SETTLING_TIME
    return Home(
        patient=patient,
        open=tuple(prompt for prompt in unfinished if prompt.opens_at <= now),
        coming=tuple(prompt for prompt in unfinished if prompt.opens_at > now),
        last_infusion=given[-1] if given else None,
        next_infusion=planned[0] if planned else None,
        clinic_words=settings.day_of_infusion_words if settling else "",
        settling=settling,
        paused=paused,
        lost=lost,
        now=now,
    )
