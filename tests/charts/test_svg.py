"""Markup is escaped by construction, and cannot break the content security policy."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.charts.svg import Svg, add, join, number, render, root

HOSTILE = ["</script><script>alert(1)</script>", "a\u2028b", "{{7*7}}", '" onload="x', "<!--", "]]>", "&amp;"]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    tree = root(10, 10, aria_label=words)
    add(tree, "text", words)
    read = ElementTree.fromstring(render(tree))  # noqa: S314 - our own drawing
    assert read.get("aria-label") == words
    assert [element.tag for element in read.iter()] == ["svg", "text"]
    assert read.findtext("text") == words


@given(st.text())
def test_any_words_give_a_drawing_that_can_be_read_again(words: str) -> None:
    tree = root(10, 10, aria_label=words)
    add(tree, "text", words)
    ElementTree.fromstring(render(tree))  # noqa: S314 - our own drawing


def test_style_attributes_are_refused() -> None:
    with pytest.raises(ValueError, match="security policy"):
        add(root(1, 1), "path", style="fill:red")


def test_names_numbers_and_nothing() -> None:
    tree = root(360, 262.04, class_="chart", aria_labelledby="a b")
    add(tree, "path", stroke_width=1.25, d=None)
    assert render(tree) == (
        '<svg viewBox="0 0 360 262" class="chart" aria-labelledby="a b"><path stroke-width="1.2" /></svg>'
    )


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (-0.01, "0"), (3, "3"), (3.04, "3"), (3.06, "3.1"), (-2.5, "-2.5")]
)
def test_coordinates_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_finished_markup_goes_on_a_page_as_it_is() -> None:
    both = join(render(root(1, 1)), render(root(2, 2)))
    assert isinstance(both, Svg)
    assert both.__html__() == '<svg viewBox="0 0 1 1" /><svg viewBox="0 0 2 2" />'
