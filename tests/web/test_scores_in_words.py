"""Scores and forms as people read them: published ranges are named, and names hold together."""

import re
from pathlib import Path

import pytest
from flask import Flask
from support.care import an_infusion
from support.course import answer
from support.people import World
from support.reading import said
from support.visitor import Visitor

from checkin.services.catalogue import import_instrument
from checkin.services.deps import Deps

FORMS = Path(__file__).parent.parent / "fixtures" / "questionnaires"


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (0, "0 of 27, minimal: in the range of remission"),
        (1, "8 of 27, mild"),
        (2, "16 of 27, moderately severe"),
    ],
)
def test_a_total_with_published_ranges_names_its_range_and_our_own_never_does(
    visitor: Visitor, world: World, deps: Deps, weight: int, words: str
) -> None:
    visitor.sign_in(world.therapist)
    document = (FORMS / "contained-value-set.json").read_text()
    form = import_instrument(deps, world.clinic.id, document, actor=None)
    assert form.name == "phq-9"
    an_infusion(deps, world.staff, world.patient, hours_ago=337)
    answer(deps, world.patient, weight=weight)
    page = visitor.get(f"/patients/{world.patient.id}").text
    (shown,) = re.findall(r'<p class="others">(.*?)</p>', page)
    assert words in re.sub("<[^>]+>", "", shown)
    table = page.partition("<table")[2].partition("</table>")[0]
    rows = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall("<td.*?</td>", row)]
        for row in table.split("<tr>")
    ]
    scores = {row[1]: row[2] for row in rows if len(row) > 2}
    assert scores["Placeholder of nine topics"] == words
    assert re.fullmatch(r"\d+ of 27", scores["Check-in"])
    own = re.findall(r"<p><b>(.*?)</b>", page)
    assert not [line for line in own if "mild" in line or "severe" in line or "remission" in line]


def test_no_line_ends_within_the_name_of_a_form(app: Flask, world: World, deps: Deps) -> None:
    """Nor does a name that is not imported yet, which the preview of an infusion tells."""
    staff, therapist, patient = (Visitor(app) for _ in range(3))
    for visitor, person in ((staff, world.staff), (therapist, world.therapist), (patient, world.patient)):
        visitor.sign_in(person)
    recording = f"/patients/{world.other_patient.id}/infusions/new"
    typed = {"state": "given", "day": "2026-03-10", "time": "05:00", "amount": "0.5", "unit": "mg/kg"}
    pages = [staff.post(recording, {**typed, "route": ""}).text]
    import_instrument(deps, world.clinic.id, (FORMS / "contained-value-set.json").read_text(), actor=None)
    an_infusion(deps, world.staff, world.patient, hours_ago=337)
    answer(deps, world.patient, weight=1)
    pages += [therapist.get(f"/patients/{world.patient.id}").text]
    pages += [patient.get("/chart").text, staff.get("/clinic/library").text]
    words = [said(page) for page in pages]
    assert [re.findall("PHQ-9|PHQ-style|GAD-7", found) for found in words] == [[]] * 4
    assert ["PHQ\N{NON-BREAKING HYPHEN}" in found for found in words] == [True] * 4
