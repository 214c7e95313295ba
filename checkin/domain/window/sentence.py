"""What an estimate says, in words: never a single date, never more than the estimate knows."""

from datetime import datetime, timedelta

from checkin.domain.days import between_days
from checkin.domain.improvement import DEFAULT_THRESHOLDS, whole
from checkin.domain.window.model import STANDARD
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.states import ENOUGH_ANSWERS, LIKELY, LITTLE, OPEN
from checkin.domain.window.values import State
from checkin.domain.words import Text, text

END_IS_KNOWN = timedelta(hours=72)
"""With answers to 24 h alone the end is off by about 4 days (simulated); from here on it is spoken of."""

CAVEAT = text("Estimate from self-reports; decision support")

SILENT = frozenset({State.NO_BASELINE, State.TOO_EARLY})
"""States in which an estimate would only be what is known of people in general."""

SPOKEN_OF = frozenset({State.OPEN, State.LIKELY, State.FADING})
"""States in which there is a window that closes, so that somebody may want to act."""
_SLACK = timedelta(hours=1)

_STATES = {
    State.NO_BASELINE: text("No baseline"),
    State.TOO_EARLY: text("Too early to say"),
    State.NOT_OPEN: text("Not open"),
    State.LIKELY: text("Likely open"),
    State.OPEN: text("Open"),
    State.FADING: text("Fading"),
    State.CLOSED: text("Closed"),
}


def state_words(state: State) -> Text:
    """Return a state in a word or two, for a badge."""
    return _STATES[state]


def percent(chance: float) -> int:
    """Return a probability in per cent as people read it: never 0 and never 100, which would be certainty."""
    return min(max(whole(chance * 100), 1), 99)


def over(placed: PlacedEstimate, now: datetime) -> bool:
    """Whether the time that an estimate speaks of has passed."""
    return now >= placed.ends


def end_is_known(placed: PlacedEstimate, now: datetime) -> bool:
    """Whether enough time has passed since the latest infusion to speak of the window's end."""
    return now - placed.latest >= END_IS_KNOWN


def sentence(placed: PlacedEstimate, *, now: datetime, zone: str) -> Text:
    """Return "Open now, 86 %. Likely to close between Thursday and Saturday.", days in ``zone``."""
    if over(placed, now):
        return text("The 14 days after the infusion are over. Nothing more is estimated.")
    said = _now_words(placed)
    more = _more_words(placed, now, zone)
    return said if more is None else text("%(now)s %(more)s", now=said, more=more)


def reason(placed: PlacedEstimate) -> Text:
    """Return why the state is what it is, in terms that the scores can be held against."""
    found = placed.estimate
    if found.state is State.FADING and found.p_open >= LIKELY:
        return _LOSING if found.p_ahead < LIKELY else _RELAPSING
    return _REASONS[found.state]


def closing(placed: PlacedEstimate, now: datetime) -> datetime | None:
    """Return the middle of when a window that is or may be open closes; None where nothing closes."""
    if placed.estimate.state not in SPOKEN_OF or over(placed, now):
        return None
    closes = placed.closes_from(now)
    return None if closes is None else closes[1]


def _now_words(placed: PlacedEstimate) -> Text:
    found = placed.estimate
    chance = percent(found.p_open)
    if found.state is State.NO_BASELINE:
        return text("There is no score from before this course, so nothing can be said about a window.")
    if found.state is State.TOO_EARLY:
        return text("It is too early to say whether the window is open.")
    if found.state is State.OPEN:
        return text("Open now, %(percent)s %%.", percent=chance)
    if found.state is State.LIKELY:
        return text("Likely open now, %(percent)s %%.", percent=chance)
    if found.state is State.FADING and found.p_open < LIKELY:
        return text("Fading: %(percent)s %% that it is still open.", percent=chance)
    if found.state is State.FADING and found.p_ahead < found.p_open:
        ahead = percent(found.p_ahead)
        return text(
            "Fading: open now, %(percent)s %%; in 24 hours, %(ahead)s %%.", percent=chance, ahead=ahead
        )
    if found.state is State.FADING:
        return text("Fading: open now, %(percent)s %%.", percent=chance)
    if found.state is State.CLOSED:
        return text("Probably closed: %(percent)s %% that it is still open.", percent=chance)
    return text("Not open now: %(percent)s %% that it is.", percent=chance)


def _more_words(placed: PlacedEstimate, now: datetime, zone: str) -> Text | None:
    found = placed.estimate
    if found.state in SPOKEN_OF:
        if not end_is_known(placed, now):
            return text("It is too early to say when it ends.")
        return _closing_words(placed, now, zone)
    if found.state is State.CLOSED and found.closes is not None:
        since, until = (placed.moment(hours) for hours in (found.closes.p10, found.closes.p90))
        if since < placed.latest:  # of an earlier infusion: another one came since
            return None
        between = between_days(min(since, now), min(until, now), now=now, zone=zone)
        if until > now:
            return text("If it is closed, that happened %(between)s.", between=between)
        return text("It closed %(between)s.", between=between)
    if found.state is State.NOT_OPEN:
        ahead = percent(placed.highest_ahead(now))
        return text("At most %(percent)s %% at any hour ahead.", percent=ahead)
    return None


def _closing_words(placed: PlacedEstimate, now: datetime, zone: str) -> Text | None:
    closes = placed.closes_from(now)
    if closes is None:
        return None
    since, _, until = closes
    last = placed.ends - _SLACK
    still = placed.estimate.p_open >= LIKELY
    if since >= last:
        return _STAYS if still else _STAYS_IF_OPEN
    between = between_days(since, until, now=now, zone=zone)
    if until >= last and still:
        return text("Likely to close %(between)s, or later.", between=between)
    if until >= last:
        return text("If it is, it is likely to close %(between)s, or later.", between=between)
    if still:
        return text("Likely to close %(between)s.", between=between)
    return text("If it is, it is likely to close %(between)s.", between=between)


_STAYS = text("Likely to stay open for as long as is estimated, 14 days after the infusion.")
_STAYS_IF_OPEN = text(
    "If it is, it is likely to stay open for as long as is estimated, 14 days after the infusion."
)
_POINTS = whole(DEFAULT_THRESHOLDS.meaningful_points)
_SHARE = whole(DEFAULT_THRESHOLDS.meaningful_share * 100)
_LOSING = text("In 24 hours the improvement is more likely lost than not.")
_RELAPSING = text(
    "The last 2 scores are less than %(percent)s %% below the level before the course.",
    percent=whole(LITTLE * 100),
)
_REASONS = {
    State.NO_BASELINE: text("It takes a check-in in the 7 days before the first infusion of the course."),
    State.TOO_EARLY: text(
        "It takes %(answers)s check-ins since the infusion, 1 of them %(hours)s hours or more after it.",
        answers=ENOUGH_ANSWERS,
        hours=whole(STANDARD.late_enough),
    ),
    State.NOT_OPEN: text(
        "Open means at least %(points)s points and %(percent)s %% below the level before the course."
        " So far that is less likely than not.",
        points=_POINTS,
        percent=_SHARE,
    ),
    State.LIKELY: text(
        "With %(likely)s to %(open)s %% the level is at least %(points)s points and %(percent)s %% below the"
        " one before the course.",
        likely=whole(LIKELY * 100),
        open=whole(OPEN * 100),
        points=_POINTS,
        percent=_SHARE,
    ),
    State.OPEN: text(
        "With %(open)s %% or more the level is at least %(points)s points and %(percent)s %% below the one"
        " before the course.",
        open=whole(OPEN * 100),
        points=_POINTS,
        percent=_SHARE,
    ),
    State.FADING: text("The window was probably open, and the improvement is now more likely lost than not."),
    State.CLOSED: text("The window was probably open, and the improvement was lost for 12 hours or more."),
}
