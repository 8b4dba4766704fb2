"""Exercises to notebook 12, frameworks and many devices."""

import numpy as np

from helpers.answers import Exercise

_rng = np.random.default_rng(12)
_means = tuple(
    (_rng.normal(size=(parts, size)), _rng.integers(1, 9, size=parts))
    for parts, size in ((3, 69), (2, 5), (8, 1))
)


def sizes_of(count, devices):
    """How many images each device gets: all, as evenly as can be, the larger first."""
    return np.array([count // devices + (n < count % devices) for n in range(devices)])


def _all_to_the_last(count, devices):
    sizes = np.full(devices, count // devices)
    sizes[-1] += count % devices
    return sizes


EXERCISES = {
    "12.1 what is sent": Exercise(
        3864,
        {
            "numbers, not bytes": 483,
            "a device that sends to itself as well": 4416,
            "one device only": 552,
        },
        "notebook 12, section 5",
    ),
    "12.2 dealing out": Exercise(
        sizes_of,
        {
            "a remainder that nobody computes": lambda c, d: np.full(d, c // d),
            "the whole remainder given to the last": _all_to_the_last,
            "more images than there are": lambda c, d: np.full(d, -(-c // d)),
        },
        "notebook 12, section 5",
        cases=((96, 8), (97, 8), (10, 4), (3, 5)),
    ),
    "12.3 the mean of means": Exercise(
        lambda means, counts: counts @ means / counts.sum(),
        {
            "the plain mean of the means": lambda m, c: m.mean(axis=0),
            "a sum of the means": lambda m, c: m.sum(axis=0),
            "a sum over images, not divided by their number": lambda m, c: c @ m,
        },
        "notebook 12, section 5",
        cases=_means,
    ),
    "12.4 the speed-up": Exercise(
        1 / (0.1 + 0.9 / 8),
        {
            "as if everything could be dealt out": 8,
            "nine tenths of eight": 7.2,
            "the time that is left, not the speed-up": 0.2125,
        },
        "notebook 12, section 6",
        within=0.01,
    ),
}
