"""What the audit says was done."""

from support.people import World

from checkin.services.deps import Deps
from checkin.storage import audit


def actions(deps: Deps, world: World) -> list[str]:
    """The last fifty acts in the first clinic, the oldest first; the chain holds."""
    with deps.reading() as tx:
        audit.verify_chain(tx, world.clinic.id)
        return [entry.action for entry in audit.events_of(tx, world.clinic.id, limit=50)][::-1]
