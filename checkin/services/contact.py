"""Contacting a patient about a prompt: over the right rung of their ladder, and never more than agreed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from checkin.domain import ladder as ladders
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.ladder import Ladder
from checkin.domain.message import OF_A_PROMPT, ChannelName, Message, MessageKind
from checkin.domain.prompt import UNFINISHED, Prompt
from checkin.services.deps import Deps
from checkin.storage import due_prompts, messages, prompts
from checkin.storage import ladders as stored
from checkin.storage.engine import Transaction


def ladders_of(tx: Transaction, deps: Deps, people: Iterable[PersonId]) -> Mapping[PersonId, Ladder]:
    """Return how each of these patients can be reached at this moment."""
    return stored.ladders_of(tx, tuple(set(people)), deps.now(), configured=configured(deps))


def configured(deps: Deps) -> Collection[ChannelName]:
    """The rungs that this install can send over."""
    return frozenset(rung for rung in ladders.RUNGS if _channel(deps, rung) in deps.channels)


def contact(
    tx: Transaction,
    deps: Deps,
    prompt: Prompt,
    clinic: ClinicId,
    ladder: Ladder,
    kind: MessageKind,
    *,
    due_at: datetime,
    not_after: datetime,
) -> None:
    """Put a notice or a reminder into the outbox.

    Where nothing can arrive any more it is tried on the first choice: what fails is on the staff's list.
    """
    rung = ladders.next_channel(ladder) or ladder.order[0]
    _add(tx, deps, prompt, clinic, rung, kind, due_at=due_at, not_after=not_after)


def hand_over(tx: Transaction, deps: Deps, ended: Message) -> ChannelName | None:
    """Let the next channel take over at once from a message that failed or of which nobody knows.

    That is the prompt's second contact: no reminder follows it. Returns the channel, None if none takes over.
    """
    if ended.kind not in OF_A_PROMPT or ended.prompt_id is None:
        return None
    prompt, clinic = prompts.get_prompt(tx, ended.prompt_id)
    if prompt.state not in UNFINISHED or deps.now() >= prompt.expires_at:
        return None
    of_prompt = messages.messages_of_prompt(tx, prompt.id)
    ladder = ladders_of(tx, deps, [ended.person_id]).get(ended.person_id)
    rung = None if ladder is None else ladders.hand_over(ladder, ended, of_prompt)
    if rung is None:
        return None
    due_prompts.mark_reminded(tx, prompt.id)
    _add(tx, deps, prompt, clinic, rung, ended.kind, due_at=deps.now(), not_after=prompt.expires_at)
    return rung


def _add(
    tx: Transaction,
    deps: Deps,
    prompt: Prompt,
    clinic: ClinicId,
    rung: ChannelName,
    kind: MessageKind,
    *,
    due_at: datetime,
    not_after: datetime,
) -> None:
    messages.add_message(
        tx,
        clinic=clinic,
        person=prompt.patient_id,
        prompt=prompt.id,
        kind=kind,
        channel=_channel(deps, rung),
        now=deps.now(),
        due_at=due_at,
        not_after=not_after,
    )


def _channel(deps: Deps, rung: ChannelName) -> ChannelName:
    """The console stands in for e-mail on a developer's machine."""
    return deps.settings.mail_channel if rung is ChannelName.EMAIL else rung
