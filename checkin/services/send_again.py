"""Sending again: staff let a check-in's message go once more, now, within what the patient agreed to."""

from datetime import datetime

from checkin.domain import ladder as ladders
from checkin.domain.consent import Reads
from checkin.domain.errors import NotFound, Refusal
from checkin.domain.ids import PersonId, PromptId
from checkin.domain.ladder import MOST_CONTACTS, Ladder, rung_of
from checkin.domain.message import HELD, ChannelName, Message, MessageKind, MessageState
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.words import text
from checkin.services.access import record_to_change
from checkin.services.contact import ladders_of
from checkin.services.deps import Deps
from checkin.storage import audit, due_prompts, messages, prompts
from checkin.storage.engine import Transaction

_UNDER_WAY = frozenset({MessageState.PENDING, *HELD})
_KINDS = (MessageKind.NOTICE, MessageKind.REMINDER)


def send_again(deps: Deps, actor: Person, patient_id: PersonId, prompt_id: PromptId) -> None:
    """Let what waits for another try go now, or send over the first way that nothing was tried on.

    Does nothing while something is on its way. Raises ``NotFound``, and ``Refusal`` where the check-in is
    over, where the patient has been told twice, or where there is no way left.
    """
    now = deps.now()
    with record_to_change(deps, actor, patient_id, Reads.DELIVERY) as (tx, patient):
        prompt = _open_prompt(tx, patient.id, prompt_id, now)
        of_prompt = messages.messages_of_prompt(tx, prompt.id)
        if any(one.state in _UNDER_WAY for one in of_prompt):
            return
        waiting = [one for one in of_prompt if one.state is MessageState.RETRY]
        for one in waiting:
            messages.move_message(tx, one, MessageState.PENDING, now=now, due_at=now)
        if not waiting:
            _one_more(tx, deps, actor, prompt, of_prompt, ladders_of(tx, deps, [patient.id])[patient.id])
        event = audit.Event(action="sent_again", actor=actor.id, subject=patient.id, object_id=prompt.id)
        audit.record(tx, actor.clinic_id, event, now)


def _open_prompt(tx: Transaction, patient: PersonId, prompt_id: PromptId, now: datetime) -> Prompt:
    prompts.lock_prompt(tx, prompt_id)  # two people may press it at once
    prompt, _clinic = prompts.get_prompt(tx, prompt_id)
    if prompt.patient_id != patient:
        raise NotFound
    if prompt.state is not PromptState.OPEN or now >= prompt.expires_at:
        raise Refusal(text("This check-in is over, so nothing more is sent about it."))
    return prompt


def _one_more(
    tx: Transaction, deps: Deps, actor: Person, prompt: Prompt, of_prompt: tuple[Message, ...], ladder: Ladder
) -> None:
    if ladders.contacts(of_prompt) >= MOST_CONTACTS:
        words = text("Two messages have gone out about this check-in, and no more may. Call the patient.")
        raise Refusal(words)
    used = {(rung_of(one.channel), one.kind) for one in of_prompt}
    free = ((rung, kind) for kind in _KINDS for rung in ladder.usable if (rung, kind) not in used)
    found = next(free, None)
    if found is None:
        raise Refusal(text("There is no way left to send it. Call the patient."))
    rung, kind = found
    due_prompts.mark_reminded(tx, [prompt.id])
    messages.add_message(
        tx,
        clinic=actor.clinic_id,
        person=prompt.patient_id,
        prompt=prompt.id,
        kind=kind,
        channel=deps.settings.mail_channel if rung is ChannelName.EMAIL else rung,
        now=deps.now(),
        not_after=prompt.expires_at,
    )
