"""Exercises to notebook 09, one layer deeper."""

import numpy as np

from helpers import layers
from helpers.answers import Exercise

_rng = np.random.default_rng(9)
_sizes = ((2, 3, 2, 2, 3, 4, 5), (3, 2, 3, 2, 2, 4, 3), (2, 1, 1, 3, 4, 2, 2))


def _case(K, L, Fr, Fc, rows, columns, N):
    return _rng.normal(size=(K, rows, columns, N)), _rng.normal(size=(K, L, Fr, Fc))


def _not_turned(conv_delta, conv_w):
    return layers.input_gradient(conv_delta, conv_w[:, :, ::-1, ::-1])


def _maximum_takes_all(reaching, side):
    """Everything to the first entry of each block."""
    first = np.zeros((side, side))
    first[0, 0] = 1.0
    parts = reaching[None] * first.reshape(-1, 1, 1, 1, 1)
    return layers.unsplit(parts, side)


EXERCISES = {
    "09.1 an input's derivative": Exercise(
        110.0,
        {
            "the filter turned round once too often": 140.0,
            "only the first of the two windows that see it": 30.0,
            "only the second of the two windows that see it": 80.0,
            "the deltas added up, the weights forgotten": 50.0,
        },
        "notebook 09, section 2",
    ),
    "09.2 the input gradient": Exercise(
        layers.input_gradient,
        {
            "a filter that is turned round once too often": _not_turned,
            "columns of the filter turned round, rows not": (
                lambda d, w: layers.input_gradient(d, w[..., ::-1])
            ),
            "only one of the filters sends something back": (
                lambda d, w: layers.input_gradient(d[:1], w[:1])
            ),
            "a mean over the filters where a sum belongs": (
                lambda d, w: layers.input_gradient(d, w) / len(w)
            ),
        },
        "notebook 09, section 2",
        cases=tuple(_case(*sizes) for sizes in _sizes),
    ),
    "09.3 back through a mean": Exercise(
        layers.average_unpool,
        {
            "each entry gets all of it, not its part": (
                lambda g, s: layers.average_unpool(g, s) * s**2
            ),
            "divided by the side, not by the number of entries": (
                lambda g, s: layers.average_unpool(g, s) * s
            ),
            "the first entry gets all, as if it had won": _maximum_takes_all,
        },
        "notebook 09, section 5",
        cases=tuple((_rng.normal(size=(2, 3, 2, 4)), side) for side in (2, 3)),
    ),
    "09.4 the broken line": Exercise(
        "conv_delta",
        {
            "a line whose gradients agree: those of deep_w do": "deep_delta",
            "a line whose gradients agree: those of out_w do": "out_delta",
        },
        "notebook 09, section 4",
    ),
}
