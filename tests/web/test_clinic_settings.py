"""The clinic's settings page: what it shows is what is in force, and what is typed is what is kept."""

from dataclasses import replace
from datetime import date

import pytest
from support.people import World
from support.reading import errors_of, said
from support.visitor import Visitor, forms_of

from checkin.domain.clinic import NEVER_VERIFIED
from checkin.services.deps import Deps
from checkin.services.set_clinic import change_settings, my_clinic


@pytest.fixture
def staff(visitor: Visitor, world: World) -> Visitor:
    visitor.sign_in(world.staff)
    return visitor


def typed(staff: Visitor) -> dict[str, str]:
    """What the page would send as it stands."""
    (form,) = [one for one in forms_of(staff.get("/clinic/settings").text) if "country" in one.values]
    return {**form.values, "zone": "America/New_York", "protocol": ""}


def test_saving_without_a_change_keeps_everything(staff: Visitor, world: World, deps: Deps) -> None:
    before = my_clinic(deps, world.staff).settings
    answer = staff.bare_post("/clinic/settings", typed(staff))
    assert answer.status_code == 303, said(answer.text)
    after = my_clinic(deps, world.staff).settings
    assert replace(after, thresholds={}) == replace(before, thresholds={})


def test_a_number_that_nobody_tried_shows_no_day_and_stays_untried(
    staff: Visitor, world: World, deps: Deps
) -> None:
    before = my_clinic(deps, world.staff).settings
    untried = tuple(replace(number, verified_on=NEVER_VERIFIED) for number in before.numbers)
    change_settings(deps, world.staff, replace(before, numbers=untried))
    page = staff.get("/clinic/settings").text
    assert '-01-01"' not in page
    values = typed(staff)
    assert values["emergency-verified_on"] == ""
    staff.bare_post("/clinic/settings", {**values, "care_team-verified_on": "2026-03-09"})
    kept = {number.title: number.verified_on for number in my_clinic(deps, world.staff).settings.numbers}
    assert kept == {"Emergency": NEVER_VERIFIED, "Our clinic": date(2026, 3, 9)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("response_share", value) for value in ("0", "-1", "101", "1e9", "NaN", "Infinity", "x", "😀")),
        *(("worse_points", value) for value in ("0", "-1", "28", "1e9", "NaN", "-Infinity")),
    ],
)
def test_thresholds_that_cannot_be_are_refused_beside_their_field(
    staff: Visitor, world: World, deps: Deps, field: str, value: str
) -> None:
    before = my_clinic(deps, world.staff).settings
    answer = staff.bare_post("/clinic/settings", {**typed(staff), field: value})
    assert answer.status_code == 422
    assert errors_of(answer.text, field)
    assert my_clinic(deps, world.staff).settings == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"emergency-number": "dial us"}, "emergency-number"),
        ({"emergency-verified_on": "2100-12-31"}, "emergency-verified_on"),
        ({"hours-0-since": "17:00", "hours-0-until": "09:00"}, "hours-0-until"),
        ({"hours-6-since": "17:00", "hours-6-until": ""}, "hours-6-until"),
        ({"country": "   "}, "country"),
    ],
)
def test_what_is_wrong_is_said_beside_its_own_field(
    staff: Visitor, world: World, deps: Deps, changes: dict[str, str], field: str
) -> None:
    before = my_clinic(deps, world.staff).settings
    answer = staff.bare_post("/clinic/settings", {**typed(staff), **changes})
    assert answer.status_code == 422
    assert errors_of(answer.text, field)
    assert f'href="#{field}"' in answer.text
    assert "<title>Error:" in answer.text
    assert my_clinic(deps, world.staff).settings == before
