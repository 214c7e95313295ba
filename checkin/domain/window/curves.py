"""The response curve of every draw at many hours, and the part of the baseline it leaves."""

import numpy as np

from checkin.domain.window.draws import Draws, Floats, Whole


def left_over(draws: Draws, infusions: Floats, hours: Floats) -> Floats:
    """Return the part of the baseline left at each hour (rows) for each draw (columns).

    ``infusions`` are the ENDs of the course so far, one per row of the draws' sizes; before them all is left.
    """
    left = np.ones((len(hours), len(draws)))
    for number, end in enumerate(infusions):
        after = np.flatnonzero(hours > end)
        if len(after):
            better = improvement(draws, number, hours[after] - end)
            np.subtract(1.0, better, out=better)
            if after[0] + len(after) == len(hours):
                left[after[0] :] *= better
            else:
                left[after] *= better
    return left


def improvement(draws: Draws, number: int, since: Floats) -> Floats:
    """Return the improvement that infusion ``number`` brings, at hours ``since`` its END (above 0)."""
    size, onset, half = draws.size[number], draws.onset[number], draws.half[number]
    at = since[:, None]
    # In place: these are the largest arrays of an estimate, and making new ones takes half of the time.
    better: Floats = np.log(at) - np.log(half)
    better *= draws.steepness
    np.exp(better, out=better)
    better += 1
    np.divide(size * (1 - draws.lasting), better, out=better)
    better += size * draws.lasting
    risen = at * (-1 / onset)
    np.subtract(1.0, np.exp(risen, out=risen), out=risen)
    better *= risen
    switching = np.flatnonzero(draws.abrupt)
    better[:, switching] = _switched(draws, number, at, switching)
    return better


def _switched(draws: Draws, number: int, at: Floats, which: Whole) -> Floats:
    """On at the onset, off when the plateau would be half gone, and back on later."""
    within = draws.within[which] / 2
    on = draws.onset[number, which]
    off = on + draws.half[number, which]
    back = off + draws.back[which]
    sides = np.tanh((at - on) / within) - np.tanh((at - off) / within) + np.tanh((at - back) / within)
    switched: Floats = draws.size[number, which] * 0.5 * (1 + sides)
    return switched
