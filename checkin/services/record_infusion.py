"""Recording infusions: planned, given, corrected, cancelled; each change brings the prompts in line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from checkin.domain.clinic import Clinic
from checkin.domain.clock import known_zone
from checkin.domain.consent import Reads
from checkin.domain.errors import Conflict, Invalid, NotFound, Refusal
from checkin.domain.ids import InfusionId, PersonId, new_id
from checkin.domain.infusion import Dose, Infusion, InfusionState, Route
from checkin.domain.person import Patient, Person
from checkin.domain.planner import Plan
from checkin.domain.words import Moment, text
from checkin.services import catalogue
from checkin.services.access import Sight, allowed, record_of, record_to_change, seen_infusions
from checkin.services.deps import Deps
from checkin.services.plan_prompts import bring_in_line, plan_for
from checkin.storage import audit, clinics, estimates, infusions, patients
from checkin.storage.engine import Transaction

# Two records this close are one infusion told twice, or one is wrong: nobody gets two in half a day.
SAME_WITHIN = timedelta(hours=12)
OLDEST = timedelta(days=60)
FARTHEST = timedelta(days=90)
_CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody typed in: ``at`` is the END of a given infusion or the planned one (aware UTC)."""

    state: InfusionState
    at: datetime
    zone: str
    route: Route | None = None
    dose: Dose | None = None
    note: str | None = None

    def filled_from(self, recorded: Infusion) -> "Draft":
        """Return what was typed, what was left blank as it is ``recorded``, and of two notes both."""
        notes = [note for note in (recorded.note, self.note) if note]
        return replace(
            self,
            route=self.route or recorded.route,
            dose=self.dose or recorded.dose,
            note="\n".join(dict.fromkeys(notes)) or None,
        )


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What recording a draft would do, with the infusion it would be."""

    infusion: Infusion
    patient: Patient
    plan: Plan


class LooksTheSame(Conflict):
    """Another infusion is recorded at nearly the same time; ``existing`` can be corrected instead.

    Its note is there only for those who may read it.
    """

    def __init__(self, existing: Infusion) -> None:
        super().__init__(
            text(
                "An infusion is recorded already for %(at)s. If it is the same one, correct it there.",
                at=Moment(at=existing.at, zone=existing.zone),
            ),
            field="day",
        )
        self.existing = existing


class ChangedMeanwhile(Conflict):
    """Somebody else changed this infusion since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            text("Somebody else changed this infusion just now. Look at it again, then change what is wrong.")
        )


def preview(
    deps: Deps, actor: Person, patient_id: PersonId, draft: Draft, correcting: InfusionId | None
) -> Preview:
    """Return what a draft would plan, without storing it. Raises what recording it would raise."""
    with record_of(deps, actor, patient_id, Reads.RECORD_INFUSION, looked=Sight.PREVIEWED_INFUSION) as (
        tx,
        patient,
    ):
        clinic, known = (
            clinics.get_clinic(tx, patient.person.clinic_id),
            infusions.infusions_of(tx, patient.id),
        )
        infusion = _infusion(tx, deps, actor, clinic, patient, draft, _corrected(known, correcting))
        _check(tx, deps, actor, infusion, known, patient)
        return Preview(
            infusion=replace(infusion, note=draft.note or None),  # what stays hidden is not shown here either
            patient=patient,
            plan=plan_for(tx, deps, clinic, patient, infusion, known),
        )


def record(deps: Deps, actor: Person, patient_id: PersonId, draft: Draft) -> Infusion:
    """Store an infusion with all its prompts; recording the very same twice does no harm.

    Raises ``Invalid`` or ``LooksTheSame``.
    """
    with record_to_change(deps, actor, patient_id, Reads.RECORD_INFUSION) as (tx, patient):
        patients.lock_patient(tx, patient.id)
        clinic, known = (
            clinics.get_clinic(tx, patient.person.clinic_id),
            infusions.infusions_of(tx, patient.id),
        )
        infusion = _infusion(tx, deps, actor, clinic, patient, draft, None)
        try:
            _check(tx, deps, actor, infusion, known, patient)
        except LooksTheSame as same:
            (existing,) = (one for one in known if one.id == same.existing.id)
            if existing.recorded_by == actor.id and _is_as_typed(existing, draft):
                return existing
            raise
        infusions.add_infusion(tx, infusion, clinic.id, deps.now())
        bring_in_line(tx, deps, clinic, patient)
        estimates.expect(tx, patient.id, clinic.id, deps.now())
        _audit(tx, deps, actor, clinic, infusion, before=None)
        return infusion


def correct(
    deps: Deps, actor: Person, patient_id: PersonId, infusion_id: InfusionId, draft: Draft, *, revision: int
) -> Infusion:
    """Change a recorded infusion, or confirm a planned one as given; what was sent stays sent.

    ``revision`` is the one the page showed. Raises ``NotFound``, ``Invalid`` or ``ChangedMeanwhile``.
    """
    with record_to_change(deps, actor, patient_id, Reads.RECORD_INFUSION) as (tx, patient):
        patients.lock_patient(tx, patient.id)
        clinic, known = (
            clinics.get_clinic(tx, patient.person.clinic_id),
            infusions.infusions_of(tx, patient.id),
        )
        before = _corrected(known, infusion_id)
        if before is None or before.state is InfusionState.CANCELLED:
            raise NotFound
        infusion = _infusion(tx, deps, actor, clinic, patient, draft, before)
        _check(tx, deps, actor, infusion, known, patient)
        if _is_as_typed(before, draft):
            return before
        if not infusions.change_infusion(tx, infusion, expected=revision):
            raise ChangedMeanwhile
        bring_in_line(tx, deps, clinic, patient)
        estimates.expect(tx, patient.id, clinic.id, deps.now())
        _audit(tx, deps, actor, clinic, infusion, before=before)
        return infusion


def cancel(deps: Deps, actor: Person, patient_id: PersonId, infusion_id: InfusionId) -> None:
    """Take back an infusion that was not given; what it planned is cancelled. Twice does no harm.

    Raises ``NotFound``.
    """
    with record_to_change(deps, actor, patient_id, Reads.RECORD_INFUSION) as (tx, patient):
        patients.lock_patient(tx, patient.id)
        clinic, known = (
            clinics.get_clinic(tx, patient.person.clinic_id),
            infusions.infusions_of(tx, patient.id),
        )
        before = _corrected(known, infusion_id)
        if before is None:
            raise NotFound
        if before.state is InfusionState.CANCELLED:
            return
        after = replace(before, state=InfusionState.CANCELLED, revision=before.revision + 1)
        infusions.change_infusion(tx, after, expected=before.revision)
        bring_in_line(tx, deps, clinic, patient)
        estimates.expect(tx, patient.id, clinic.id, deps.now())
        _audit(tx, deps, actor, clinic, after, before=before)


def _is_as_typed(infusion: Infusion, draft: Draft) -> bool:
    typed = (draft.state, draft.at, draft.zone, draft.route, draft.dose, draft.note or None)
    return typed == (
        infusion.state,
        infusion.at,
        infusion.zone,
        infusion.route,
        infusion.dose,
        infusion.note,
    )


def _corrected(known: Sequence[Infusion], infusion_id: InfusionId | None) -> Infusion | None:
    return next((infusion for infusion in known if infusion.id == infusion_id), None)


def _infusion(
    tx: Transaction,
    deps: Deps,
    actor: Person,
    clinic: Clinic,
    patient: Patient,
    draft: Draft,
    before: Infusion | None,
) -> Infusion:
    """The infusion a draft describes: a new one, or the corrected form of an earlier one."""
    started = before or Infusion(
        id=InfusionId(new_id(deps.now())),
        patient_id=patient.id,
        state=draft.state,
        at=draft.at,
        zone=draft.zone,
        recorded_by=actor.id,
        protocol=catalogue.protocol_of(tx, clinic).reference,
        revision=0,
    )
    return replace(
        started,
        state=draft.state,
        at=draft.at,
        zone=draft.zone,
        route=draft.route,
        dose=draft.dose,
        note=_note(tx, deps, actor, patient, draft, before),
        revision=started.revision + 1,
    )


def _note(
    tx: Transaction, deps: Deps, actor: Person, patient: Patient, draft: Draft, before: Infusion | None
) -> str | None:
    """The note as typed; who may not read the one before adds to it instead of wiping it out unseen."""
    if before is None or before.note is None or allowed(tx, deps, actor, patient, Reads.INFUSION_NOTES):
        return draft.note or None
    return "\n".join(part for part in (before.note, draft.note) if part)


def _check(
    tx: Transaction,
    deps: Deps,
    actor: Person,
    infusion: Infusion,
    known: Sequence[Infusion],
    patient: Patient,
) -> None:
    """Raises ``Invalid`` or ``LooksTheSame`` for a time or zone that cannot be."""
    now = deps.now()
    if patient.discharged_at is not None:
        raise Refusal(text("This patient is discharged. No more infusions can be recorded."))
    if not known_zone(infusion.zone):
        raise Invalid(text("Select a time zone from the list."), field="zone")
    if infusion.state is InfusionState.GIVEN and infusion.at > now + _CLOCK_SLACK:
        raise Invalid(text("This is in the future. Enter when the infusion ended."), field="time")
    if infusion.state is InfusionState.PLANNED and infusion.at <= now:
        raise Invalid(text("This is in the past. Choose “given”, or enter a later time."), field="time")
    if infusion.at < now - OLDEST:
        raise Invalid(text("This is more than 60 days ago. Check the date."), field="day")
    if infusion.at > now + FARTHEST:
        raise Invalid(text("This is more than 90 days ahead. Check the date."), field="day")
    for other in known:
        same = other.id != infusion.id and other.state is not InfusionState.CANCELLED
        if same and abs(other.at - infusion.at) < SAME_WITHIN:
            (seen,) = seen_infusions(tx, deps, actor, patient, [other])
            raise LooksTheSame(seen)


def _audit(
    tx: Transaction, deps: Deps, actor: Person, clinic: Clinic, infusion: Infusion, *, before: Infusion | None
) -> None:
    event = audit.Event(
        action="infusion_recorded" if before is None else f"infusion_{_act(infusion, before)}",
        actor=actor.id,
        subject=infusion.patient_id,
        object_id=infusion.id,
        private={"new": asdict(infusion), "old": None if before is None else asdict(before)},
    )
    audit.record(tx, clinic.id, event, deps.now())


def _act(infusion: Infusion, before: Infusion) -> str:
    if infusion.state is InfusionState.CANCELLED:
        return "cancelled"
    confirmed = before.state is InfusionState.PLANNED and infusion.state is InfusionState.GIVEN
    return "confirmed" if confirmed else "corrected"
