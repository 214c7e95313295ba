"""Standing in for an invited therapist whose e-mail is somebody else's, so that nobody learns that it is."""

from checkin.domain.ids import ClinicId
from checkin.domain.person import Person, Role
from checkin.services.deps import Deps
from checkin.services.invite_people import NOWHERE, nobody_yet
from checkin.storage import clinics, people
from checkin.storage.engine import Transaction


def stand_in(tx: Transaction, deps: Deps, clinic_id: ClinicId, *, name: str, email: str) -> Person:
    """Return who stands in for an invited therapist whose e-mail is somebody else's; stored the first time.

    Nobody can sign in as a stand-in, and no mail is sent to it.
    """
    clinics.lock_clinic(tx, clinic_id)
    hashed = deps.keys.hash("stand-in", f"{clinic_id}:{people.normal_email(email)}")
    address = f"{hashed.hex()[:40]}{NOWHERE}"
    known = people.find_by_email(tx, address)
    if known is not None:
        return known[0]
    person = nobody_yet(deps, clinics.get_clinic(tx, clinic_id), name, address, Role.THERAPIST)
    people.add_person(tx, person, deps.now(), listed=False)
    return person
