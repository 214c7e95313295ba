"""The form cookie is signed and can be read: it says nothing about what somebody answered."""

import pytest
from flask import Flask, session
from support.asked import Asked
from support.clock import Clock
from support.people import World
from support.visitor import Visitor, forms_of

from checkin.services.deps import Deps
from checkin.storage.engine import Database


def answered(app: Flask, asked: Asked, safety: str) -> tuple[list[object], str]:
    """Answer by link; return what the cookie keeps of it, and the page that the browser is led to."""
    visitor = Visitor(app)
    page = visitor.get(f"/c/{asked.link}").text
    (form,) = (form for form in forms_of(page) if "key" in form.values)
    questions = sorted(
        (name for name in form.choices if name.startswith("q")), key=lambda name: int(name[1:])
    )
    sent = {**form.values, **dict.fromkeys(questions, "0"), questions[-1]: safety}
    reply = visitor.post(f"/c/{asked.link}", sent)
    assert reply.status_code == 303
    with app.test_request_context("/", headers={"Cookie": f"form={visitor.cookie('form')}"}):
        kept = dict(session)["sent"]
    assert visitor.get(reply.location).status_code == 200
    return kept, reply.location


@pytest.mark.parametrize("safety", ["0", "2"])
def test_what_was_answered_cannot_be_read_in_it(
    app: Flask, deps: Deps, database: Database, world: World, clock: Clock, safety: str
) -> None:
    kept, location = answered(app, Asked(deps, database, world.patient, clock), safety)
    assert location.endswith("/next" if safety == "2" else "/saved")
    assert all(isinstance(value, str) for value in kept), kept
    other, _location = answered(app, Asked(deps, database, world.patient, clock), safety)
    assert not {kept[1], kept[2]} & {other[1], other[2]}, "the same answers must not look the same"
