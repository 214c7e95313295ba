"""Contacting a patient about a prompt: over the right rung of their ladder, and never more than agreed."""

from collections.abc import Collection, Iterable, Mapping

from checkin.channels.base import TakesSubscriptions
from checkin.domain import ladder as ladders
from checkin.domain.ids import PersonId
from checkin.domain.ladder import Ladder
from checkin.domain.message import OF_A_PROMPT, ChannelName, Message
from checkin.domain.person import Patient
from checkin.domain.prompt import UNFINISHED
from checkin.services.deps import Deps
from checkin.storage import due_prompts, messages, prompts
from checkin.storage import ladders as stored
from checkin.storage.engine import Transaction


def ladders_of(tx: Transaction, deps: Deps, people: Iterable[PersonId]) -> Mapping[PersonId, Ladder]:
    """Return how each of these patients can be reached at this moment."""
    ids, keys = tuple(set(people)), push_keys(deps)
    return stored.ladders_of(tx, ids, deps.now(), configured=configured(deps), push_keys=keys)


def push_keys(deps: Deps) -> Collection[str] | None:
    """The ids of the keys that pushes are sent with; None if whichever a phone subscribed with will do."""
    channel = deps.channels.get(ChannelName.WEB_PUSH)
    return channel.key_ids if isinstance(channel, TakesSubscriptions) else None


def unreachable_of(tx: Transaction, deps: Deps, awaited: Iterable[Patient]) -> tuple[Patient, ...]:
    """Return those who want reminders and whom none can reach.

    Whoever switched them off, or left, is not missed.
    """
    wanting = {patient.id: patient for patient in awaited if patient.reminders and not patient.discharged_at}
    found = ladders_of(tx, deps, wanting) if wanting else {}
    return tuple(wanting[id] for id, ladder in found.items() if not ladder.usable)


def configured(deps: Deps) -> Collection[ChannelName]:
    """The rungs that this install can send over."""
    return frozenset(rung for rung in ladders.RUNGS if _channel(deps, rung) in deps.channels)


def channel_for(deps: Deps, ladder: Ladder) -> ChannelName:
    """Return the channel of a patient's next notice or reminder.

    Where nothing can arrive any more it is the first choice: what fails there is on the staff's list.
    """
    return _channel(deps, ladders.next_channel(ladder) or ladder.order[0])


def hand_over(tx: Transaction, deps: Deps, ended: Message) -> ChannelName | None:
    """Let the next channel take over at once from a message that failed or of which nobody knows.

    That is the prompt's second contact: no reminder follows it. Returns the channel, None if none takes over.
    """
    if ended.kind not in OF_A_PROMPT or ended.prompt_id is None:
        return None
    prompts.lock_prompt(tx, ended.prompt_id)  # two that see one contact each would make three of it
    prompt, clinic = prompts.get_prompt(tx, ended.prompt_id)
    if prompt.state not in UNFINISHED or deps.now() >= prompt.expires_at:
        return None
    of_prompt = messages.messages_of_prompt(tx, prompt.id)
    ladder = ladders_of(tx, deps, [ended.person_id]).get(ended.person_id)
    rung = None if ladder is None else ladders.hand_over(ladder, ended, of_prompt)
    if rung is None:
        return None
    due_prompts.mark_reminded(tx, [prompt.id])
    messages.add_message(
        tx,
        clinic=clinic,
        person=prompt.patient_id,
        prompt=prompt.id,
        kind=ended.kind,
        channel=_channel(deps, rung),
        now=deps.now(),
        not_after=prompt.expires_at,
    )
    return rung


def _channel(deps: Deps, rung: ChannelName) -> ChannelName:
    """The console stands in for e-mail on a developer's machine."""
    return deps.settings.mail_channel if rung is ChannelName.EMAIL else rung
