"""Recording an infusion: every step and form goes by the name that people call it."""

from datetime import timedelta

import pytest
from support.care import an_infusion, given
from support.people import World, give
from support.reading import errors_of, said
from support.visitor import Visitor, forms_of

from checkin.domain.consent import Scope
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.protocol import default_protocol
from checkin.services.deps import Deps
from checkin.services.record_infusion import cancel, record
from checkin.storage import infusions
from checkin.storage.engine import Database

TYPED = {"state": "given", "day": "2026-03-10", "time": "08:00", "unit": "mg/kg"}


def test_steps_and_forms_go_by_the_names_people_call_them(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.patient)
    page = visitor.post(f"/patients/{world.patient.id}/infusions/new", TYPED).text
    words = said(page)
    assert "4 hours after : Tuesday 10 March, 12pm" in words
    assert "2 hours after : It is switched off in this protocol." in words
    assert "(without PHQ\N{NON-BREAKING HYPHEN}9: not imported)" in words
    protocol = default_protocol()
    assert not [name for name in (*protocol.titles, *protocol.importable) if name in words]


class TestRecordedByTwo:
    """Staff recorded dose, way and note; the patient then types the time alone, and a note of their own."""

    @pytest.fixture
    def recorded(self, deps: Deps, world: World) -> Infusion:
        return an_infusion(deps, world.staff, world.patient, hours_ago=4)

    def test_both_are_shown_and_what_was_left_blank_stays(
        self, visitor: Visitor, world: World, deps: Deps, recorded: Infusion
    ) -> None:
        visitor.sign_in(world.patient)
        typed = {**TYPED, "time": "08:30", "note": "I slept through it"}
        page = visitor.post(f"/patients/{world.patient.id}/infusions/new", typed)
        assert page.status_code == 409
        words = said(page.text)
        assert "Recorded Tuesday 10 March, 8am · Given · 0.5 mg/kg · Into a vein · heart rate" in words
        assert "You typed Tuesday 10 March, 8:30am · Given · I slept through it" in words
        (form,) = (form for form in forms_of(page.text) if form.action.endswith("/correct"))
        assert visitor.bare_post(form.action, {**form.values, "confirm": "1"}).status_code == 303
        with deps.reading() as tx:
            (found,) = infusions.infusions_of(tx, world.patient.id)
        assert found.at == recorded.at + timedelta(minutes=30)
        assert (found.dose, found.route) == (recorded.dose, recorded.route)
        assert found.note == f"{recorded.note}\nI slept through it"

    def test_who_may_not_read_the_note_keeps_it_unseen(
        self, visitor: Visitor, world: World, deps: Deps, database: Database, recorded: Infusion
    ) -> None:
        with database.transaction() as tx:
            give(tx, world.patient, world.unasked.id, set(Scope) - {Scope.NOTES}, deps.now())
        visitor.sign_in(world.unasked)
        typed = {**TYPED, "note": "he slept through it"}
        page = visitor.post(f"/patients/{world.patient.id}/infusions/new", typed)
        assert recorded.note is not None
        assert recorded.note not in page.text
        (form,) = (form for form in forms_of(page.text) if form.action.endswith("/correct"))
        visitor.bare_post(form.action, {**form.values, "confirm": "1"})
        with deps.reading() as tx:
            (found,) = infusions.infusions_of(tx, world.patient.id)
        assert found.note == f"{recorded.note}\nhe slept through it"

    def test_one_moved_onto_another_is_told_which_and_changes_neither(
        self, visitor: Visitor, world: World, deps: Deps, recorded: Infusion
    ) -> None:
        other = record(deps, world.staff, world.patient.id, given(recorded.at - timedelta(days=2)))
        visitor.sign_in(world.staff)
        path = f"/patients/{world.patient.id}/infusions/"
        page = visitor.post(f"{path}{other.id}/correct", {**TYPED, "revision": "1"})
        assert page.status_code == 422
        assert "An infusion is recorded already for Tuesday 10 March, 8am." in errors_of(page.text, "day")
        assert f'href="{path}{recorded.id}"' in page.text
        assert [form.action for form in forms_of(page.text) if "correct" in form.action] == []
        with deps.reading() as tx:
            assert set(infusions.infusions_of(tx, world.patient.id)) == {recorded, other}


def test_the_patient_sees_later_what_is_asked_when_and_what_is_not_and_why(
    visitor: Visitor, world: World, deps: Deps
) -> None:
    """Staff planned one: from the first page on the patient finds its check-ins, in their own time."""
    draft = given(deps.now() + timedelta(hours=70), state=InfusionState.PLANNED)
    infusion = record(deps, world.staff, world.patient.id, draft)
    visitor.sign_in(world.patient)
    path = f"/patients/{world.patient.id}/infusions/{infusion.id}"
    assert f'href="{path}"' in visitor.get("/home").text
    words = said(visitor.get(path).text)
    assert "Times are in America/New York." in words
    assert "Evening before the infusion Thursday 12 March, 8pm Planned" in words
    assert "In the 7 days before the infusion : Its questions have not been added here yet." in words
    cancel(deps, world.staff, world.patient.id, infusion.id)
    words = said(visitor.get(path).text)
    assert "Evening before the infusion Thursday 12 March, 8pm Cancelled" in words
    assert "not planned" not in words
