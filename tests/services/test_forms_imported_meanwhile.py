"""A form imported between fetching and sending: answers stand on the questions that were seen."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from support.asked import Asked, stored
from support.care import fill
from support.clock import Clock
from support.people import World
from support.visitor import Visitor, forms_of

from checkin.services.catalogue import import_instrument
from checkin.services.deps import Deps
from checkin.storage import prompts
from checkin.storage.engine import Database

FORM = Path(__file__).parent.parent / "fixtures" / "questionnaires" / "whole-numbers.json"


def bring(deps: Deps, world: World, version: str, *, turned: bool) -> str:
    """Import a version of the form, its questions from last to first if ``turned``; return its reference."""
    document: dict[str, Any] = json.loads(FORM.read_text()) | {"version": version}
    if turned:
        document["item"] = document["item"][::-1]
    written = json.dumps(document)
    return import_instrument(deps, world.clinic.id, written, actor=None, no_safety_item=True).reference


@pytest.fixture
def first(deps: Deps, database: Database, world: World, asked: Asked) -> str:
    """The reference of the form that the open prompt asks."""
    reference = bring(deps, world, "1", turned=False)
    with database.transaction() as tx:
        tx.execute(update(prompts.prompts).values(instruments="whole-numbers"))
    return reference


def test_what_was_fetched_before_is_read_as_it_was_seen(
    deps: Deps, world: World, asked: Asked, clock: Clock, first: str
) -> None:
    seen = asked.open()
    clock.advance(seconds=1.5)
    second = bring(deps, world, "2", turned=True)
    clock.advance(seconds=1)
    assert [q.link_id for q in asked.open().form.questions] != [q.link_id for q in seen.form.questions]
    answers = fill(seen.form)
    asked.send(answers, fetched=seen.fetched)
    (check_in,) = stored(deps, asked.patient)
    assert second not in check_in.answers
    given = {q.link_id: int(answers[q.name]) for q in seen.form.questions if q.reference == first}
    assert check_in.answers[first] == given


def test_what_was_fetched_after_is_read_by_the_new_one(
    deps: Deps, world: World, asked: Asked, clock: Clock, first: str
) -> None:
    clock.advance(seconds=1)
    second = bring(deps, world, "2", turned=True)
    seen = asked.open()
    asked.send(fill(seen.form), fetched=seen.fetched)
    (check_in,) = stored(deps, asked.patient)
    assert (second in check_in.answers, first in check_in.answers) == (True, False)


def test_what_comes_back_to_be_put_right_stays_the_form_it_was(
    visitor: Visitor, deps: Deps, world: World, asked: Asked, clock: Clock, first: str
) -> None:
    path = f"/c/{asked.link}"
    page = visitor.get(path).text
    clock.advance(seconds=1)
    bring(deps, world, "2", turned=True)
    (form,) = (form for form in forms_of(page) if form.action == path)
    answer = visitor.bare_post(path, form.values)
    assert answer.status_code == 422
    (again,) = (form for form in forms_of(answer.text) if form.action == path)
    assert again.values["fetched"] == form.values["fetched"]
    for shown in (page, answer.text):
        assert shown.index("Topic 1") < shown.index("Topic 2")
