"""What happened after infusions: whole courses in the database, and single answers through the services."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from support.care import fill, prompts_of, submission
from support.clock import NOON

from checkin.domain.check_in import CheckIn, Line, Score
from checkin.domain.ids import CheckInId, InfusionId, new_id
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt
from checkin.services.answer_check_in import answer_prompt
from checkin.services.deps import Deps
from checkin.services.open_check_in import open_prompt
from checkin.storage import check_ins, data_keys, infusions
from checkin.storage.engine import Transaction


def first_open(deps: Deps, patient: Person) -> Prompt:
    """The first prompt of a patient that can be answered now."""
    return next(p for p in prompts_of(deps, patient) if p.opens_at <= deps.now() < p.expires_at)


def answer(deps: Deps, patient: Person, *, weight: int = 1, safety: int = 0, **more: object) -> Prompt:
    """Let the patient answer what is open now, every question alike."""
    prompt = first_open(deps, patient)
    submitted = fill(open_prompt(deps, patient, prompt.id).form, weight=weight, safety=safety)
    answer_prompt(deps, patient, prompt.id, submission(submitted, **more))
    return prompt


def a_course(
    tx: Transaction,
    patient: Person,
    scores: Iterable[tuple[float, float]],
    *,
    days_ago: float,
    now: datetime = NOON,
) -> None:
    """Store an infusion that ended so long before ``now``, and what was answered (hours since it, score)."""
    at = now - timedelta(days=days_ago)
    infusion = Infusion(
        id=InfusionId(new_id(at)),
        patient_id=patient.id,
        state=InfusionState.GIVEN,
        at=at,
        zone="America/New_York",
    )
    infusions.add_infusion(tx, infusion, patient.clinic_id, at)
    scored(tx, patient, infusion, scores)


def scored(
    tx: Transaction, patient: Person, infusion: Infusion, scores: Iterable[tuple[float, float]]
) -> None:
    """Store what was answered around an infusion (hours since it, score)."""
    key = data_keys.get_key(tx, patient.id)
    for hours, value in scores:
        moment = infusion.at + timedelta(hours=hours)
        score = Score(instrument="phq-style-24h|1", line=Line.PHQ_STYLE, value=value, maximum=27)
        check_in = CheckIn(
            id=CheckInId(new_id(moment)),
            patient_id=patient.id,
            infusion_id=infusion.id,
            prompt_id=None,
            answered_at=moment,
            received_at=moment,
            answers={},
            scores=(score,),
        )
        check_ins.add_check_in(
            tx,
            check_in,
            clinic=patient.clinic_id,
            submission_key=str(check_in.id),
            body_hash=bytes(32),
            key=key,
        )
