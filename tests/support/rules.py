"""Address builders, compiled once for all applications of a run: two thirds of what an application takes."""

from collections.abc import Callable

import pytest
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Keep what a rule compiles to; it depends on the rule's text and on nothing of its application."""
    made: dict[tuple[str, bool], _Builder] = {}
    compiled = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> _Builder:  # noqa: FBT001, FBT002 - werkzeug's own
        if rule.defaults:
            return compiled(rule, append_unknown)
        key = (rule.rule, append_unknown)
        if key not in made:
            made[key] = compiled(rule, append_unknown)
        return made[key]

    patch.setattr(Rule, "_compile_builder", once)
