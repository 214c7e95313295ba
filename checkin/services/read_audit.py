"""Reading the audit trail: what was done, by whom, about whom; private values stay sealed."""

from dataclasses import dataclass
from datetime import datetime

from checkin.domain.audit_words import action_words
from checkin.domain.ids import PersonId
from checkin.domain.person import Person, Role
from checkin.domain.words import Text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import audit, clinics, people

_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event for reading; names are None for the system, or for people who were erased."""

    sequence: int
    at: datetime
    action: Text
    actor: str | None
    subject: str | None


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """The newest events first; ``older`` is where the next page begins, None at the end."""

    lines: tuple[Line, ...]
    older: int | None
    zone: str


def page(deps: Deps, actor: Person, *, before: int | None) -> AuditPage:
    """Return a page of the clinic's audit trail."""
    roles.require(actor, Role.STAFF)
    with deps.reading() as tx:
        entries = audit.events_of(tx, actor.clinic_id, limit=_PAGE, before=before)
        ids = {PersonId(one) for entry in entries for one in (entry.actor, entry.subject) if one is not None}
        known = people.people_by_id(tx, ids)
        zone = clinics.get_clinic(tx, actor.clinic_id).settings.zone
    names = {person: found.name for person, found in known.items()}
    lines = tuple(
        Line(
            sequence=entry.sequence,
            at=entry.at,
            action=action_words(entry.action),
            actor=names.get(entry.actor) if entry.actor else None,
            subject=names.get(entry.subject) if entry.subject else None,
        )
        for entry in entries
    )
    return AuditPage(lines=lines, older=lines[-1].sequence if len(lines) == _PAGE else None, zone=zone)
