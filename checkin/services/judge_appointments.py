"""Judging appointments: how agreed times stand by the estimates and infusions as they are now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from checkin.domain.appointment import Appointment
from checkin.domain.ids import AppointmentId
from checkin.domain.infusion import InfusionState
from checkin.domain.slot import Course, Outlook, follows, rested
from checkin.services.read_chances import chances_of
from checkin.storage import infusions, patients
from checkin.storage.engine import Transaction


def outlooks_of(
    tx: Transaction, agreed: Sequence[Appointment], now: datetime
) -> Mapping[AppointmentId, Outlook]:
    """Return the outlook of each appointment that has a time, in a fixed number of statements."""
    wanted = {one.patient_id for one in agreed}
    if not wanted:
        return {}
    people = patients.patients_by_id(tx, wanted)
    recorded = infusions.infusions_by_patient(tx, wanted)
    chances = chances_of(tx, wanted, now)
    found: dict[AppointmentId, Outlook] = {}
    for one in agreed:
        if one.slot is None:
            continue
        patient, chance = people[one.patient_id], chances.get(one.patient_id)
        doses = recorded.get(patient.id, ())
        ends = tuple(dose.at for dose in doses if dose.counts(now))
        # One that nobody confirmed may have been given: it was not called off.
        standing = [dose.at for dose in doses if dose.state is not InfusionState.CANCELLED]
        found[one.id] = Outlook(
            chance=None if chance is None else chance.at(one.slot.since),
            rested=rested(one.slot, Course(ends=ends, zones=patient.zones, waking=patient.waking)),
            follows=follows(one.slot, standing),
        )
    return found
