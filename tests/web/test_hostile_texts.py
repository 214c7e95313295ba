"""Names and notes are data: whatever they hold, every page shows them as text (fault 41)."""

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from flask import Flask
from support.asked import Asked
from support.care import given
from support.clock import Clock
from support.people import World
from support.routes import Enter, Things, calls
from werkzeug.test import TestResponse

from checkin.services import record_infusion
from checkin.services.deps import Deps
from checkin.services.set_clinic import change_settings
from checkin.storage import people
from checkin.storage.engine import Database
from checkin.web.rules import Access

PLANTED = "planted"
HOSTILE = (
    f"<script>{PLANTED}()</script>"
    f"<img src=x onerror={PLANTED}()>"
    f"\"'><svg onload={PLANTED}()>"
    "{{7*191}}{% raw %}${7*191}#{7*191}"
    "\u2028\u202e\u0000</title></textarea><!--&amp;"
)
COMPUTED = "1337"  # 7 * 191, if any template took the text for its own
ESCAPED = f"&lt;script&gt;{PLANTED}()"


class _Planted(HTMLParser):
    """Collects what a hostile text would have become: its elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        handlers = [name for name, _value in attrs if name.startswith("on")]
        inline = tag == "script" and "src" not in dict(attrs)
        if handlers or inline or (tag == "img" and dict(attrs).get("src") == "x"):
            self.found.append(self.get_starttag_text() or tag)


def check(response: TestResponse, what: object) -> bool:
    """Hold one page; return whether the hostile text was on it at all."""
    if not response.content_type.startswith(("text/html", "image/svg", "application/json")):
        return False
    parser = _Planted()
    parser.feed(response.text)
    assert parser.found == [], what
    assert COMPUTED not in response.text, what
    assert f"<script>{PLANTED}" not in response.text, what
    return ESCAPED in response.text


@pytest.fixture
def poisoned(
    app: Flask, deps: Deps, database: Database, world: World, things: Things, clock: Clock
) -> Things:
    """The hostile text in every place where somebody can write."""
    with deps.transaction() as tx:
        for number, person in enumerate(world.everybody):
            people.change_contact(tx, person.id, name=f"{HOSTILE} {number}", email=person.email)
    clock.advance(days=2)
    record_infusion.record(deps, world.staff, world.patient.id, given(clock.now(), note=HOSTILE))
    asked = Asked(deps, database, world.patient, clock)
    asked.send(asked.answers(weight=2), note=HOSTILE)
    settings = replace(
        world.clinic.settings,
        sender_name=HOSTILE,
        day_of_infusion_words=HOSTILE,
        numbers=tuple(replace(number, title=HOSTILE) for number in world.clinic.settings.numbers),
    )
    change_settings(deps, world.staff, settings)
    return things


@pytest.mark.parametrize("persona", ["stranger", "staff", "therapist", "patient"])
def test_fault_41_every_page_shows_it_as_text(
    app: Flask, poisoned: Things, enter: Enter, persona: str
) -> None:
    visitor = enter(persona)
    shown = [call.endpoint for call in calls(app, poisoned, "GET") if check(call.by(visitor), call)]
    assert len(shown) >= (1 if persona == "stranger" else 3), shown


@pytest.mark.parametrize("persona", ["stranger", "staff", "patient"])
def test_fault_41_what_was_typed_comes_back_as_text(
    app: Flask, things: Things, enter: Enter, persona: str
) -> None:
    """A form that is refused shows what was typed in it."""
    visitor = enter(persona)
    fields = (
        *("email", "name", "note", "password", "zone", "sender_name", "day", "time", "amount", "route"),
        *("q1", "q2", "key", "fetched", "role", "way", "emergency-title", "scores", "revision"),
    )
    shown = []
    for call in calls(app, things, "POST"):
        if persona == "stranger" and call.access not in {Access.PUBLIC, Access.LINK}:
            continue
        response = visitor.post(call.path, dict.fromkeys(fields, HOSTILE))
        assert response.status_code < 500, call
        if check(response, call):
            shown.append(call.endpoint)
    assert shown, persona


@pytest.mark.parametrize("query", ["next", "before", "infusion", "course", "changed", "invited"])
def test_fault_41_what_stands_in_an_address_comes_back_as_text_or_not_at_all(
    app: Flask, things: Things, enter: Enter, query: str
) -> None:
    for persona in ("stranger", "staff", "patient"):
        visitor = enter(persona)
        for call in calls(app, things, "GET"):
            check(visitor.get(f"{call.path.partition('?')[0]}?{urlencode({query: HOSTILE})}"), call)
        check(visitor.open("GET", f"/{HOSTILE}".replace("\u0000", "")), "the path")
