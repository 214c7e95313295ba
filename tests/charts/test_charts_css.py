"""The stylesheet belongs to the drawings: every class has a rule, every way of looking its colours."""

import re
from pathlib import Path

import pytest
from courses import START, English, at, check_in, infusion, missed, traced
from drawings import drawings
from support.estimate import an_estimate, placed

from checkin.charts.overlay import overlay
from checkin.charts.patient_chart import patient_chart
from checkin.charts.sparkline import sparkline
from checkin.charts.therapist_chart import therapist_chart
from checkin.charts.words import TEXT_SIZE
from checkin.domain.trajectory import trace

CSS = (Path(__file__).parents[2] / "static" / "charts.css").read_text()
WINDOW = placed(an_estimate(as_of=96.0), begins=START, infusion_id=infusion().id)
PHONE_BOX, PHONE_DRAWING, SMALLEST_TEXT = 328, 360, 12


def classes_in_use() -> set[str]:
    rich = trace(
        [
            *[
                check_in(-2, 18),
                check_in(4, 12, prorated=True),
                check_in(24, 8),
                check_in(25, 4, secondary=True),
            ],
            *[check_in(36, 9, late=True), check_in(72, 9, line="phq-9|1", instrument="phq-9|1")],
        ],
        [infusion()],
        [missed(48)],
    )
    scores = [(start + hours, 10) for start in (0, 48, 96, 144) for hours in (4, 24)]
    several = traced([(-2, 18), *scores], infusions=(0, 48, 96, 144), missed_at=(30,))
    to = English()
    markup = [
        patient_chart(rich, to=to, zone="UTC").svg,
        therapist_chart(rich, to=to, zone="UTC", meetings=[at(50)]).svg,
        therapist_chart(rich, to=to, zone="UTC", window=WINDOW, now=at(96)).svg,
        overlay(several, to=to).svg,
        sparkline(several, to=to),
        sparkline(rich, to=to),
    ]
    elements = (element for part in markup for drawing in drawings(part) for element in drawing.iter())
    return {name for element in elements for name in element.get("class", "").split()}


def test_every_class_has_a_rule() -> None:
    ruled = set(re.findall(r"\.([a-z][a-z0-9-]*)", CSS))
    assert classes_in_use() - ruled == set()


def test_text_is_at_least_12_px_on_a_phone() -> None:
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", CSS)]
    assert TEXT_SIZE in sizes
    assert min(sizes) * PHONE_BOX / PHONE_DRAWING >= SMALLEST_TEXT


def block(condition: str) -> str:
    """Return what stands between the braces of one @media rule."""
    start = CSS.index(f"@media {condition} {{")
    depth = 0
    for index in range(start, len(CSS)):
        depth += {"{": 1, "}": -1}.get(CSS[index], 0)
        if depth == 0 and CSS[index] == "}":
            return CSS[start:index]
    raise AssertionError(condition)


COLOURS = set(re.findall(r"(--chart-[a-z]+):", CSS))


@pytest.mark.parametrize("condition", ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"])
def test_every_colour_is_set_for_every_way_of_looking(condition: str) -> None:
    assert set(re.findall(r"(--chart-[a-z]+):", block(condition))) == COLOURS
    assert len(COLOURS) >= 6


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("place", ["light", "dark"])
def test_text_and_lines_can_be_read_on_their_ground(place: str) -> None:
    source = block("(prefers-color-scheme: dark)") if place == "dark" else CSS[: CSS.index("@media")]
    fallback = dict(re.findall(r"--chart-([a-z]+):.*?(#[0-9a-f]{3,8})\)*;", source))
    for text in ("ink", "quiet"):
        assert contrast(fallback[text], fallback["paper"]) >= 4.5
    for line in ("window", "fan"):
        assert contrast(fallback[line], fallback["paper"]) >= 3
    assert contrast(fallback["data"], fallback["paper"]) >= 4.5  # it is text as well: names at line ends


def test_nothing_moves() -> None:
    assert not re.search(r"animation|transition|@keyframes", CSS)
