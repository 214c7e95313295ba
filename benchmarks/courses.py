"""Patients with whole courses behind them, as the simulator draws them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from checkin.domain.check_in import CheckIn
from checkin.domain.form import Answers, compose, safety_level, scores
from checkin.domain.ids import CheckInId, InfusionId, new_id
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.domain.instruments import builtin_instruments
from checkin.domain.person import Person
from checkin.domain.prompt import PlannedPrompt, Prompt, PromptState
from checkin.domain.simulator.families import Family
from checkin.domain.simulator.patient import SimulatedCheckIn, simulate
from checkin.domain.simulator.rows import draw_course
from checkin.storage import check_ins, data_keys, infusions, prompts
from checkin.storage.engine import Transaction

ZONE = "Europe/Berlin"
# The simulator's topics, in its order, as the own forms name them.
_LINKS = ("interest", "mood", "sleep", "energy", "appetite", "self-worth", "concentration", "pace", "suicide")
_FULL, _EARLY = (compose([builtin_instruments()[name]]) for name in ("phq-style-24h", "phq-style-early"))


def add_course(tx: Transaction, person: Person, *, seed: int, now: datetime) -> None:
    """Store one to six infusions, the last one some days ago, with what was asked and answered since."""
    hours = draw_course(seed)
    family = tuple(Family)[seed % len(Family)]
    start = now - timedelta(days=1 + seed % 15, hours=hours[-1])
    given = [_add_infusion(tx, person, start + timedelta(hours=after)) for after in hours]
    asked = [one for one in simulate(family, seed=seed, infusions=hours).check_ins if not one.duplicate]
    for number, one in enumerate(asked):
        due = start + timedelta(hours=one.due)
        if due + timedelta(hours=1) > now:
            return
        infusion = next((each for each in reversed(given) if each.at <= due), given[0])
        prompt = _add_prompt(tx, person, infusion, f"step {number}", due)
        _settle(tx, prompt, one, start, person)


def _add_infusion(tx: Transaction, person: Person, at: datetime) -> Infusion:
    infusion = Infusion(
        id=InfusionId(new_id(at)),
        patient_id=person.id,
        state=InfusionState.GIVEN,
        at=at,
        zone=ZONE,
        route=Route.INTRAVENOUS,
        dose=Dose(amount=Decimal("0.5"), unit=DoseUnit.MG_PER_KG),
    )
    infusions.add_infusion(tx, infusion, person.clinic_id, at)
    return infusion


def _add_prompt(tx: Transaction, person: Person, infusion: Infusion, step: str, due: datetime) -> Prompt:
    planned = PlannedPrompt(
        step=step,
        opens_at=due - timedelta(minutes=15),
        due_at=due,
        remind_at=due + timedelta(minutes=20),
        expires_at=due + timedelta(hours=1),
        zone=ZONE,
        instruments=("phq-style-24h",),
    )
    prompts.add_prompts(
        tx, [planned], clinic=person.clinic_id, patient=person.id, infusion=infusion.id, now=due, awaits={}
    )
    return next(prompt for prompt in prompts.prompts_of_infusion(tx, infusion.id) if prompt.step == step)


def _settle(tx: Transaction, prompt: Prompt, one: SimulatedCheckIn, start: datetime, person: Person) -> None:
    """Let the prompt be answered as simulated, or expire."""
    if one.answered is None:
        prompts.close_prompt(tx, prompt.id, PromptState.EXPIRED, now=prompt.expires_at)
        return
    at = start + timedelta(hours=one.answered)
    prompts.close_prompt(tx, prompt.id, PromptState.ANSWERED, now=at)
    form = _EARLY if one.early else _FULL
    answers = _answers(form.instruments[0].reference, one.answers)
    check_in = CheckIn(
        id=CheckInId(new_id(at)),
        patient_id=person.id,
        infusion_id=prompt.infusion_id,
        prompt_id=prompt.id,
        answered_at=at,
        received_at=at,
        answers=answers,
        scores=scores(form.instruments, answers),
        safety=safety_level(form.instruments, answers),
    )
    key = data_keys.get_key(tx, person.id)
    check_ins.add_check_in(
        tx,
        check_in,
        clinic=person.clinic_id,
        submission_key=check_in.id.hex,
        body_hash=bytes(32),
        key=key,
    )


def _answers(reference: str, given: Sequence[int | None]) -> Answers:
    """The simulated answers by linkId; the early form leaves two topics out."""
    return {
        reference: {link: weight for link, weight in zip(_LINKS, given, strict=True) if weight is not None}
    }
