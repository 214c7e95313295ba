"""SVG as a tree: every word and number is escaped by construction, because nothing is pasted together."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring  # noqa: S405 - it only writes, never parses

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Svg(str):
    """Finished markup; template engines that know ``__html__`` put it on the page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def root(width: float, height: float, **attributes: object) -> Element:
    """Return an <svg> with its own coordinates; the stylesheet gives it its size on the page."""
    return _filled(Element("svg"), {"viewBox": f"0 0 {number(width)} {number(height)}", **attributes})


def add(parent: Element, tag: str, words: str | None = None, **attributes: object) -> Element:
    """Add a child and return it. ``class_`` gives class, ``stroke_width`` stroke-width; None is left out.

    ``style`` is refused: the content security policy forbids it.
    """
    child = _filled(SubElement(parent, tag), attributes)
    if words is not None:
        child.text = _NOT_XML.sub("", words)
    return child


def render(tree: Element) -> Svg:
    """Return the markup of a finished tree."""
    return Svg(tostring(tree, encoding="unicode"))


def join(*parts: Svg) -> Svg:
    """Return several finished pieces as one."""
    return Svg("".join(parts))


def number(value: float) -> str:
    """Return a coordinate with at most one decimal: finer than any screen shows, and short."""
    rounded = f"{value:.1f}".removesuffix(".0")
    return "0" if rounded == "-0" else rounded


def _filled(element: Element, attributes: dict[str, object]) -> Element:
    for name, value in attributes.items():
        if value is None:
            continue
        if name == "style":
            raise ValueError("style attributes are forbidden by the content security policy")
        shown = number(value) if isinstance(value, int | float) else _NOT_XML.sub("", str(value))
        element.set(name.rstrip("_").replace("_", "-"), shown)
    return element
