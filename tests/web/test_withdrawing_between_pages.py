"""Access withdrawn while a therapist has the list open: the next click finds nothing, and it is noted."""

import re

from flask import Flask
from support.people import World
from support.reading import said
from support.visitor import Visitor, forms_of

from checkin.domain.consent import Scope
from checkin.services.deps import Deps
from checkin.storage import audit
from checkin.storage.engine import Database


def test_withdrawing_between_the_list_and_the_patient_page_is_a_404_on_the_next_click_and_an_audit_event(
    app: Flask, world: World, deps: Deps, database: Database
) -> None:
    therapist, patient = Visitor(app), Visitor(app)
    therapist.sign_in(world.therapist)
    patient.sign_in(world.patient)
    (row,) = re.findall(rf'href="(/patients/{world.patient.id})"', therapist.get("/patients").text)

    sharing = patient.get("/sharing").text
    (stop,) = [form for form in forms_of(sharing) if form.action.endswith(f"/{world.therapist.id}/stop")]
    assert patient.bare_post(stop.action, stop.values).status_code == 303

    clicked = therapist.get(row)
    assert clicked.status_code == 404
    assert world.patient.name not in clicked.text
    for ending in ("/infusions/new", "?infusion=x"):
        assert therapist.get(row + ending).status_code == 404
    assert therapist.get(f"/downloads/{world.patient.id}/record.zip").status_code == 404

    with database.reading() as tx:
        events = audit.events_about(
            tx, world.patient.id, actions=("access_withdrawn", "refused", "listed", "looked"), limit=20
        )
        assert audit.verify_chain(tx, world.clinic.id) > 0
    oldest_first = [(event.action, event.actor) for event in reversed(events)]
    seen, *rest = oldest_first
    assert seen == ("listed", world.therapist.id)
    assert rest[: len(Scope)] == [("access_withdrawn", world.patient.id)] * len(Scope)
    assert rest[len(Scope) :] == [("refused", world.therapist.id)] * 4

    staff = Visitor(app)
    staff.sign_in(world.staff)
    trail = said(staff.get("/clinic/audit").text)
    assert f"{world.therapist.name} was refused: {world.patient.name}" in trail
    assert f"{world.patient.name} stopped access: {world.patient.name}" in trail
    again = said(therapist.get("/patients").text)
    assert again.index("Access has ended") < again.index(world.patient.name)
