"""Noting that a message was opened, as the patient's own device tells; a look by a scanner is none."""

from checkin.domain.ids import PromptId
from checkin.domain.message import MessageState
from checkin.domain.person import Person
from checkin.domain.token import Purpose
from checkin.services.deps import Deps
from checkin.services.open_check_in import linked, own_prompt
from checkin.storage import ladders, receipts, tokens


def opened_by_link(deps: Deps, secret: str) -> None:
    """Note that the message with this link was opened. Raises ``LinkOver``; twice does no harm."""
    _receive(deps, secret, opened=True)


def shown_by_link(deps: Deps, secret: str) -> None:
    """Note that the phone has shown the message with this link. Raises ``LinkOver``."""
    _receive(deps, secret, opened=False)


def opened_in_app(deps: Deps, actor: Person, prompt: PromptId) -> None:
    """Note that a patient opened a prompt signed in: what was sent about it has done its work."""
    with own_prompt(deps, actor, prompt, lock=True) as (tx, _):
        ladders.mark_prompt_opened(tx, prompt, deps.now())


def _receive(deps: Deps, secret: str, *, opened: bool) -> None:
    now = deps.now()
    with deps.transaction() as tx:
        linked(tx, deps, secret, lock=False)
        message = tokens.message_of_link(tx, secret, Purpose.ANSWER)
        if message is None:
            return
        receipts.receive(tx, message, MessageState.RECEIPTED, reason=None, now=now)
        if opened:
            ladders.mark_opened(tx, message, now)
