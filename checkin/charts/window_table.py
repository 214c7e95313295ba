"""The estimate in words, a row for every day: how likely the window is open, and the likely level."""

from datetime import datetime, timedelta

from checkin.charts.chart import Table
from checkin.domain.improvement import whole
from checkin.domain.standing import span_words
from checkin.domain.window.placed import PlacedEstimate, between
from checkin.domain.window.sentence import SILENT, end_is_known, percent
from checkin.domain.words import Text, Translator, text

_STEP = 24.0


def window_table(window: PlacedEstimate, *, to: Translator, zone: str, now: datetime) -> Table:
    """Return what the picture shows: day by day from the first infusion of the course, the estimate's own
    hour among them, and what lies ahead once the end of the window is spoken of. No rows where nothing is
    said."""
    columns = (text("When"), text("Time"), text("Window open"), text("Level, 8 times of 10 between"))
    hours: list[float] = []
    if window.estimate.state not in SILENT and window.estimate.grid:
        last = window.estimate.grid[-1][0]
        until = last if end_is_known(window, now) else min(window.estimate.as_of, last)
        hours = [step * _STEP for step in range(1, int(until / _STEP) + 1)]
        hours = sorted({*hours, min(window.estimate.as_of, last)})
    return Table(
        caption=text("The estimate day by day").render(to),
        columns=tuple(column.render(to) for column in columns),
        rows=tuple(_row(window, hour, to, zone) for hour in hours),
    )


def _row(window: PlacedEstimate, hours: float, to: Translator, zone: str) -> tuple[str, ...]:
    moment = window.moment(hours)
    infused = window.latest if moment >= window.latest else window.begins
    since = text("%(span)s after", span=span_words((moment - infused) / timedelta(hours=1)))
    chance = between(window.estimate.grid, hours)
    open_words = None if chance is None else text("%(percent)s %%", percent=percent(chance))
    cells = (since, open_words, _level_words(window, hours))
    return (to.moment(moment, zone), *(cell.render(to) if cell else "–" for cell in cells))


def _level_words(window: PlacedEstimate, hours: float) -> Text | None:
    levels = window.estimate.levels
    low = between([(level.hours, level.p10) for level in levels], hours)
    high = between([(level.hours, level.p90) for level in levels], hours)
    if low is None or high is None:
        return None
    return text("%(low)s and %(high)s of 27", low=whole(low), high=whole(high))
