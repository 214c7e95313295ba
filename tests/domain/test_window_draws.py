"""The draws that every estimate starts from."""

import numpy as np

from checkin.domain.window.draws import even_points, first_draws
from checkin.domain.window.model import STANDARD


def test_the_next_points_continue_the_ones_before() -> None:
    together = np.vstack([even_points(40, 3), even_points(60, 3, after=40)])
    assert np.array_equal(together, even_points(100, 3))


def test_each_part_has_its_own_draws_and_each_is_like_the_prior() -> None:
    sizes = [first_draws(STANDARD, part).size for part in range(4)]
    assert len(np.unique(np.concatenate(sizes))) == sum(size.size for size in sizes)
    for size in sizes:
        assert abs(float(np.median(size)) - float(np.median(sizes[0]))) < 0.01
