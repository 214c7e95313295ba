"""What was sent before: the same answers again, a change of them, or others beside them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from checkin.domain.errors import Conflict
from checkin.domain.form import safety_level
from checkin.domain.ids import PromptId
from checkin.domain.words import text
from checkin.services.submission import Answered, Submission
from checkin.storage.check_ins import Receipt


class AlreadySaved(Conflict):
    """Other answers were saved for this already."""

    def __init__(self) -> None:
        super().__init__(text("Your earlier answers are saved already."))


def told_before(
    find: Callable[[str], Receipt | None],
    prompt: PromptId | None,
    submission: Submission,
    answered: Answered,
) -> tuple[Submission, Receipt | None]:
    """Return the submission with the key to keep it by, and the receipt if the same answers came before.

    ``find`` looks a key up. Raises ``AlreadySaved`` for other answers under a used key, unless they tell of
    thoughts of death: those are kept too, by a key made of both, which is the same each time they come.
    """
    earlier = find(submission.key)
    if earlier is None or (earlier.prompt_id, earlier.body_hash) == (prompt, answered.body_hash):
        return submission, earlier
    if not safety_level(answered.form.instruments, answered.answers):
        raise AlreadySaved
    key = hashlib.sha256(submission.key.encode() + answered.body_hash).hexdigest()
    return replace(submission, key=key), find(key)


def standing(receipts: Sequence[Receipt], made_at: datetime, taken_for: timedelta) -> Receipt | None:
    """Return what a change made at ``made_at`` replaces: the newest answers, so long after the first ones.

    ``receipts`` are what was sent for the same, in order, at least of that time. None for a later change.
    """
    known = {receipt.id: receipt for receipt in receipts}
    replaced = {receipt.corrects for receipt in receipts}
    newest = [one for one in receipts if one.id not in replaced and not one.secondary][-1:]
    if not newest:
        return None
    first = newest[0]
    while first.corrects in known:
        first = known[first.corrects]
    in_time = first.corrects is None and made_at < first.received_at + taken_for
    return newest[0] if in_time else None
