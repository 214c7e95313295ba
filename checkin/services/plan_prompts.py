"""Bringing a patient's prompts in line with what is recorded: nothing that was sent is sent again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checkin.domain.clinic import Clinic
from checkin.domain.decision import Awaited, deciders, is_over, responded
from checkin.domain.ids import InfusionId, PromptId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import Reason
from checkin.domain.person import Patient
from checkin.domain.planner import Plan, plan
from checkin.domain.prompt import DISCHARGED, INFUSION_CANCELLED, Prompt, PromptState
from checkin.domain.replan import Changes, asked_steps, kept_reason, replan
from checkin.domain.trajectory import trace
from checkin.services import catalogue
from checkin.services.deps import Deps
from checkin.services.thresholds import thresholds_of
from checkin.storage import appointments, check_ins, infusions, messages, pauses, prompts
from checkin.storage import queued as queued_messages
from checkin.storage.engine import Transaction

# Longer than the longest protocol step (day 28 and two days to answer); older infusions have no open prompts.
_HORIZON = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """One infusion's plan beside what is kept of it.

    ``queued``: prompts with a notice that waits and certainly was not sent; in ``existing`` they are prompts
    of which nothing was sent: they may move, and the waiting notice with them. ``awaited``: by step, the one
    that is still to decide about it.
    """

    infusion: Infusion
    existing: tuple[Prompt, ...]
    queued: frozenset[PromptId]
    awaited: Mapping[str, Awaited]
    plan: Plan


def plan_for(
    tx: Transaction,
    deps: Deps,
    clinic: Clinic,
    patient: Patient,
    infusion: Infusion,
    others: Sequence[Infusion],
) -> Plan:
    """Return the plan of one infusion among the patient's ``others``, as it is or would be recorded.

    It is empty where nothing is planned any more: after a cancelled one, an old one, or for who has left.
    """
    known = [*(other for other in others if other.id != infusion.id), infusion]
    plans = _plans(tx, deps, clinic, patient, known)
    found = (planned.plan for planned in plans if planned.infusion.id == infusion.id)
    titles = catalogue.protocol_by_reference(tx, clinic.id, infusion.protocol).titles
    return next(found, Plan(prompts=(), not_planned=(), windows={}, titles=titles))


def bring_in_line(tx: Transaction, deps: Deps, clinic: Clinic, patient: Patient) -> None:
    """Add, move and cancel prompts of all the patient's recent infusions after something changed.

    The caller holds the patient's lock.
    """
    now = deps.now()
    known = infusions.infusions_of(tx, patient.id)
    for infusion in known:
        gone = infusion.state is InfusionState.CANCELLED or patient.discharged_at is not None
        if gone and infusion.at >= now - _HORIZON:
            existing = prompts.prompts_of_infusion(tx, infusion.id)
            reason = INFUSION_CANCELLED if patient.discharged_at is None else DISCHARGED
            _cancel(tx, {prompt.id: reason for prompt in existing if not _is_final(prompt)}, now)
    for planned in _plans(tx, deps, clinic, patient, known):
        _apply(tx, clinic, planned, replan(planned.existing, planned.plan, now=now), now)


def _plans(
    tx: Transaction, deps: Deps, clinic: Clinic, patient: Patient, known: Iterable[Infusion]
) -> Iterator[_Planned]:
    """Yield the plans of all recent infusions, earliest first; later ones go round what earlier ones ask."""
    if patient.discharged_at is not None:
        return
    now = deps.now()
    kept = sorted((one for one in known if one.state is not InfusionState.CANCELLED), key=lambda one: one.at)
    available = catalogue.instruments_of(tx, clinic.id).keys()
    paused = pauses.pauses_of(tx, patient.id, now)
    held = appointments.held_times(tx, patient.id, until_after=now)
    elsewhere: list[datetime] = []
    for infusion in (one for one in kept if one.at >= now - _HORIZON):
        existing, queued = _existing(tx, infusion.id)
        protocol = catalogue.protocol_by_reference(tx, clinic.id, infusion.protocol)
        deciding = deciders(protocol, infusion.at, patient.zones)
        decided = {step for step, awaited in deciding.items() if is_over(awaited, existing, now)}
        others = [other.at for other in kept if other.id != infusion.id and other.counts(now)]
        found = plan(
            protocol,
            infusion_at=infusion.at,
            planned=infusion.state is InfusionState.PLANNED,
            now=now,
            zones=patient.zones,
            waking=patient.waking,
            available=available,
            pauses=paused,
            quiet_agreed=patient.quiet_agreed_at is not None,
            blocked=held,
            previous_infusion_at=max((at for at in others if at < infusion.at), default=None),
            next_infusion_at=min((at for at in others if at > infusion.at), default=None),
            unmet=_unmet(tx, clinic, infusion, kept, existing, {step: deciding[step] for step in decided}),
            asked=asked_steps(existing),
            elsewhere=elsewhere,
        )
        elsewhere += [*(prompt.due_at for prompt in found.prompts), *asked_steps(existing).values()]
        awaited = {step: deciding[step] for step in deciding if step not in decided}
        yield _Planned(infusion=infusion, existing=existing, queued=queued, awaited=awaited, plan=found)


def _existing(tx: Transaction, infusion: InfusionId) -> tuple[tuple[Prompt, ...], frozenset[PromptId]]:
    """The prompts of an infusion as ``_Planned`` has them, and which of them are queued."""
    found = prompts.prompts_of_infusion(tx, infusion)
    queued = queued_messages.only_queued(tx, [one.id for one in found if one.state is PromptState.OPEN])
    return (
        tuple(
            replace(one, state=PromptState.PLANNED, notified=False) if one.id in queued else one
            for one in found
        ),
        queued,
    )


def _unmet(
    tx: Transaction,
    clinic: Clinic,
    infusion: Infusion,
    known: Sequence[Infusion],
    existing: Sequence[Prompt],
    decided: Mapping[str, Awaited],
) -> frozenset[str]:
    """Steps that are only for those who responded, where the deciding step is over without a response."""
    if not decided:
        return frozenset()
    found = check_ins.check_ins_of(tx, infusion.patient_id)
    courses = trace(found, known, (), thresholds_of(clinic)).courses
    after = [p for course in courses for s in course.series if s.infusion.id == infusion.id for p in s.after]
    step_of = {prompt.id: prompt.step for prompt in existing}
    answers = {one.id: step_of[one.prompt_id] for one in found if one.prompt_id in step_of}
    return frozenset(
        name
        for name, awaited in decided.items()
        if not responded(awaited, {id for id, step in answers.items() if step == awaited.step}, after)
    )


def _apply(tx: Transaction, clinic: Clinic, planned: _Planned, changes: Changes, now: datetime) -> None:
    prompts.add_prompts(
        tx,
        changes.add,
        clinic=clinic.id,
        patient=planned.infusion.patient_id,
        infusion=planned.infusion.id,
        now=now,
        awaits=planned.awaited,
    )
    for prompt_id, wanted in changes.move:
        waits = prompt_id in planned.queued
        prompts.move_prompt(tx, prompt_id, wanted, queued=waits, awaited=planned.awaited.get(wanted.step))
        if waits:
            until = wanted.remind_at or wanted.expires_at
            queued_messages.move_queued(tx, prompt_id, due_at=wanted.due_at, not_after=until)
    _cancel(tx, {prompt_id: kept_reason(why) for prompt_id, why in changes.cancel}, now)


def _cancel(tx: Transaction, gone: Mapping[PromptId, str], now: datetime) -> None:
    """Cancel prompts, each with the code of why, and what waits to be sent about them."""
    for prompt_id, reason in gone.items():
        prompts.close_prompt(tx, prompt_id, PromptState.CANCELLED, now=now, reason=reason)
    messages.cancel_for_prompts(tx, gone, reason=Reason.SUPERSEDED, now=now)


def _is_final(prompt: Prompt) -> bool:
    return prompt.state not in {PromptState.PLANNED, PromptState.OPEN}
