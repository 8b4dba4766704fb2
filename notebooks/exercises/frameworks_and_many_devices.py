"""Exercises to notebook 12, frameworks and many devices."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise

WRONG_NUMBERS = {
    "numbers, not bytes": 483,
    "a device that sends to itself as well": 4416,
    "one device only": 552,
}
WRONG_SPEED_UPS = {
    "as if everything could be dealt out": 8,
    "nine tenths of eight": 7.2,
    "the time that is left, not the speed-up": 0.2125,
}
WRONG_LINES = {
    "line 1, but with one device, and nothing dealt out, two steps fail as well": 1,
    "line 3, but it takes every part once, or the first step would fail": 3,
    "line 4, but it makes the parts of the first step, which passes": 4,
    "line 5, but parts have to be added; ask what they are added to": 5,
    "line 6, but it takes the step that it is given, and the first passes": 6,
}


def sizes_of(count, devices):
    """How many images each device gets: all, as evenly as can be, the larger first.

    Returns (devices,) integers.
    """
    return np.array([count // devices + (n < count % devices) for n in range(devices)])


def overall(means, counts):
    """The mean over all images (numbers,) from means (devices, numbers) over counts
    (devices,) of them."""
    return counts @ means / counts.sum()


def _wrong_sizes(count, devices):
    rounded_down = np.full(devices, count // devices)
    rest = count % devices * (np.arange(devices) == devices - 1)
    return {
        "a remainder that nobody computes": rounded_down,
        "the whole remainder given to the last": rounded_down + rest,
        "more images than there are": np.full(devices, -(-count // devices)),
    }


def _wrong_means(means, counts):
    return {
        "the plain mean of the means": means.mean(axis=0),
        "a sum of the means": means.sum(axis=0),
        "a sum over images, not divided by their number": counts @ means,
    }


EXERCISES = {
    "12.1 what is sent": Exercise(3864, WRONG_NUMBERS, "notebook 12, section 5"),
    "12.2 dealing out": Exercise(
        sizes_of,
        _wrong_sizes,
        "notebook 12, section 5",
        ((96, 8), (97, 8), (10, 4), (3, 5)),
    ),
    "12.3 the mean of means": Exercise(
        overall,
        _wrong_means,
        "notebook 12, section 5",
        tuple(
            (means, np.arange(1, 1 + len(means)))
            for (means,) in random_cases(((3, 69),), ((2, 5),), ((8, 1),))
        ),
    ),
    "12.4 the speed-up": Exercise(
        1 / (0.1 + 0.9 / 8), WRONG_SPEED_UPS, "notebook 12, section 6", within=0.01
    ),
    "12.5 the wrong line": Exercise(
        2, WRONG_LINES, "notebook 12, sections 4 and 5, and measure two steps"
    ),
}
