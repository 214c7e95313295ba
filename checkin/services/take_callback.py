"""What the provider of texts tells us: what became of a message, and who wants no more of them."""

from collections.abc import Mapping
from datetime import datetime

from checkin.channels.base import Callback, DeliveryReport, Forged, IncomingText, TakesCallbacks
from checkin.domain.errors import Invalid, NotFound, Refusal
from checkin.domain.ids import MessageId
from checkin.domain.message import ChannelName, MessageState
from checkin.domain.texting import Wish, normal_number, wish
from checkin.domain.words import text
from checkin.services import give_number
from checkin.services.contact import hand_over
from checkin.services.deps import Deps
from checkin.storage import audit, phone_numbers, prompts, receipts
from checkin.storage.engine import Transaction
from checkin.storage.phone_numbers import PhoneNumber
from checkin.storage.receipts import Sent


class ForgedCallback(Refusal):
    """Nobody vouches for this callback."""

    def __init__(self) -> None:
        super().__init__(text("The signature does not fit."))


def take_callback(deps: Deps, *, url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Note what a signed callback says. It may come twice, late and out of order: what is final stays so.

    ``url`` is the whole address that was called, as people know this server. Raises ``NotFound`` where no
    texts are sent, and ``ForgedCallback``.
    """
    channel = deps.channels.get(ChannelName.SMS)
    if not isinstance(channel, TakesCallbacks):
        raise NotFound
    try:
        news = channel.read(Callback(url=url, headers=headers, body=body), deps.now())
    except Forged:
        raise ForgedCallback from None
    if isinstance(news, DeliveryReport):
        _report(deps, news)
    elif isinstance(news, IncomingText):
        _text(deps, news)


def _report(deps: Deps, report: DeliveryReport) -> None:
    now = deps.now()
    with deps.transaction() as tx:
        sent = receipts.find_sent(tx, report.message_id, ChannelName.SMS)
        if sent is None:
            return
        if sent.prompt_id is not None:
            prompts.lock_prompt(tx, sent.prompt_id)
        state = MessageState.RECEIPTED if report.delivered else MessageState.FAILED
        moved = receipts.receive(tx, report.message_id, state, reason=report.reason, now=now)
        number = phone_numbers.find_number(tx, sent.person_id) if report.gone or report.stopped else None
        if number is None or number.created_at > sent.created_at:
            pass  # the report is about a number that they had before
        elif report.stopped:
            give_number.stop_texts(tx, deps, number.number)
        else:
            _forget(tx, sent, number, report.message_id, now)
        if moved and not report.delivered:
            hand_over(tx, deps, receipts.as_it_is(tx, report.message_id))


def _forget(tx: Transaction, sent: Sent, number: PhoneNumber, message: MessageId, now: datetime) -> None:
    if phone_numbers.mark_number_gone(tx, sent.person_id, number.number, now):
        event = audit.Event(action="address_gone", subject=sent.person_id, object_id=message)
        audit.record(tx, sent.clinic_id, event, now)


def _text(deps: Deps, incoming: IncomingText) -> None:
    wanted = wish(incoming.words)
    try:
        number = normal_number(incoming.number)
    except Invalid:
        return
    if wanted is None:
        return
    follow = give_number.stop_texts if wanted is Wish.STOP else give_number.restart_texts
    with deps.transaction() as tx:
        follow(tx, deps, number)
