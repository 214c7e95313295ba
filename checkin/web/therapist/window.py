"""The response window on a patient's page: what the estimate says, how old it is, and as a table."""

from dataclasses import dataclass
from datetime import datetime

from checkin.charts.chart import Table
from checkin.charts.window_table import window_table
from checkin.domain.standing import span_words
from checkin.domain.trajectory import hours_between
from checkin.domain.window.placed import PlacedEstimate
from checkin.domain.window.sentence import SILENT, SPOKEN_OF, over, reason, sentence, state_words
from checkin.domain.words import Text, Translator, text
from checkin.services.review_trajectory import Review


@dataclass(frozen=True, kw_only=True)
class WindowPanel:
    """``sentence`` alone where nothing was estimated yet. ``coming``: a newer one follows at once; ``late``:
    why it may not be up to date."""

    sentence: Text
    state: Text | None = None
    reason: Text | None = None
    at: datetime | None = None
    coming: Text | None = None
    late: Text | None = None
    table: Table | None = None


def window_panel(review: Review, now: datetime, to: Translator) -> WindowPanel | None:
    """Return the panel of a patient's page; None before the first infusion."""
    if review.trajectory.current is None:
        return None
    window = review.window
    if window is None:
        waiting = text("The estimate is being worked out, usually in a few seconds. Load this page again.")
        return WindowPanel(sentence=waiting)
    zone, ended = review.patient.zone, over(window, now)
    return WindowPanel(
        sentence=sentence(window, now=now, zone=zone),
        state=None if ended else state_words(window.estimate.state),
        reason=None if ended else reason(window),
        at=window.computed_at,
        coming=_coming(window, now),
        late=_late(window, now),
        table=None if window.estimate.state in SILENT else window_table(window, to=to, zone=zone, now=now),
    )


def window_words(window: PlacedEstimate | None, now: datetime, zone: str) -> Text | None:
    """Return the sentence for a row of the list, and why it may not be so any more; None where there is
    nothing to act on."""
    if window is None or over(window, now) or window.estimate.state not in SPOKEN_OF:
        return None
    said, late = sentence(window, now=now, zone=zone), _late(window, now)
    return said if late is None else text("%(sentence)s %(late)s", sentence=said, late=late)


def _coming(window: PlacedEstimate, now: datetime) -> Text | None:
    if not window.renewed_soon(now):
        return None
    return text("Something new came in. The estimate follows in a few seconds: load this page again.")


def _late(window: PlacedEstimate, now: datetime) -> Text | None:
    if window.renewed_soon(now):
        return None
    if window.stale_since is not None:
        age = span_words(hours_between(window.stale_since, now))
        return text("Something new came in %(age)s ago, and this estimate does not know it yet.", age=age)
    if not window.up_to_date(now) and not over(window, now):
        age = span_words(hours_between(window.computed_at, now))
        return text("This estimate is %(age)s old.", age=age)
    return None
