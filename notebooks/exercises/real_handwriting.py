"""Exercises to notebook 10, real handwriting."""

import numpy as np

from helpers import layers
from helpers.answers import Exercise

_rng = np.random.default_rng(10)
_z = tuple(_rng.normal(0, 2, (o, n)) for o, n in ((3, 4), (10, 2), (2, 5)))
_far = _z[0] * [[900.0], [900.0], [900.0]]
_pairs = tuple(
    (z, np.eye(len(z))[:, np.arange(z.shape[1]) % len(z)]) for z in (*_z, _far)
)


def momentum(gradients, learning_rate):
    """The sum of the steps that momentum takes with these gradients, (T,) numbers."""
    return _carried(gradients, learning_rate, 1.0)


def _carried(gradients, learning_rate, weight, kept=0.9):
    last, place = 0.0, 0.0
    for gradient in gradients:
        last = kept * last - weight * learning_rate * gradient
        place += last
    return place


EXERCISES = {
    "10.1 a delta of softmax": Exercise(
        -0.75,
        {
            "y - a, the sign turned": 0.75,
            "the slope of the sigmoid, which drops out": -0.140625,
            "the output itself, the target not subtracted": 0.25,
        },
        "notebook 10, section 2",
    ),
    "10.2 softmax": Exercise(
        layers.softmax,
        {
            "one whole for all images together, not one for each": (
                lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum()
            ),
            "a sum over the images, not over the outputs": (
                lambda z: layers.softmax(z.T).T
            ),
            "each z over the sum of all, without powers": lambda z: z / z.sum(axis=0),
        },
        "notebook 10, section 2",
        cases=tuple((z,) for z in (*_z, _far)),
    ),
    "10.3 cross-entropy from z": Exercise(
        layers.cross_entropy,
        {
            "the shares themselves, not their logarithms": (
                lambda z, y: -np.sum(y * layers.softmax(z))
            ),
            "a mean over the images where a sum belongs": (
                lambda z, y: layers.cross_entropy(z, y) / z.shape[1]
            ),
            "the sign turned": lambda z, y: -layers.cross_entropy(z, y),
        },
        "notebook 10, section 2",
        cases=_pairs,
    ),
    "10.4 momentum": Exercise(
        momentum,
        {
            "plain descent, the last step forgotten": (
                lambda g, rate: _carried(g, rate, 1.0, kept=0.0)
            ),
            "uphill: the gradient added": lambda g, rate: _carried(g, rate, -1.0),
            "a running mean: the gradient counted with one tenth": (
                lambda g, rate: _carried(g, rate, 0.1)
            ),
        },
        "notebook 10, section 6",
        cases=tuple((_rng.normal(size=n), rate) for n, rate in ((2, 0.1), (5, 0.02))),
    ),
    "10.5 where to start": Exercise(
        0.1,
        {
            "the variance, not its root": 0.01,
            "the gain 1 of a sigmoid, not the 2 of a ReLU": 0.0707,
            "the channels forgotten": 0.2828,
        },
        "notebook 10, section 3",
        within=0.01,
    ),
}
