"""Exercises to notebook 10, real handwriting."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise
from helpers.layers import cross_entropy, softmax

WRONG_NUMBERS = {
    "y - a, the sign turned": 0.75,
    "the slope of the sigmoid, which drops out": -0.140625,
    "the output itself, the target not subtracted": 0.25,
}
WRONG_SPREADS = {
    "the variance, not its root": 0.01,
    "the gain 1 of a sigmoid, not the 2 of a ReLU": 0.0707,
    "the channels forgotten": 0.2828,
}
WRONG_LINES = {
    "out_delta, but out_w and out_b are made with it, and agree": "out_delta",
    "deep_delta, but it is right where nothing is dropped": "deep_delta",
    "conv_delta, but deep_w and deep_b differ, and it is not in them": "conv_delta",
}

# The last has numbers whose exponentials leave the range of floats.
WEIGHTED_INPUTS = tuple(
    (2 * z * size,)
    for z, size in random_cases(((3, 4), 1), ((10, 2), 1), ((2, 5), 1), ((3, 4), 900))
)


def momentum(gradients, learning_rate, kept=0.9):
    """The sum of the steps that momentum takes with these gradients, (T,) numbers.

    kept: the share of the last step that goes on.
    """
    last, moved = 0.0, 0.0
    for gradient in gradients:
        last = kept * last - learning_rate * gradient
        moved += last
    return moved


def _targets(z):
    """One-hot targets (O, N) for z (O, N)."""
    outputs, images = z.shape
    return np.eye(outputs)[:, np.arange(images) % outputs]


def _wrong_softmax(z):
    powers = np.exp(z - z.max())
    return {
        "one whole for all images together, not one for each": powers / powers.sum(),
        "a sum over the images, not over the outputs": softmax(z.T).T,
        "each z over the sum of all, without powers": z / z.sum(axis=0),
    }


def _wrong_costs(z, y):
    right = cross_entropy(z, y)
    return {
        "the shares themselves, not their logarithms": -np.sum(y * softmax(z)),
        "a mean over the images where a sum belongs": right / z.shape[1],
        "the sign turned": -right,
    }


def _wrong_momentum(gradients, rate):
    right = momentum(gradients, rate)
    return {
        "plain descent, the last step forgotten": momentum(gradients, rate, kept=0.0),
        "uphill: the gradient added": -right,
        "a running mean: the gradient counted with one tenth": right / 10,
    }


EXERCISES = {
    "10.1 a delta of softmax": Exercise(-0.75, WRONG_NUMBERS, "notebook 10, section 2"),
    "10.2 softmax": Exercise(
        softmax, _wrong_softmax, "notebook 10, section 2", WEIGHTED_INPUTS
    ),
    "10.3 cross-entropy from z": Exercise(
        cross_entropy,
        _wrong_costs,
        "notebook 10, section 2",
        tuple((z, _targets(z)) for (z,) in WEIGHTED_INPUTS),
    ),
    "10.4 momentum": Exercise(
        momentum,
        _wrong_momentum,
        "notebook 10, section 6",
        random_cases(((2,), 0.1), ((5,), 0.02)),
    ),
    "10.5 where to start": Exercise(
        0.1, WRONG_SPREADS, "notebook 10, section 3", within=0.01
    ),
    "10.6 the broken line": Exercise(
        "reaching",
        WRONG_LINES,
        "notebook 10, section 4, and measure with the mask and without",
    ),
}
