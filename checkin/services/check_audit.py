"""Checking the audit trail: each entry holds the hash of the one before, so a change or a gap shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from checkin.services.deps import Deps
from checkin.storage import audit, clinics


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A clinic's trail: how many entries fit, or what is wrong (then ``events`` is 0)."""

    clinic: str
    events: int
    broken: str | None = None


def check_trails(deps: Deps) -> Iterator[Trail]:
    """Check the trail of every clinic of the install, oldest first."""
    with deps.reading() as tx:
        known = clinics.all_clinics(tx)
    for clinic in known:
        with deps.reading() as tx:
            try:
                yield Trail(clinic=clinic.name, events=audit.verify_chain(tx, clinic.id))
            except audit.ChainBroken as broken:
                yield Trail(clinic=clinic.name, events=0, broken=str(broken))
