"""What a chart is: a sentence first, then the picture, then the same in a table."""

from dataclasses import dataclass

from checkin.charts.svg import Svg


@dataclass(frozen=True, kw_only=True)
class Table:
    """The data of a chart in words; every row has one cell for each column, the first one names the row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart for one reader, all words in their language.

    ``svg`` is "" where there is nothing to draw: then ``sentence`` says so. ``caption`` explains the marks
    of the picture and belongs under it, "" where they need no explaining. Where there is more to explain than
    a caption holds, ``notes`` do it, a kind of mark each.
    """

    svg: Svg
    sentence: str
    description: str
    caption: str
    table: Table
    notes: tuple[str, ...] = ()
