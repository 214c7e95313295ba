"""Consent in tests: what is held, and the form that gives it filled in."""

from checkin.domain.consent import Scope
from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.storage import grants

EVERY_SCOPE = frozenset(Scope)


def held(deps: Deps, patient: Person, recipient: PersonId | ClinicId) -> frozenset[Scope]:
    """What a recipient may do at this moment."""
    with deps.reading() as tx:
        found = grants.grants_of(tx, patient.id)
    now = deps.now()
    return frozenset(g.scope for g in found if g.recipient == recipient and g.in_force(now))


def choice(*yes: Scope, of: frozenset[Scope] = EVERY_SCOPE) -> dict[str, str]:
    """The form filled in: yes to these, no to the rest."""
    return {scope.value: "yes" if scope in yes else "no" for scope in of}


def confirmed(*yes: Scope, of: frozenset[Scope] = EVERY_SCOPE) -> dict[str, str]:
    """The same, sent by the button under its summary."""
    return {**choice(*yes, of=of), "confirm": "1"}
