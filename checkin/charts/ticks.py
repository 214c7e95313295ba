"""Ticks: which values an axis names, chosen so that their labels never touch."""

from collections.abc import Callable, Sequence
from math import floor, inf, log10

HOUR_TICKS = (24.0, 168.0, 336.0, 672.0, 72.0, 4.0, 48.0, 12.0, 120.0, 240.0, 1344.0, 2016.0)
"""Hours worth naming on an axis that is wide at the start, the most telling first."""


def round_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Return multiples of 1, 2 or 5 times a power of ten between two values, at most ``most`` steps apart."""
    if not low < high or most < 1:
        return (low,)
    step = _round_step((high - low) / most)
    first, last = -floor(-low / step), floor(high / step)
    # A small step is not exact in binary, its inverse is: 3 / 10 is 0.3, 3 * 0.1 is not.
    return tuple(index * step if step >= 1 else index / round(1 / step) for index in range(first, last + 1))


def day_ticks(latest: float, most: int) -> tuple[float, ...]:
    """Return whole days as hours, from 0 to ``latest`` hours: every day, every second, then weeks."""
    days = latest / 24
    step = next((step for step in (1, 2, 7, 14, 28, 84) if days / step <= most), 364)
    return tuple(24.0 * day for day in range(0, floor(days) + 1, step))


def hour_ticks(latest: float) -> tuple[float, ...]:
    """Return the hours worth naming up to ``latest``, the most telling first."""
    return tuple(hours for hours in HOUR_TICKS if hours <= latest)


def spaced(
    values: Sequence[float],
    middle: Callable[[float], float],
    width: Callable[[float], float],
    *,
    gap: float,
    start: float = -inf,
) -> tuple[float, ...]:
    """Keep the values whose labels stay ``gap`` apart and begin after ``start``; the first named win.

    ``middle`` and ``width`` say where a label stands and how wide it is. The values come back in order.
    """
    kept: list[tuple[float, float, float]] = []
    for value in values:
        left, right = middle(value) - width(value) / 2, middle(value) + width(value) / 2
        free = all(right + gap <= taken[0] or left >= taken[1] + gap for taken in kept)
        if free and left >= start:
            kept.append((left, right, value))
    return tuple(value for _, _, value in sorted(kept))


def _round_step(rough: float) -> float:
    power = 10.0 ** floor(log10(rough))
    return next((times * power for times in (1, 2, 5) if times * power >= rough * (1 - 1e-9)), 10 * power)
