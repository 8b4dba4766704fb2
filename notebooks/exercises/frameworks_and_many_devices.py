"""Exercises to notebook 12, frameworks and many devices."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise


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
