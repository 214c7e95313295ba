"""Comparing what was acknowledged with what is there, as Jepsen compares a queue with what came out of it."""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from checkin.domain.delivery import OnUncertain, on_uncertain
from checkin.domain.message import HELD, WAITING, ChannelName, MessageKind, MessageState
from checkin.domain.prompt import PromptState
from checkin.storage.alerts import alerts
from checkin.storage.check_ins import check_ins
from checkin.storage.engine import Database
from checkin.storage.messages import messages
from checkin.storage.prompts import prompts

S = MessageState
_MOST_CONTACTS = 2


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was found. ``lost``, ``duplicated`` and ``unexpected`` say in words what is wrong.

    ``repeated`` counts what the rules allow to arrive twice: alerts and links that somebody waits for, after
    an attempt whose answer was lost.
    """

    answers: int
    messages: int
    delivered: int
    repeated: int
    uncertain: int
    states: Mapping[str, int]
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.unexpected]


def compare(
    database: Database,
    acknowledged: Mapping[str, bool],
    before: Counter[UUID],
    after: Any,
    *,
    at_rest: bool,
) -> Tally:
    """Compare the answers that were acknowledged (key → whether it must raise an alert) and the messages.

    ``before`` is what was delivered before the database is read, ``after()`` what was delivered by then: what
    is under way meanwhile is neither lost, unexpected nor a duplicate. ``at_rest``: nothing is under way.
    """
    with database.reading() as tx:
        rows = tx.execute(select(messages)).all()
        kept = tx.execute(select(check_ins.c.id, check_ins.c.submission_key, check_ins.c.prompt_id)).all()
        raised = set(tx.execute(select(alerts.c.check_in_id)).scalars())
        asked = tx.execute(select(prompts.c.id, prompts.c.state, prompts.c.due_at)).all()
    delivered: Counter[UUID] = after()
    lost = [*_lost_answers(kept, raised, acknowledged), *_lost_messages(rows, delivered)]
    if at_rest:
        lost += _left(rows, asked)
    return Tally(
        answers=len(kept),
        messages=len(rows),
        delivered=sum(delivered.values()),
        repeated=sum(n - 1 for row in rows if (n := delivered[row.id]) > 1 and _may_repeat(row)),
        uncertain=sum(row.state == S.UNCERTAIN for row in rows),
        states=Counter(row.state for row in rows),
        lost=lost,
        duplicated=[*_duplicates(rows, before), *_answered_twice(kept), *_too_often(rows, before)],
        unexpected=_unexpected(rows, before),
    )


def _lost_answers(kept: Any, raised: Set[UUID], acknowledged: Mapping[str, bool]) -> list[str]:
    by_key = {row.submission_key: row.id for row in kept}
    gone = [f"answer {key} was acknowledged and is gone" for key in acknowledged if key not in by_key]
    silent = [k for k, alarming in acknowledged.items() if alarming and by_key.get(k) not in raised]
    return gone + [f"answer {key} raised no alert" for key in silent]


def _answered_twice(kept: Any) -> list[str]:
    counted = Counter(row.prompt_id for row in kept if row.prompt_id is not None)
    return [f"prompt {prompt} was answered {n} times" for prompt, n in counted.items() if n > 1]


def _lost_messages(rows: Any, delivered: Counter[UUID]) -> list[str]:
    taken = (row for row in rows if row.state in {S.ACCEPTED, S.RECEIPTED})
    return [f"{row.kind} {row.id} is {row.state} and never arrived" for row in taken if not delivered[row.id]]


def _left(rows: Any, asked: Any) -> list[str]:
    waiting = WAITING | HELD
    return [f"{row.kind} {row.id} is still {row.state}" for row in rows if S(row.state) in waiting] + [
        f"prompt {row.id} was never opened" for row in asked if row.state == PromptState.PLANNED
    ]


def _may_repeat(row: Any) -> bool:
    repeats = on_uncertain(MessageKind(row.kind), ChannelName(row.channel)) is OnUncertain.REPEAT
    return bool(row.maybe_sent) and repeats


def _duplicates(rows: Any, delivered: Counter[UUID]) -> list[str]:
    twice = (row for row in rows if delivered[row.id] > 1 and not _may_repeat(row))
    return [f"{row.kind} {row.id} arrived {delivered[row.id]} times" for row in twice]


def _too_often(rows: Any, delivered: Counter[UUID]) -> list[str]:
    contacts = Counter[UUID]()
    for row in rows:
        if row.prompt_id is not None:
            contacts[row.prompt_id] += delivered[row.id]
    return [f"prompt {prompt}: {n} contacts" for prompt, n in contacts.items() if n > _MOST_CONTACTS]


def _unexpected(rows: Any, before: Counter[UUID]) -> list[str]:
    known = {row.id: row for row in rows}
    foreign = [f"message {id} arrived and is not in the outbox" for id in before if id not in known]
    may_have = {S.ATTEMPTING, S.ACCEPTED, S.RECEIPTED, S.UNCERTAIN}
    odd = (row for id in before if (row := known.get(id)) and row.state not in may_have)
    return foreign + [f"{row.kind} {row.id} arrived but is {row.state}" for row in odd if not row.maybe_sent]
