"""Opening a clinic on a fresh install, and inviting the staff that nobody is there to invite yet."""

from checkin.domain.clinic import Clinic, ClinicSettings
from checkin.domain.errors import Invalid
from checkin.domain.ids import ClinicId, new_id
from checkin.domain.person import Role
from checkin.domain.protocol import default_protocol
from checkin.domain.words import text
from checkin.services.deps import Deps
from checkin.services.invite_people import Invitation, add_invited, hand_out
from checkin.services.set_clinic import check_settings
from checkin.storage import audit, clinics


def every_clinic(deps: Deps) -> tuple[Clinic, ...]:
    """Return the clinics of this install, oldest first."""
    with deps.reading() as tx:
        return clinics.all_clinics(tx)


def open_clinic(
    deps: Deps, *, name: str, settings: ClinicSettings, clinic_id: ClinicId | None = None
) -> Clinic:
    """Store a new clinic and begin its audit trail. Raises ``Invalid`` or ``Problems``."""
    if not name.strip():
        raise Invalid(text("Enter a name."), field="name")
    now = deps.now()
    check_settings(settings, now.date(), {default_protocol().reference})
    clinic = Clinic(id=clinic_id or ClinicId(new_id(now)), name=name.strip(), settings=settings)
    with deps.transaction() as tx:
        clinics.add_clinic(tx, clinic, now)
        audit.add_chain(tx, clinic.id, now)
        audit.record(tx, clinic.id, audit.Event(action="clinic_opened", object_id=clinic.id), now)
    return clinic


def appoint_staff(deps: Deps, clinic: ClinicId, *, name: str, email: str, on_paper: bool) -> Invitation:
    """Invite somebody as staff on the word of whoever runs the server. Raises ``Invalid`` or ``Conflict``."""
    now = deps.now()
    with deps.transaction() as tx:
        person = add_invited(tx, deps, clinic, name=name, email=email, role=Role.STAFF)
        secret = hand_out(tx, deps, person, on_paper=on_paper)
        event = audit.Event(action="invited", subject=person.id, private={"role": Role.STAFF})
        audit.record(tx, clinic, event, now)
    return Invitation(person=person, secret=secret)
