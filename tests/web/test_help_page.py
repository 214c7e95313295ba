"""Who to call: what the pages say of a number is what the clinic says of it, and no more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest
from flask import Flask
from support.asked import Asked
from support.clock import Clock
from support.people import World
from support.reading import errors_of, said
from support.visitor import Visitor, forms_of

from checkin.domain.clinic import HelpKind, HelpNumber, OpeningHours
from checkin.domain.help_numbers import default_numbers
from checkin.services import help_page
from checkin.services.deps import Deps
from checkin.services.set_clinic import change_settings, my_clinic
from checkin.storage.engine import Database

NOW = "People are there to talk to you now."
DO_NOT_WAIT = "If you might act on these thoughts, do not wait for us."
LIFELINE = default_numbers("US")[1]
HOTLINE = HelpNumber(
    kind=HelpKind.CRISIS, title="Harbour line", number="+1 555 0111", verified_on=LIFELINE.verified_on
)
EVENINGS = replace(HOTLINE, when="Every day from 6pm to 10pm.")
Use = Callable[..., None]


@pytest.fixture
def use(deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Has these crisis lines beside the clinic's other numbers, and these hours; none is remembered."""
    monkeypatch.setattr(help_page, "_kept", help_page._Kept())

    def change(*crisis: HelpNumber, hours: tuple[OpeningHours, ...] = ()) -> None:
        before = my_clinic(deps, world.staff).settings
        others = tuple(number for number in before.numbers if number.kind is not HelpKind.CRISIS)
        change_settings(deps, world.staff, replace(before, numbers=(*crisis, *others), hours=hours))

    return change


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (LIFELINE, "Call or text 988 Suicide &amp; Crisis Lifeline Somebody answers at any hour."),
        (HOTLINE, "Call Harbour line Call +1 555 0111"),
        (EVENINGS, "Call Harbour line Every day from 6pm to 10pm."),
    ],
    ids=["at any hour", "nothing said", "in the evening"],
)
def test_a_crisis_line_is_said_to_answer_when_the_clinic_says_so(
    app: Flask, use: Use, line: HelpNumber, told: str
) -> None:
    use(line)
    words = said(Visitor(app).get("/help").text)
    assert told in words
    assert ("at any hour" in words) is line.always
    assert "Call your care team: Our clinic" in words


@pytest.mark.parametrize("crisis", [(), (HOTLINE,), (EVENINGS,), (LIFELINE,)])
def test_somebody_is_said_to_be_there_now_only_where_a_line_answers_at_any_hour(
    app: Flask,
    deps: Deps,
    database: Database,
    world: World,
    clock: Clock,
    use: Use,
    crisis: tuple[HelpNumber, ...],
) -> None:
    use(*crisis)
    asked = Asked(deps, database, world.patient, clock)
    visitor = Visitor(app)
    form = visitor.get(f"/c/{asked.link}").text
    sent = forms_of(form)[0].values | asked.answers(safety=1)
    interruption = visitor.get(visitor.bare_post(f"/c/{asked.link}", sent).location).text
    for page in (form, interruption):
        assert DO_NOT_WAIT in page
        assert (NOW in page) is (crisis == (LIFELINE,))


def test_the_panel_without_a_network_offers_a_text_too(
    app: Flask, deps: Deps, database: Database, world: World, clock: Clock, use: Use
) -> None:
    use(LIFELINE)
    page = Visitor(app).get(f"/c/{Asked(deps, database, world.patient, clock).link}").text
    panel = page[page.index('id="told"') :]
    assert panel.index("988 Suicide") < panel.index('href="tel:988"') < panel.index('href="sms:988"')


def test_the_hours_of_a_week_are_said_plainly(app: Flask, use: Use) -> None:
    opens = [*((day, 9, 17) for day in range(5)), (5, 9, 12), (5, 14, 16)]
    use(hours=tuple(OpeningHours(weekday=d, since=time(a), until=time(b)) for d, a, b in opens))
    week = (
        "Nobody watches at all hours. Your care team looks at alerts: Monday to Friday 9am to 5pm; "
        "Saturday 9am to 12pm, 2pm to 4pm, by the time in New York."
    )
    assert week in said(Visitor(app).get("/help").text)
    kept = said(Visitor(app).get("/offline/help").text)
    assert week in kept
    assert "next look" not in kept
    assert "there until" not in kept


def test_without_hours_nothing_is_promised(app: Flask, use: Use) -> None:
    use()
    words = said(Visitor(app).get("/help").text)
    assert "Nobody watches at all hours." in words
    assert "looks at alerts" not in words


def test_when_a_line_answers_is_a_setting_of_the_clinic(
    app: Flask, deps: Deps, world: World, use: Use
) -> None:
    use(LIFELINE)
    staff = Visitor(app)
    staff.sign_in(world.staff)

    def kept() -> tuple[bool, str]:
        return next(
            (n.always, n.when) for n in my_clinic(deps, world.staff).settings.numbers if n.text_number
        )

    page = staff.get("/clinic/settings").text
    assert 'id="crisis-always" name="crisis-always" type="checkbox" value="y"' in page
    (form,) = [one for one in forms_of(page) if "country" in one.values]
    typed = {**form.values, "zone": "America/New_York", "protocol": ""}
    answer = staff.bare_post("/clinic/settings", {**typed, "crisis-when": "At night.", "crisis-always": "y"})
    assert answer.status_code == 422
    assert errors_of(answer.text, "crisis-when")
    assert kept() == (True, "")
    assert staff.bare_post("/clinic/settings", {**typed, "crisis-when": " At night. "}).status_code == 303
    assert kept() == (False, "At night.")
    assert 'value="At night."' in staff.get("/clinic/settings").text
