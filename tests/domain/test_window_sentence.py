"""What an estimate says: every state has its words, and no words claim more than the estimate does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from courses import English
from hypothesis import given
from hypothesis import strategies as st
from support.clock import NOON
from support.estimate import an_estimate, placed

from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.sentence import CAVEAT, closing, percent, reason, sentence, state_words
from checkin.domain.window.values import Interval, State
from checkin.domain.words import Text

ZONE = "America/New_York"
INFUSED = NOON - timedelta(hours=96)


def said(words: Text) -> str:
    return words.render(English())


def here(state: State, **changes: object) -> PlacedEstimate:
    """Somebody 4 days after an infusion; the window opened early and closes in 1 to 3 days."""
    changes = {"as_of": 96.0, "closes": Interval(p10=120.0, p50=144.0, p90=168.0)} | changes
    return placed(an_estimate(state=state, **changes), begins=INFUSED)


def words_of(found: PlacedEstimate, *, hours: float = 0) -> str:
    return said(sentence(found, now=NOON + timedelta(hours=hours), zone=ZONE))


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        (State.OPEN, {}, "Open now, 86 %. Likely to close between Wednesday and Friday."),
        (
            State.LIKELY,
            {"p_open": 0.62},
            "Likely open now, 62 %. Likely to close between Wednesday and Friday.",
        ),
        (
            State.FADING,
            {"p_open": 0.62, "p_ahead": 0.38},
            "Fading: open now, 62 %; in 24 hours, 38 %. Likely to close between Wednesday and Friday.",
        ),
        (
            State.FADING,
            {"p_open": 0.41, "p_ahead": 0.38},
            "Fading: 41 % that it is still open."
            " If it is, it is likely to close between Wednesday and Friday.",
        ),
        (
            State.NOT_OPEN,
            {"p_open": 0.12},
            "Not open now: 12 % that it is. At most 66 % at any hour ahead.",
        ),
        (
            State.NOT_OPEN,
            {"p_open": 0.0, "closes": None, "grid": ((90.0, 0.0), (336.0, 0.0))},
            "Not open now: 1 % that it is. At most 1 % at any hour ahead.",
        ),
        (
            State.CLOSED,
            {"p_open": 0.1, "closes": Interval(p10=40.0, p50=60.0, p90=80.0)},
            "Probably closed: 10 % that it is still open. It closed between Sunday and Monday.",
        ),
        (
            State.CLOSED,
            {"p_open": 0.4, "closes": Interval(p10=40.0, p50=90.0, p90=335.0)},
            "Probably closed: 40 % that it is still open. If it is closed, that happened between Sunday and"
            " today.",
        ),
        (State.TOO_EARLY, {}, "It is too early to say whether the window is open."),
        (
            State.NO_BASELINE,
            {},
            "There is no score from before this course, so nothing can be said about a window.",
        ),
    ],
)
def test_every_state_has_its_sentence(state: State, changes: dict[str, object], expected: str) -> None:
    assert words_of(here(state, **changes)) == expected


@pytest.mark.parametrize("state", [State.OPEN, State.LIKELY, State.FADING])
def test_the_end_is_not_spoken_of_before_72_hours(state: State) -> None:
    early = replace(here(state), latest=NOON - timedelta(hours=71, minutes=59))
    assert words_of(early).endswith("It is too early to say when it ends.")
    assert "between" in words_of(replace(early, latest=NOON - timedelta(hours=72)))


def test_an_end_that_may_lie_beyond_what_is_estimated_is_left_open() -> None:
    late = here(State.OPEN, closes=Interval(p10=200.0, p50=300.0, p90=336.0))
    assert words_of(late).endswith("between Saturday and 20 March, or later.")
    later = here(State.OPEN, closes=Interval(p10=336.0, p50=336.0, p90=336.0))
    for found in (late, later):
        fading = replace(found, estimate=replace(found.estimate, state=State.FADING, p_open=0.4))
        assert "If it is, it is likely to" in words_of(fading)
    assert words_of(later).endswith("for as long as is estimated, 14 days after the infusion.")


def test_of_closings_that_are_partly_over_those_to_come_count() -> None:
    grid = ((90.0, 0.9), (102.0, 0.7), (150.0, 0.4), (198.0, 0.05), (336.0, 0.0))
    past = Interval(p10=60.0, p50=100.0, p90=130.0)
    found = here(State.OPEN, closes=past, grid=grid)
    assert words_of(found).endswith("Likely to close between today and Saturday.")
    # Of 80 % now 40 % are left at hour 150, which is the middle.
    assert closing(found, NOON) == INFUSED + timedelta(hours=150)
    lasting = here(State.OPEN, closes=past, grid=((90.0, 0.95), (336.0, 0.9)))
    assert words_of(lasting).endswith("for as long as is estimated, 14 days after the infusion.")


def test_a_closing_before_the_latest_infusion_is_not_told() -> None:
    closes = Interval(p10=20.0, p50=30.0, p90=80.0)
    found = replace(here(State.CLOSED, closes=closes), latest=INFUSED + timedelta(hours=48))
    assert words_of(found) == "Probably closed: 86 % that it is still open."


def test_a_window_that_fades_by_what_was_seen_says_no_more_than_that() -> None:
    found = here(State.FADING, p_open=0.7, p_ahead=0.9)
    assert words_of(found).startswith("Fading: open now, 70 %. Likely")


def test_after_a_fortnight_nothing_is_said() -> None:
    found = here(State.OPEN)
    assert "Open" in words_of(found, hours=239)
    assert words_of(found, hours=240) == (
        "The 14 days after the infusion are over. Nothing more is estimated."
    )


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_reason_and_a_badge(state: State) -> None:
    assert said(reason(here(state))).endswith(".")
    assert 0 < len(said(state_words(state))) <= 20


def test_reasons_name_what_was_missing() -> None:
    assert said(reason(here(State.TOO_EARLY))) == (
        "It takes 2 check-ins since the infusion, 1 of them 20 hours or more after it."
    )
    assert "70 %" in said(reason(here(State.OPEN)))
    assert "5 points and 30 %" in said(reason(here(State.NOT_OPEN)))


def test_fading_has_three_reasons() -> None:
    losing = here(State.FADING, p_open=0.6, p_ahead=0.4)
    relapsing = here(State.FADING, p_open=0.6, p_ahead=0.6)
    lost = here(State.FADING, p_open=0.4, p_ahead=0.4)
    reasons = [said(reason(found)) for found in (losing, relapsing, lost)]
    assert len(set(reasons)) == 3
    assert reasons[1] == "The last 2 scores are less than 25 % below the level before the course."


@given(st.floats(0, 1))
def test_nothing_is_ever_certain(chance: float) -> None:
    assert 1 <= percent(chance) <= 99
    assert abs(percent(chance) - chance * 100) <= 1


def test_what_closes_is_the_middle_of_an_open_window() -> None:
    assert closing(here(State.OPEN), NOON) == NOON + timedelta(hours=48)
    assert closing(here(State.NOT_OPEN), NOON) is None
    assert closing(here(State.OPEN), NOON + timedelta(days=11)) is None
    assert closing(here(State.LIKELY, closes=None), NOON) is None


def test_it_is_called_what_it_is() -> None:
    assert said(CAVEAT) == "Estimate from self-reports; decision support"
