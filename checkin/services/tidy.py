"""Housekeeping: rows that have served their purpose are deleted; nothing of a patient's record is."""

from datetime import timedelta

from checkin.services.deps import Deps
from checkin.storage import dispatchers, sign_ins, tokens

# Failed sign-ins and resets are counted over an hour at most.
_FAILURES_KEPT = timedelta(days=1)
_ENDED_KEPT = timedelta(days=30)  # sign-ins, invitations and resets that open nothing any more
_DISPATCHERS_KEPT = timedelta(days=7)  # long enough to see on a Monday what died on a Friday


def tidy(deps: Deps) -> int:
    """Delete counts, dispatchers, sign-ins and tokens that no longer matter; return how many rows went."""
    now = deps.now()
    with deps.transaction() as tx:
        failures = sign_ins.forget_failures(tx, now - _FAILURES_KEPT)
        ended = sign_ins.forget_sign_ins(tx, now - _ENDED_KEPT) + tokens.forget_tokens(tx, now - _ENDED_KEPT)
        return failures + ended + dispatchers.forget_dispatchers(tx, now - _DISPATCHERS_KEPT)
