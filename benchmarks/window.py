"""One estimate of a window: how long it takes, and as a ratio to a numpy product in the same run."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.calibration.speed import SIZE, measure_speed
from benchmarks.report import Row


def measure(_folder: Path, _quick: bool) -> Iterator[Row]:
    """Return processor time in all and in products of two matrices; the median of 40 patients each."""
    speed = measure_speed()
    product = f"beside a product of {SIZE} × {SIZE} doubles"
    yield Row(what="an estimate with 12 check-ins", bar=30, reached=speed.one, unit=" ms")
    yield Row(what=f"an estimate with 12 check-ins, {product}", bar=6, reached=speed.one / speed.product)
    yield Row(what="an estimate after six infusions", bar=100, reached=speed.six, unit=" ms")
    yield Row(what=f"an estimate after six infusions, {product}", bar=20, reached=speed.six / speed.product)
