"""The one door to a patient's record: loads and authorises together, and writes down who came."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from enum import StrEnum
from uuid import UUID

from checkin.domain.consent import Reads, may
from checkin.domain.errors import NotFound
from checkin.domain.ids import PersonId
from checkin.domain.infusion import Infusion
from checkin.domain.person import Patient, Person
from checkin.services.deps import Deps
from checkin.storage import audit, clinics, grants, patients
from checkin.storage.engine import Transaction, TransactionMaker


class Sight(StrEnum):
    """What somebody saw of a patient's record: the actions that the audit keeps and the patient is shown."""

    LOOKED = "looked"
    LISTED = "listed"
    OPENED_FILE = "opened_file"
    OPENED_INFUSION = "opened_infusion"
    PREVIEWED_INFUSION = "previewed_infusion"
    EXPORTED = "exported"


LOOKED = Sight.LOOKED


@contextmanager
def record_of(
    deps: Deps, actor: Person, patient_id: PersonId, reads: Reads, *, looked: Sight | None = LOOKED
) -> Iterator[tuple[Transaction, Patient]]:
    """Open a patient's record to read it, if ``actor`` may do ``reads`` with it at this moment.

    Somebody else's look is written to the audit in the same transaction, as ``looked``. One's own is not, nor
    what shows nothing of the record (None): these only read, and wait for no writer. Without the right the
    answer is ``NotFound``, the same as for what does not exist, and the attempt is written down.
    """
    noted = None if actor.id == patient_id else looked
    opening = deps.reading if noted is None else deps.transaction
    with _opened(deps, actor, patient_id, reads, opening) as (tx, patient):
        if noted is not None:
            event = audit.Event(action=noted, actor=actor.id, subject=patient.id, private={"reads": reads})
            audit.record(tx, actor.clinic_id, event, deps.now())
        yield tx, patient


def record_to_change(
    deps: Deps, actor: Person, patient_id: PersonId, reads: Reads
) -> AbstractContextManager[tuple[Transaction, Patient]]:
    """Open a patient's record for an act, which is written down itself; refuses as ``record_of`` does."""
    return _opened(deps, actor, patient_id, reads, deps.transaction)


@contextmanager
def _opened(
    deps: Deps, actor: Person, patient_id: PersonId, reads: Reads, opening: TransactionMaker
) -> Iterator[tuple[Transaction, Patient]]:
    with opening() as tx:
        patient = _find(tx, actor, patient_id)
        if patient is not None and allowed(tx, deps, actor, patient, reads):
            yield tx, patient
            return
    _note_refusal(deps, actor, patient, reads)
    raise NotFound


def allowed(tx: Transaction, deps: Deps, actor: Person, patient: Patient, reads: Reads) -> bool:
    """Whether ``actor`` may do ``reads`` with this patient's record at this moment."""
    return may(
        actor,
        reads,
        patient=patient.id,
        clinic=patient.person.clinic_id,
        grants=() if actor.id == patient.id else grants.grants_of(tx, patient.id),
        now=deps.now(),
    )


def note_listed(deps: Deps, actor: Person, seen: Iterable[PersonId]) -> None:
    """Write down whose scores or estimates a list shows, before it is shown; nobody's waits for no writer."""
    events = [audit.Event(action=Sight.LISTED, actor=actor.id, subject=patient) for patient in sorted(seen)]
    if events:
        with deps.transaction() as tx:
            audit.record_all(tx, actor.clinic_id, events, deps.now())


def seen_infusions(
    tx: Transaction, deps: Deps, actor: Person, patient: Patient, known: Sequence[Infusion]
) -> tuple[Infusion, ...]:
    """Return infusions with their notes only where ``actor`` may read those."""
    if allowed(tx, deps, actor, patient, Reads.INFUSION_NOTES):
        return tuple(known)
    return without_notes(known)


def without_notes(known: Iterable[Infusion]) -> tuple[Infusion, ...]:
    return tuple(replace(infusion, note=None) for infusion in known)


def _find(tx: Transaction, actor: Person, patient_id: PersonId) -> Patient | None:
    try:
        return patients.get_patient(tx, patient_id, actor.clinic_id)
    except NotFound:
        return None


def note_outsider(tx: Transaction, deps: Deps, action: str, about: Person | None) -> None:
    """Write down what somebody who is not signed in tried, ``about`` a person if it fits one.

    What fits nobody stands in the chain of the install's first clinic: it is seen, and takes as long.
    """
    clinic = clinics.oldest_clinic(tx)
    if about is not None:
        clinic = about.clinic_id
    if clinic is not None:
        event = audit.Event(action=action, subject=None if about is None else about.id)
        audit.record(tx, clinic, event, deps.now())


def note_wrong_place(deps: Deps, actor: Person, place: str, about: UUID | None = None) -> None:
    """Write down that somebody tried a page or an act that is not for them; ``place`` is its name.

    ``about`` is what they named, whether there is such a thing or not: it is seen, and takes as long.
    """
    event = audit.Event(action="refused", actor=actor.id, object_id=about, private={"place": place})
    with deps.transaction() as tx:
        audit.record(tx, actor.clinic_id, event, deps.now())


def _note_refusal(deps: Deps, actor: Person, patient: Patient | None, reads: Reads) -> None:
    event = audit.Event(
        action="refused",
        actor=actor.id,
        subject=None if patient is None else patient.id,
        private={"reads": reads},
    )
    with deps.transaction() as tx:
        audit.record(tx, actor.clinic_id, event, deps.now())
