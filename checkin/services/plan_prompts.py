"""Bringing a patient's prompts in line with what is recorded: nothing that was sent is sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from checkin.domain.clinic import Clinic
from checkin.domain.ids import InfusionId, PromptId
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.message import Reason
from checkin.domain.person import Patient
from checkin.domain.planner import Plan, plan
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.protocol import Protocol
from checkin.domain.replan import Changes, asked_steps, replan
from checkin.domain.trajectory import trace
from checkin.services import catalogue
from checkin.services.deps import Deps
from checkin.services.thresholds import thresholds_of
from checkin.storage import appointments, check_ins, infusions, messages, pauses, prompts
from checkin.storage import queued as queued_messages
from checkin.storage.engine import Transaction

# Longer than the longest protocol step (day 28 and two days to answer); older infusions have no open prompts.
_HORIZON = timedelta(days=60)


def plan_for(
    tx: Transaction,
    deps: Deps,
    clinic: Clinic,
    patient: Patient,
    infusion: Infusion,
    others: Sequence[Infusion],
) -> Plan:
    """Return the plan of one infusion among the patient's ``others``, as it is or would be recorded."""
    protocol = catalogue.protocol_by_reference(tx, clinic.id, infusion.protocol)
    existing = prompts.prompts_of_infusion(tx, infusion.id)
    return _plan(tx, deps, clinic, patient, infusion, others, protocol, existing)


def bring_in_line(tx: Transaction, deps: Deps, clinic: Clinic, patient: Patient) -> None:
    """Add, move and cancel prompts of all the patient's recent infusions after something changed.

    The caller holds the patient's lock.
    """
    now = deps.now()
    known = infusions.infusions_of(tx, patient.id)
    for infusion in known:
        if infusion.at < now - _HORIZON:
            continue
        existing, queued = _existing(tx, infusion.id)
        if infusion.state is InfusionState.CANCELLED or patient.discharged_at is not None:
            _cancel(tx, [prompt for prompt in existing if not _is_final(prompt)], "superseded", now)
            continue
        protocol = catalogue.protocol_by_reference(tx, clinic.id, infusion.protocol)
        wanted = _plan(tx, deps, clinic, patient, infusion, known, protocol, existing)
        _apply(tx, clinic, infusion, protocol, existing, queued, replan(existing, wanted, now=now), now)


def _existing(tx: Transaction, infusion: InfusionId) -> tuple[tuple[Prompt, ...], frozenset[PromptId]]:
    """The prompts of an infusion, and which of them have a notice that waits and certainly was not sent.

    For the plan these are prompts of which nothing was sent: they may move, and the waiting notice with them.
    """
    found = prompts.prompts_of_infusion(tx, infusion)
    queued = queued_messages.only_queued(tx, [one.id for one in found if one.state is PromptState.OPEN])
    return (
        tuple(
            replace(one, state=PromptState.PLANNED, notified=False) if one.id in queued else one
            for one in found
        ),
        queued,
    )


def _plan(
    tx: Transaction,
    deps: Deps,
    clinic: Clinic,
    patient: Patient,
    infusion: Infusion,
    others: Sequence[Infusion],
    protocol: Protocol,
    existing: Sequence[Prompt],
) -> Plan:
    now = deps.now()
    counted = [other for other in others if other.id != infusion.id and other.counts(now)]
    return plan(
        protocol,
        infusion_at=infusion.at,
        planned=infusion.state is InfusionState.PLANNED,
        now=now,
        zones=patient.zones,
        waking=patient.waking,
        available=catalogue.instruments_of(tx, clinic.id).keys(),
        pauses=pauses.pauses_of(tx, patient.id, now),
        quiet_agreed=patient.quiet_agreed_at is not None,
        blocked=appointments.held_times(tx, patient.id, until_after=now),
        previous_infusion_at=max((other.at for other in counted if other.at < infusion.at), default=None),
        next_infusion_at=min((other.at for other in counted if other.at > infusion.at), default=None),
        unmet=_unmet(tx, clinic, protocol, infusion, existing),
        asked=asked_steps(existing),
    )


def _unmet(
    tx: Transaction, clinic: Clinic, protocol: Protocol, infusion: Infusion, existing: Sequence[Prompt]
) -> frozenset[str]:
    """Steps that are only for those who responded, once the deciding step is over and there was no response.

    What counts is the last score after this infusion; without any there was none.
    """
    over = {prompt.step for prompt in existing if _is_final(prompt)}
    decided = [step for step in protocol.steps if step.condition and step.condition.response_at in over]
    if not decided:
        return frozenset()
    patient = infusion.patient_id
    traced = trace(
        check_ins.check_ins_of(tx, patient), infusions.infusions_of(tx, patient), (), thresholds_of(clinic)
    )
    mine = [s for course in traced.courses for s in course.series if s.infusion.id == infusion.id]
    last = mine[0].after[-1] if mine and mine[0].after else None
    responded = last is not None and last.outcome is not None and last.outcome.response
    return frozenset() if responded else frozenset(step.name for step in decided)


def _apply(
    tx: Transaction,
    clinic: Clinic,
    infusion: Infusion,
    protocol: Protocol,
    existing: Sequence[Prompt],
    queued: frozenset[PromptId],
    changes: Changes,
    now: datetime,
) -> None:
    prompts.add_prompts(
        tx,
        changes.add,
        clinic=clinic.id,
        patient=infusion.patient_id,
        infusion=infusion.id,
        now=now,
        awaits={step.name: step.condition.response_at for step in protocol.steps if step.condition},
    )
    for prompt_id, planned in changes.move:
        prompts.move_prompt(tx, prompt_id, planned, queued=prompt_id in queued)
        if prompt_id in queued:
            queued_messages.move_queued(tx, prompt_id, due_at=planned.due_at, not_after=planned.remind_at)
    gone = {prompt_id for prompt_id, _ in changes.cancel}
    _cancel(tx, [prompt for prompt in existing if prompt.id in gone], "superseded", now)


def _cancel(tx: Transaction, gone: Sequence[Prompt], reason: str, now: datetime) -> None:
    for prompt in gone:
        prompts.close_prompt(tx, prompt.id, PromptState.CANCELLED, now=now, reason=reason)
    messages.cancel_for_prompts(tx, [prompt.id for prompt in gone], reason=Reason.SUPERSEDED, now=now)


def _is_final(prompt: Prompt) -> bool:
    return prompt.state not in {PromptState.PLANNED, PromptState.OPEN}
