"""Scores as the therapist reads them: the range of a total is named where its form has published ones."""

import re
from pathlib import Path

import pytest
from support.care import an_infusion
from support.course import answer
from support.people import World
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
    own = re.findall(r"<p><b>(.*?)</b>", page)
    assert not [line for line in own if "mild" in line or "severe" in line or "remission" in line]
