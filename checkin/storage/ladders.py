"""What a patient's ladder stands on, read for many patients at once, and which messages were opened."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, true, update

from checkin.domain.ids import MessageId, PersonId, PromptId
from checkin.domain.ladder import UNOPENED, Ladder, Push
from checkin.domain.message import OF_A_PROMPT, ChannelName, MessageState
from checkin.domain.prompt import PromptState
from checkin.storage.engine import Transaction
from checkin.storage.messages import messages
from checkin.storage.patients import channels_from, patients
from checkin.storage.people import people as persons
from checkin.storage.phone_numbers import phone_numbers
from checkin.storage.prompts import prompts
from checkin.storage.schema import fixed
from checkin.storage.subscriptions import push_subscriptions

_KINDS = sorted(kind.value for kind in OF_A_PROMPT)
_SENT = sorted({MessageState.ACCEPTED.value, MessageState.RECEIPTED.value, MessageState.UNCERTAIN.value})


def ladders_of(
    tx: Transaction,
    people: Collection[PersonId],
    now: datetime,
    *,
    configured: Collection[ChannelName],
    push_keys: Collection[str] | None = None,
) -> Mapping[PersonId, Ladder]:
    """Return each patient's ladder; ``configured`` names the channels that this install sends over.

    A push needs a phone that is still subscribed, with one of ``push_keys`` (None: whichever), a text a
    number that is confirmed and was not stopped, a mail an address from which none has come back.
    """
    orders = tx.execute(
        select(patients.c.person_id, patients.c.channels, persons.c.email_gone_at)
        .join(persons, persons.c.id == patients.c.person_id)
        .where(patients.c.person_id.in_(list(people)))
    )
    phones = _phones(tx, people, now, push_keys) if ChannelName.WEB_PUSH in configured else {}
    numbers = _numbers(tx, people) if ChannelName.SMS in configured else frozenset()
    pushes = _pushes(tx, phones.keys()) if phones else {}
    return {
        row.person_id: Ladder(
            order=channels_from(row.channels),
            live=frozenset(
                channel
                for channel, alive in (
                    (ChannelName.WEB_PUSH, row.person_id in phones),
                    (ChannelName.SMS, row.person_id in numbers),
                    (ChannelName.EMAIL, row.email_gone_at is None),
                )
                if alive
            ),
            pushes=pushes.get(row.person_id, ()),
            phone_seen_at=phones.get(row.person_id),
        )
        for row in orders
    }


def mark_opened(tx: Transaction, message: MessageId, now: datetime) -> bool:
    """Note that the patient opened a message; False if that is known, or if it was never sent."""
    unopened = messages.c.opened_at.is_(None) & messages.c.state.in_(fixed(*_SENT))
    opened = update(messages).where(messages.c.id == message, unopened).values(opened_at=now)
    return tx.execute(opened).rowcount == 1


def mark_prompt_opened(tx: Transaction, prompt: PromptId, now: datetime) -> int:
    """Note that the patient opened a prompt in the app, so that what was sent about it has done its work."""
    unopened = messages.c.opened_at.is_(None) & messages.c.state.in_(fixed(*_SENT))
    opened = update(messages).where(messages.c.prompt_id == prompt, unopened).values(opened_at=now)
    return tx.execute(opened).rowcount


def _phones(
    tx: Transaction, people: Collection[PersonId], now: datetime, keys: Collection[str] | None
) -> dict[PersonId, datetime]:
    """When the app was last open on a phone that takes pushes."""
    held = true() if keys is None else push_subscriptions.c.server_key.in_(sorted(keys))
    rows = tx.execute(
        select(push_subscriptions.c.person_id, func.max(push_subscriptions.c.confirmed_at).label("seen_at"))
        .where(
            push_subscriptions.c.person_id.in_(list(people)),
            push_subscriptions.c.gone_at.is_(None),
            held,
            or_(push_subscriptions.c.expires_at.is_(None), push_subscriptions.c.expires_at > now),
        )
        .group_by(push_subscriptions.c.person_id)
    )
    return {PersonId(row.person_id): row.seen_at for row in rows}


def _numbers(tx: Transaction, people: Collection[PersonId]) -> frozenset[PersonId]:
    rows = tx.execute(
        select(phone_numbers.c.person_id).where(
            phone_numbers.c.person_id.in_(list(people)),
            phone_numbers.c.confirmed_at.is_not(None),
            phone_numbers.c.stopped_at.is_(None),
            phone_numbers.c.gone_at.is_(None),
        )
    )
    return frozenset(PersonId(person) for person in rows.scalars())


def _pushes(tx: Transaction, people: Collection[PersonId]) -> dict[PersonId, Sequence[Push]]:
    """The last pushes about prompts, newest first; answering a prompt opens what was sent about it."""
    newest_first = func.row_number().over(partition_by=messages.c.person_id, order_by=messages.c.id.desc())
    sent = (
        select(
            messages.c.person_id,
            messages.c.settled_at,
            messages.c.opened_at,
            prompts.c.state.label("prompt_state"),
            newest_first.label("place"),
        )
        .join(prompts, prompts.c.id == messages.c.prompt_id)
        .where(
            messages.c.person_id.in_(list(people)),
            messages.c.channel == ChannelName.WEB_PUSH.value,
            messages.c.kind.in_(fixed(*_KINDS)),
            messages.c.state.in_(fixed(*_SENT)),
        )
        .subquery()
    )
    found: dict[PersonId, list[Push]] = {}
    for row in tx.execute(select(sent).where(sent.c.place <= UNOPENED).order_by(sent.c.place)):
        opened = row.opened_at is not None or row.prompt_state == PromptState.ANSWERED.value
        found.setdefault(PersonId(row.person_id), []).append(Push(sent_at=row.settled_at, opened=opened))
    return {person: tuple(pushes) for person, pushes in found.items()}
