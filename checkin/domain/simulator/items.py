"""Answers to single items that add up to a total: a graded-response model, drawn conditionally on the sum."""

from bisect import bisect_right
from functools import cache

import numpy as np

from checkin.domain.simulator.curves import Floats

TOPICS = (
    "interest",
    "down",
    "sleep",
    "tired",
    "appetite",
    "failure",
    "concentration",
    "psychomotor",
    "item 9",
)
INTEREST, DOWN, SLEEP, TIRED, APPETITE, FAILURE, CONCENTRATION, PSYCHOMOTOR, ITEM_9 = range(9)
EARLY_LEFT_OUT = (SLEEP, APPETITE)  # not asked in the form for the first hours
HIGHEST = 3
LIMIT = 27

# Discrimination, and how readily a topic is endorsed (higher: less readily). Assumed, in the usual order.
_DISCRIMINATION = (2.0, 2.2, 1.3, 1.5, 1.2, 1.9, 1.6, 1.4)
_DIFFICULTY = (-0.1, 0.0, -0.3, -0.5, 0.2, 0.1, 0.1, 0.7)
_STEPS = (-0.9, 0.3, 1.3)  # a little, much, nearly all of the time
_MOOD = (INTEREST, DOWN, TIRED, FAILURE, CONCENTRATION, PSYCHOMOTOR)
_EIGHT = tuple(range(8))
_THETAS = np.linspace(-6.0, 6.0, 241)


def draw_answers(
    total: int, item_9: int, slow_total: float, early: bool, rng: np.random.Generator
) -> tuple[int | None, ...]:
    """Return nine answers 0-3 in the order of ``TOPICS``; a full form adds up to ``total`` (0-27) exactly.

    ``slow_total`` is the level that sleep and appetite still lag behind at. The early form leaves both out
    (None) and its seven answers are part of a full form that would add up to ``total``.
    """
    item_9 = int(np.clip(item_9, max(total - 8 * HIGHEST, 0), min(total, HIGHEST)))
    answers: list[int | None] = [None] * 9
    answers[ITEM_9] = item_9
    rest = total - item_9
    if early:
        for topic, answer in zip(_EIGHT, _given_sum(_EIGHT, rest, total, rng), strict=True):
            answers[topic] = None if topic in EARLY_LEFT_OUT else answer
        return tuple(answers)
    slow = _slow_pair(rest, slow_total, rng)
    answers[SLEEP], answers[APPETITE] = slow
    for topic, answer in zip(_MOOD, _given_sum(_MOOD, rest - sum(slow), total, rng), strict=True):
        answers[topic] = answer
    return tuple(answers)


def score(answers: tuple[int | None, ...]) -> float:
    """Return the total, prorated to nine topics where the early form left two out."""
    given = [answer for answer in answers if answer is not None]
    return sum(given) * len(TOPICS) / len(given)


def _slow_pair(rest: int, slow_total: float, rng: np.random.Generator) -> tuple[int, int]:
    level = round(float(np.clip(slow_total, 0, LIMIT)))
    pair = [
        bisect_right(_cumulative(topic, _theta(level)), draw)
        for topic, draw in zip(EARLY_LEFT_OUT, rng.random(2), strict=True)
    ]
    lowest, highest = max(rest - len(_MOOD) * HIGHEST, 0), min(rest, 2 * HIGHEST)
    while not lowest <= sum(pair) <= highest:
        step = 1 if sum(pair) < lowest else -1
        movable = [i for i in (0, 1) if 0 <= pair[i] + step <= HIGHEST]
        pair[movable[int(rng.integers(len(movable)))]] += step
    return pair[0], pair[1]


def _given_sum(topics: tuple[int, ...], total: int, level: int, rng: np.random.Generator) -> list[int]:
    """Draw one answer per topic from the model at ``level``, given that they add up to ``total``."""
    left, answers = total, []
    for position, draw in enumerate(rng.random(len(topics))):
        answer = bisect_right(_next_answer(topics[position:], level, left), draw)
        answers.append(answer)
        left -= answer
    return answers


@cache
def _next_answer(topics: tuple[int, ...], level: int, left: int) -> tuple[float, ...]:
    """Cumulative probability of each answer to the first topic, given that all add up to ``left``."""
    following = _sums(topics[1:], level)
    weights = [
        probability * following[left - answer] if 0 <= left - answer < len(following) else 0.0
        for answer, probability in enumerate(_probabilities(topics[0], _theta(level)))
    ]
    cumulative = np.cumsum(weights)
    return tuple(cumulative[:-1] / cumulative[-1])


@cache
def _sums(topics: tuple[int, ...], level: int) -> Floats:
    """Probability of each possible sum of the answers to ``topics``."""
    sums = np.ones(1)
    for topic in topics:
        sums = np.convolve(sums, _probabilities(topic, _theta(level)))
    return sums


@cache
def _probabilities(topic: int, theta: float) -> Floats:
    """Probability of the answers 0-3 to one topic at a severity ``theta``."""
    steps = np.array(_STEPS) + _DIFFICULTY[topic]
    at_least = 1 / (1 + np.exp(-_DISCRIMINATION[topic] * (theta - steps)))
    return -np.diff(np.concatenate(([1.0], at_least, [0.0])))


@cache
def _cumulative(topic: int, theta: float) -> tuple[float, ...]:
    return tuple(np.cumsum(_probabilities(topic, theta))[:-1])


@cache
def _theta(level: int) -> float:
    """The severity at which the eight topics are expected to add up to ``level`` x 8/9."""
    totals = [
        sum(float(_probabilities(topic, float(theta)) @ np.arange(4)) for topic in _EIGHT)
        for theta in _THETAS
    ]
    return float(np.interp(level * 8 / 9, totals, _THETAS))
