"""Lengths of time: a picture, its table and the sentences beside it round them the same way."""

import pytest
from courses import English, traced

from checkin.charts.patient_chart import patient_chart
from checkin.charts.therapist_chart import therapist_chart
from checkin.charts.ticks import HOUR_TICKS
from checkin.charts.words import tick_words
from checkin.domain.standing import span_words


@pytest.mark.parametrize("hours", [0.5, 23.7, 30, 47.9, 48, 62, 71.9])
def test_tables_and_points_say_what_the_sentences_say(hours: float) -> None:
    course = traced([(-2, 20), (hours, 9)])
    said = f"{span_words(hours).render(English())} after"
    patient = patient_chart(course, to=English(), zone="UTC")
    therapist = therapist_chart(course, to=English(), zone="UTC", titles={})
    assert patient.table.rows[1][1] == said
    assert therapist.table.rows[1][1] == said
    assert said in therapist.svg


@pytest.mark.parametrize("hours", HOUR_TICKS)
def test_the_places_that_an_axis_names_lie_on_whole_hours_and_days(hours: float) -> None:
    short, plain = (tick_words(hours, plain=plain).render(English()) for plain in (False, True))
    assert plain == span_words(hours).render(English()) or (hours, plain) == (24, "1 day")
    assert short.split()[0] == plain.split()[0] or (short, plain) == ("24 h", "1 day")
