"""Doing the same thing many times at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def together(number: int, act: Callable[[int], T]) -> list[T | Exception]:
    """Run ``act(0)`` to ``act(number - 1)`` in threads that start at once; return results and errors."""
    start = Barrier(number)

    def run(index: int) -> T | Exception:
        start.wait(timeout=30)
        try:
            return act(index)
        except Exception as error:
            return error

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))
