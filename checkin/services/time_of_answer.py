"""When answers were given, and whether they still count: what a phone claims, held within what we know."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from checkin.domain.prompt import Prompt, PromptState
from checkin.services.deps import Deps


def stamp(deps: Deps, subject: UUID, at: datetime) -> str:
    """Return the mark that a form carries back; ``subject`` is the prompt, else the patient."""
    moment = str(int(at.timestamp()))
    return f"{moment}.{_proof(deps, subject, moment)}"


def fetched_at(deps: Deps, subject: UUID, mark: str) -> datetime | None:
    """When the form came from us, in whole seconds; None unless the mark is ours and for this subject."""
    moment, _, proof = mark.partition(".")
    if not (moment.isascii() and moment.isdecimal()) or len(moment) > 12:
        return None
    if not secrets.compare_digest(proof.encode(), _proof(deps, subject, moment).encode()):
        return None
    return datetime.fromtimestamp(int(moment), UTC)


def answered_at(now: datetime, waited: timedelta, fetched: datetime | None, earliest: datetime) -> datetime:
    """When the answers were given: as the phone says, but neither before it had the form nor ``earliest``.

    ``waited`` is a length of time, so that a phone whose clock is wrong tells it as well as any other. When
    the form was fetched is not known of every form; then ``earliest`` alone is the bound.
    """
    bound = earliest if fetched is None else max(earliest, fetched)
    return min(now, max(bound, now - waited))


def arrives_late(
    deps: Deps, prompt: Prompt, fetched: datetime | None, answered: datetime, now: datetime
) -> bool | None:
    """Whether answers come after the prompt's expiry; None if they are not taken any more.

    The form must have been fetched before the expiry, and before the prompt was cancelled or declined: no
    stamp is made afterwards. What was answered by then may have waited on the phone, up to
    ``longest_delay``; what was answered later is taken for ``late_grace``.
    """
    ended = prompt.state in {PromptState.CANCELLED, PromptState.DECLINED}
    if now < prompt.opens_at or (ended and fetched is None):
        return None
    if now < prompt.expires_at:
        return False
    if fetched is None or fetched >= prompt.expires_at:
        return None
    waited = answered < prompt.expires_at and now <= answered + deps.settings.longest_delay
    return True if waited or now < prompt.expires_at + deps.settings.late_grace else None


def _proof(deps: Deps, subject: UUID, moment: str) -> str:
    return deps.keys.hash("fetched", f"{subject}:{moment}").hex()
