"""Time is an argument: the few places that read a clock themselves, and why each may."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "checkin"
NAMES = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time_ns", "clock_gettime"}
ON_A_CLASS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
# Each reason is one of a loop, of a call that must end, or of the place where the clock is handed out.
MAY_READ = {
    ("wiring", "datetime.now"): "hands the clock to everybody else",
    ("wiring", "clock_gettime"): "hands out the lease's clock, which cannot jump",
    ("scheduler.jobs", "time.monotonic"): "how long its loop goes on; an argument for tests",
    ("scheduler.process", "datetime.now"): "the first tick comes at once",
    ("channels.email", "time.monotonic"): "all steps of one call share its time limit",
    ("channels.https", "time.monotonic"): "all steps of one call share its time limit",
}


def reads(path: Path) -> set[str]:
    """The clocks that a file names, called or handed on."""
    found: set[str] = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = getattr(node.value, "attr", getattr(node.value, "id", ""))
            timed = owner == "time" and node.attr in NAMES | {"time", "localtime", "gmtime"}
            if timed or (owner, node.attr) in ON_A_CLASS:
                found.add(f"{owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found |= {alias.name for alias in node.names} & (NAMES | {"time", "localtime", "gmtime"})
    return found


def test_only_loops_limits_and_the_root_read_a_clock() -> None:
    found = {
        (".".join(path.relative_to(PACKAGE).with_suffix("").parts), name)
        for path in PACKAGE.rglob("*.py")
        for name in reads(path)
    }
    assert found == MAY_READ.keys()


def test_planted_reads_are_found(tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text(
        "import time, datetime\nfrom time import monotonic\nfrom datetime import date\n"
        "a = datetime.datetime.now()\nb = date.today()\nc = time.time()\n"
        "def d(clock=time.perf_counter): ...\n"
    )
    assert reads(file) == {"monotonic", "datetime.now", "date.today", "time.time", "time.perf_counter"}
