"""``python -m benchmarks.run [--quick]``: measure everything, print one table, fail if a bar is missed."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import counts, delivery, estimates, visits, weights, window
from benchmarks.report import Row, machine, table

# What is measured, in the order of the table. A new measurement is a module with a function that takes an
# empty folder and whether to hurry, and gives rows; add it here.
MEASUREMENTS: Sequence[Callable[[Path, bool], Iterator[Row]]] = (
    visits.measure,
    counts.measure,
    weights.measure,
    estimates.measure,
    window.measure,
    delivery.measure,
)


def main() -> int:
    """Return 0 when every bar is reached, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter runs: a first look, not a result")
    quick = parser.parse_args().quick
    print(machine(), file=sys.stderr)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="checkin-bench-") as folder:
        for measure in MEASUREMENTS:
            own = Path(folder) / measure.__module__.rpartition(".")[2]
            own.mkdir()
            rows += measure(own, quick)
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
