"""Delivering: a few messages at once, each under its own lease, without a transaction open."""

import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from uuid import UUID

from checkin.channels.base import SEND_TIMEOUT_S, ChannelError, Gone, KeepsConnections, Outgoing, Stopped
from checkin.domain.delivery import Fault, Outcome, after_error, after_lease_end
from checkin.domain.errors import Unavailable
from checkin.domain.ids import PromptId
from checkin.domain.ladder import HANDS_OVER
from checkin.domain.message import Message, MessageState, Reason
from checkin.services import reach
from checkin.services.contact import hand_over
from checkin.services.deps import Deps
from checkin.services.look_again import known_of, look_again
from checkin.services.write_message import written
from checkin.storage import attempts, messages, prompts, tokens
from checkin.storage.engine import Transaction
from checkin.storage.messages import Queued
from checkin.storage.tokens import NewToken

_BATCH = 20


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A message that is marked as attempting, with its words' values."""

    message: Message
    outgoing: Outgoing


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What became of one that was taken. ``fault``: one of ours, to be raised once all is written down."""

    message: Message
    outcome: Outcome
    fault: Exception | None = None

    @property
    def failed_of(self) -> PromptId | None:
        """The prompt about which the next channel may take over; None if none does."""
        return self.message.prompt_id if self.outcome.state in HANDS_OVER else None


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """What one transaction took: how many messages, which of them to send, and what it tripped over.

    ``unprepared``: those that cannot be sent, with what is to become of them. ``send_until``: when, by the
    clock of ``Deps.elapsed``, the call must have begun to end within the lease.
    """

    taken: int = 0
    prepared: tuple[_Prepared, ...] = ()
    unprepared: tuple[_Ended, ...] = ()
    send_until: float = 0.0
    faults: tuple[Exception, ...] = ()


def deliver(
    deps: Deps, dispatcher: UUID, *, limit: int = _BATCH, at_once: int = 1, pool: Executor | None = None
) -> int:
    """Send what is due, most urgent first, at most ``limit`` messages; return how many were taken.

    Up to ``at_once`` calls to providers run side by side in ``pool``. Between them one transaction writes
    down what became of the last ones, takes the next ones and marks them as attempting: no message waits in
    somebody's hands, and an alert that comes up meanwhile is next. First of all, what dispatchers that died
    have left is decided. A message that trips over a fault of ours is pushed ahead before the fault is
    raised, so the next call goes on with the others.
    """
    recover(deps)
    taken, ended = 0, tuple[_Ended, ...]()
    while True:
        try:
            turn = _turn(deps, dispatcher, ended, min(at_once, limit - taken))
        except Unavailable:  # perhaps only about the next ones: what was sent should not be sent again
            _turn(deps, dispatcher, ended, 0)
            raise
        taken += turn.taken
        ended = (*turn.unprepared, *_send_all(deps, pool, turn))
        faults = [*turn.faults, *(one.fault for one in ended if one.fault is not None)]
        if faults or turn.taken == 0 or taken >= limit:
            faults += _turn(deps, dispatcher, ended, 0).faults
            break
    if taken < limit:
        _rest(deps)
    if faults:
        raise faults[0]
    return taken


def _rest(deps: Deps) -> None:
    """Nothing more is due for now: no provider is kept waiting on an open connection."""
    for channel in deps.channels.values():
        if isinstance(channel, KeepsConnections):
            channel.rest()


def _turn(deps: Deps, dispatcher: UUID, ended: Sequence[_Ended], number: int) -> _Turn:
    """Write down what ended, then take so many messages and get them ready, all in one transaction.

    Raises ``Unavailable`` when the database cannot be used: what ended is left to the end of its lease.
    """
    if not ended and number == 0:
        return _Turn()
    faults = _hand_over(deps, ended)
    lease = deps.settings.lease.total_seconds()
    send_until = deps.elapsed() + lease - min(SEND_TIMEOUT_S, lease / 2)
    with deps.transaction() as tx:
        _settle(tx, deps, ended)
        claimed = _claim(tx, deps, dispatcher, number, faults)
        prepared, unprepared = _prepare_whole(tx, deps, claimed) if claimed else ([], [])
    return _Turn(
        taken=len(claimed),
        prepared=tuple(prepared),
        unprepared=tuple(unprepared),
        send_until=send_until,
        faults=tuple(faults),
    )


def _prepare_whole(
    tx: Transaction, deps: Deps, claimed: Sequence[Queued]
) -> tuple[list[_Prepared], list[_Ended]]:
    """Prepare all together; if one trips over a fault of ours, each by itself, so that it costs no other."""
    try:
        with tx.savepoint():
            return _prepare(tx, deps, claimed)
    except Unavailable:
        raise
    except Exception as error:
        if len(claimed) == 1:
            message = claimed[0].message
            return [], [_Ended(message=message, outcome=_after_fault(deps, message), fault=error)]
    apart = [_prepare_whole(tx, deps, [queued]) for queued in claimed]
    return [one for prepared, _ in apart for one in prepared], [one for _, ended in apart for one in ended]


def _claim(
    tx: Transaction, deps: Deps, dispatcher: UUID, number: int, faults: list[Exception]
) -> tuple[Queued, ...]:
    if number == 0:
        return ()
    return messages.claim(
        tx,
        dispatcher=dispatcher,
        now=deps.now(),
        lease_now=deps.lease_now(tx),
        lease=deps.settings.lease,
        limit=number,
        faults=faults,
    )


def recover(deps: Deps) -> int:
    """Decide about messages whose dispatcher did not come back; return how many.

    Raises what it tripped over once everything is written down.
    """
    faults = list[Exception]()
    with deps.transaction() as tx:
        abandoned = attempts.take_abandoned(tx, deps.lease_now(tx), _BATCH, now=deps.now(), faults=faults)
        ended = [_Ended(message=m, outcome=after_lease_end(m, deps.now(), _jitter())) for m in abandoned]
        _settle(tx, deps, ended)
    faults += _hand_over(deps, ended)
    if faults:
        raise faults[0]
    return len(abandoned)


def _send_all(deps: Deps, pool: Executor | None, turn: _Turn) -> tuple[_Ended, ...]:
    """Send these side by side, with no transaction open."""
    prepared = turn.prepared
    side_by_side = map if pool is None or len(prepared) == 1 else pool.map
    errors = list(side_by_side(lambda one: _send(deps, one, turn.send_until), prepared))
    return tuple(_ended(deps, one, error) for one, error in zip(prepared, errors, strict=True))


def _send(deps: Deps, prepared: _Prepared, until: float) -> Exception | None:
    """Whoever was frozen since the claim sends nothing: others may have it by now."""
    if deps.elapsed() > until:
        return ChannelError(permanent=False, reason=Reason.LEASE_ENDED)
    try:
        deps.channels[prepared.message.channel].send(prepared.outgoing)
    except Exception as error:
        return error
    return None


def _ended(deps: Deps, sent: _Prepared, error: Exception | None) -> _Ended:
    message = sent.message
    if error is None:
        return _Ended(message=message, outcome=Outcome(state=MessageState.ACCEPTED))
    if isinstance(error, Gone):
        another, tripped, stopped = False, None, isinstance(error, Stopped)
        try:
            another = reach.forget_address(deps, message, sent.outgoing.to_address, stopped=stopped)
        except Exception as of_ours:  # the next message that goes there will teach it again
            tripped = of_ours
        fault = Fault.TEMPORARY if another else Fault.PERMANENT
        outcome = after_error(message, fault, error.reason, deps.now(), _jitter())
        return _Ended(message=message, outcome=outcome, fault=tripped)
    if isinstance(error, ChannelError):
        return _Ended(message=message, outcome=_after(deps, message, error))
    return _Ended(message=message, outcome=_after_fault(deps, message), fault=error)


def _after(deps: Deps, message: Message, error: ChannelError) -> Outcome:
    wait = error.retry_after
    return after_error(message, error.fault, error.reason, deps.now(), _jitter(), retry_after=wait)


def _after_fault(deps: Deps, message: Message) -> Outcome:
    return after_error(message, Fault.UNEXPECTED, Reason.UNEXPECTED, deps.now(), _jitter())


def _prepare(tx: Transaction, deps: Deps, claimed: Sequence[Queued]) -> tuple[list[_Prepared], list[_Ended]]:
    """Look again which are wanted, and now; make the links of those and mark them as attempting."""
    now, prepared, links, unprepared = deps.now(), [], list[NewToken](), list[_Ended]()
    known = known_of(tx, claimed, now)
    for queued in claimed:
        verdict = look_again(tx, known, queued, now)
        if verdict.state is not MessageState.ATTEMPTING:
            due_at, reason = verdict.due_at, verdict.reason
            messages.move_message(tx, queued.message, verdict.state, now=now, due_at=due_at, reason=reason)
            continue
        try:
            outgoing = written(tx, deps, queued, known, links)
        except ChannelError as error:
            outcome = _after(deps, queued.message, error)
            unprepared.append(_Ended(message=queued.message, outcome=outcome))
            continue
        message = replace(queued.message, state=MessageState.ATTEMPTING)
        prepared.append(_Prepared(message=message, outgoing=outgoing))
    tokens.add_tokens(tx, links, now)
    attempts.begin(tx, [one.message for one in prepared])
    return prepared, unprepared


def _settle(tx: Transaction, deps: Deps, ended: Iterable[_Ended]) -> None:
    """Write down what became of messages from which nobody takes over."""
    settled = [one for one in ended if one.failed_of is None]
    taken = [one.message for one in settled if one.outcome.state is MessageState.ACCEPTED]
    attempts.accept(tx, taken, deps.now())
    for one in settled:
        if one.outcome.state is not MessageState.ACCEPTED:
            _move(tx, deps, one)


def _hand_over(deps: Deps, ended: Iterable[_Ended]) -> list[Exception]:
    """Write down what became of the others, and let the next channel take over.

    Each has a transaction of its own, which locks the prompt and then its messages, as answers do: with other
    messages locked already, it and an answer could wait for each other. Whatever it trips over costs no other
    and is returned.
    """
    faults = list[Exception]()
    for one in ended:
        if one.failed_of is not None:
            try:
                with deps.transaction() as tx:
                    prompts.lock_prompt(tx, one.failed_of)
                    faults += _take_over(tx, deps, one) if _move(tx, deps, one) else []
            except Exception as error:  # it is left to the end of its lease
                faults.append(error)
    return faults


def _take_over(tx: Transaction, deps: Deps, ended: _Ended) -> list[Exception]:
    """Where that trips over a fault of ours, it alone is left out and the fault is returned."""
    try:
        with tx.savepoint():
            hand_over(tx, deps, replace(ended.message, state=ended.outcome.state))
    except Unavailable:
        raise
    except Exception as error:
        return [error]
    return []


def _move(tx: Transaction, deps: Deps, ended: _Ended) -> bool:
    outcome = ended.outcome
    return messages.move_message(
        tx,
        ended.message,
        outcome.state,
        now=deps.now(),
        due_at=outcome.next_at,
        reason=outcome.reason,
        maybe_sent=outcome.maybe_sent or None,
    )


def _jitter() -> float:
    return secrets.randbelow(1 << 16) / (1 << 16)
