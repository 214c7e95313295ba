"""The note of an infusion reaches its own readers only, on every way out, and nobody wipes it out unseen."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from babel.support import NullTranslations
from support.care import an_infusion, given
from support.people import World, give
from support.visitor import Visitor

from checkin.domain.consent import Scope
from checkin.domain.infusion import Infusion
from checkin.domain.person import Person
from checkin.services.deps import Deps
from checkin.services.export_record import export_record
from checkin.services.look_up import infusion_file
from checkin.services.record_infusion import correct, preview
from checkin.services.review_trajectory import patient_list, review
from checkin.storage.engine import Database
from checkin.web.speech import Reader

NOTE = "heart rate steady throughout"
ALL_BUT_NOTES = set(Scope) - {Scope.NOTES}


@pytest.fixture
def infusion(deps: Deps, world: World) -> Infusion:
    """An infusion whose note staff wrote."""
    return an_infusion(deps, world.staff, world.patient)


@pytest.fixture
def reader(database: Database, deps: Deps, world: World) -> Person:
    """A therapist who may do everything but read notes."""
    with database.transaction() as tx:
        give(tx, world.patient, world.unasked.id, ALL_BUT_NOTES, deps.now())
    return world.unasked


def exported(deps: Deps, actor: Person, patient: Person) -> str:
    english = Reader("en", NullTranslations())
    with ZipFile(BytesIO(export_record(deps, actor, patient.id, english).content)) as files:
        return "".join(files.read(name).decode() for name in files.namelist())


def test_without_the_grant_no_way_out_has_it(
    deps: Deps, world: World, infusion: Infusion, reader: Person
) -> None:
    found = review(deps, reader, world.patient.id)
    assert found.infusions
    assert NOTE not in repr(found)
    assert NOTE not in repr(patient_list(deps, reader))
    assert NOTE not in repr(infusion_file(deps, reader, world.patient.id, infusion.id))
    assert NOTE not in exported(deps, reader, world.patient)
    shown = preview(deps, reader, world.patient.id, given(infusion.at, note=None), infusion.id)
    assert NOTE not in repr(shown)


def test_with_it_the_patient_and_for_staff_it_is_there(deps: Deps, world: World, infusion: Infusion) -> None:
    for actor in (world.therapist, world.patient):
        assert NOTE in repr(review(deps, actor, world.patient.id))
        assert NOTE in exported(deps, actor, world.patient)
    for actor in (world.therapist, world.patient, world.staff):
        assert infusion_file(deps, actor, world.patient.id, infusion.id).infusion.note == NOTE


def test_even_with_the_grant_a_list_has_no_notes(deps: Deps, world: World, infusion: Infusion) -> None:
    found = patient_list(deps, world.therapist)
    assert found.rows
    assert NOTE not in repr(found)


@pytest.mark.parametrize(
    ("typed", "kept"), [(None, NOTE), ("he came late", f"{NOTE}\nhe came late")], ids=["nothing", "something"]
)
def test_correcting_without_reading_the_note_keeps_it(
    deps: Deps, world: World, infusion: Infusion, reader: Person, typed: str | None, kept: str
) -> None:
    draft = given(infusion.at, note=typed, dose=None)
    correct(deps, reader, world.patient.id, infusion.id, draft, revision=infusion.revision)
    found = infusion_file(deps, world.staff, world.patient.id, infusion.id).infusion
    assert (found.note, found.dose) == (kept, None)


def test_who_reads_it_can_take_it_away(deps: Deps, world: World, infusion: Infusion) -> None:
    draft = given(infusion.at, note=None)
    correct(deps, world.therapist, world.patient.id, infusion.id, draft, revision=infusion.revision)
    assert infusion_file(deps, world.staff, world.patient.id, infusion.id).infusion.note is None


def test_the_form_to_correct_it_does_not_show_it(
    visitor: Visitor, world: World, infusion: Infusion, reader: Person
) -> None:
    path = f"/patients/{world.patient.id}/infusions/{infusion.id}"
    for person, seen in ((reader, False), (world.staff, True)):
        visitor.sign_in(person)
        for page in (path, f"{path}/correct"):
            assert (NOTE in visitor.get(page).text) == seen
