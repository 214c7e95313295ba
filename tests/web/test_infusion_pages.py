"""Recording an infusion: every step and form goes by the name that people call it."""

from support.people import World
from support.reading import said
from support.visitor import Visitor

from checkin.domain.protocol import default_protocol

TYPED = {"state": "given", "day": "2026-03-10", "time": "08:00", "unit": "mg/kg"}


def test_steps_and_forms_go_by_the_names_people_call_them(visitor: Visitor, world: World) -> None:
    visitor.sign_in(world.patient)
    page = visitor.post(f"/patients/{world.patient.id}/infusions/new", TYPED).text
    words = said(page)
    assert "4 hours after : Tuesday 10 March, 12pm" in words
    assert "2 hours after : It is switched off in this protocol." in words
    assert "(without PHQ-9: not imported)" in words
    protocol = default_protocol()
    assert not [name for name in (*protocol.titles, *protocol.importable) if name in words]
