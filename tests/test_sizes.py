"""How long a file, a function and a view may be. Longer ones stand here by name until they are divided."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST_LINES, MOST_OF_A_FUNCTION, MOST_OF_A_VIEW, MOST_OF_A_SCRIPT = 300, 50, 25, 130
# Migrations are left out: one step each, and never changed again. A new name here wants a reason.
LONGER = {
    "tests/browser/past.py live",
    "tests/support/routes.py make_things",
    "tests/web/test_appointment_mails.py"
    " test_the_whole_way_of_one_appointment_as_vobject_and_a_reader_of_our_own_see_it",
}


def too_long(root: Path) -> Iterator[str]:
    """Every file that is too long, and every function that is, with its file."""
    for folder in ("checkin", "tests", "benchmarks", "scripts"):
        for path in sorted((root / folder).rglob("*.py")):
            name, source = str(path.relative_to(root)), path.read_text()
            if len(source.splitlines()) > MOST_LINES:
                yield name
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef) and _lines(node) > _most(node, folder):
                    yield f"{name} {node.name}"
    for path in sorted((root / "static").glob("*.js")):
        if len(path.read_text().splitlines()) > MOST_OF_A_SCRIPT:
            yield str(path.relative_to(root))


def _lines(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _most(node: ast.FunctionDef, folder: str) -> int:
    """A view is what has a route on it."""
    routed = any(
        isinstance(one, ast.Call) and getattr(one.func, "attr", "") in {"get", "post", "route"}
        for one in node.decorator_list
    )
    return MOST_OF_A_VIEW if routed and folder == "checkin" else MOST_OF_A_FUNCTION


def test_what_is_too_long_is_named_and_nothing_else_is() -> None:
    assert set(too_long(ROOT)) == LONGER
