"""Sparklines: tiny, on the same two scales in every row, with gaps and with words."""

import gzip
import random

from courses import English, infusion, traced
from drawings import of_class, parsed, runs

from checkin.charts.sparkline import sparkline
from checkin.charts.svg import Svg
from checkin.domain.trajectory import Trajectory, trace

TWELVE = [(-14, 19), (-2, 17), (4, 15), (10, 10), (24, 7), (34, 9), (48, 8), (72, 9), (168, 11), (336, 15)]


def spark(trajectory: Trajectory) -> Svg:
    return sparkline(trajectory, to=English())


def test_it_says_what_it_shows() -> None:
    tree = parsed(spark(traced(TWELVE)))
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == "First 19, lowest 7, last 15 of 27"


def test_all_rows_share_the_same_scales() -> None:
    short = runs(of_class(parsed(spark(traced([(4, 20), (24, 10)]))), "l")[0])[0]
    long = runs(of_class(parsed(spark(traced([(4, 20), (24, 10), (336, 10)]))), "l")[0])
    assert long[0] == short  # the third point is too far to be joined, and moves nothing
    worst, best = parsed(spark(traced([(4, 27), (24, 27)]))), parsed(spark(traced([(4, 0), (24, 0)])))
    heights = [runs(of_class(tree, "l")[0])[0][0][1] for tree in (worst, best)]
    assert heights == [1, 23]


def test_gaps_are_gaps_and_lone_answers_are_dots() -> None:
    tree = parsed(spark(traced([(4, 12), (24, 8), (48, 9), (72, 9)], missed_at=(34, 60))))
    line, dots = of_class(tree, "l")
    assert [len(run) for run in runs(line)] == [2]
    assert dots.get("class") == "l d"
    assert [len(run) for run in runs(dots)] == [1, 1]
    assert (dots.get("d") or "").count("h0") == 2


def test_it_has_the_level_before_and_a_tick_for_each_infusion() -> None:
    tree = parsed(spark(traced([(-2, 18), (24, 8), (72, 7)], infusions=(0, 48))))
    (level,) = of_class(tree, "b")
    assert level.get("d") == "M0 8h120"
    (ticks,) = [path for path in tree.iter("path") if path.get("class") is None]
    assert len(runs(ticks)) == 2
    assert of_class(parsed(spark(traced([(24, 8)]))), "b") == []


def test_without_answers_there_is_nothing() -> None:
    assert spark(trace([], [], [])) == ""
    assert spark(trace([], [infusion()], [])) == ""


def test_fifty_rows_are_light() -> None:
    assert len(spark(traced(TWELVE)).encode()) <= 500
    chance = random.Random(1)
    rows = []
    for _ in range(50):
        scores = [(hours, chance.uniform(0, 27)) for hours, _ in TWELVE if chance.random() < 0.8]
        rows.append(spark(traced([(-1, 20), *scores], missed_at=(30, 60), infusions=(0, 96, 192))))
    assert max(len(row.encode()) for row in rows) <= 500
    assert len(gzip.compress("".join(rows).encode())) <= 20_000 / 4
