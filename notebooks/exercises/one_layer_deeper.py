"""Exercises to notebook 09, one layer deeper."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise
from helpers.layers import average_unpool, input_gradient

WRONG_NUMBERS = {
    "the filter turned round once too often": 140.0,
    "only the first of the two windows that see it": 30.0,
    "only the second of the two windows that see it": 80.0,
    "the deltas added up, the weights forgotten": 50.0,
}
WRONG_LINES = {
    "a line whose gradients agree: those of deep_w do": "deep_delta",
    "a line whose gradients agree: those of out_w do": "out_delta",
}


def _wrong_inputs(delta, w):
    return {
        "a filter that is turned round once too often": (
            input_gradient(delta, w[:, :, ::-1, ::-1])
        ),
        "columns of the filter turned round, rows not": (
            input_gradient(delta, w[..., ::-1])
        ),
        "only one of the filters sends something back": (
            input_gradient(delta[:1], w[:1])
        ),
        "a mean over the filters where a sum belongs": input_gradient(delta, w)
        / len(w),
    }


def _wrong_means(reaching, side):
    right = average_unpool(reaching, side)
    first = np.zeros_like(right)
    first[:, ::side, ::side] = reaching
    return {
        "each entry gets all of it, not its part": right * side**2,
        "divided by the side, not by the number of entries": right * side,
        "the first entry gets all, as if it had won": first,
    }


EXERCISES = {
    "09.1 an input's derivative": Exercise(
        110.0, WRONG_NUMBERS, "notebook 09, section 2"
    ),
    "09.2 the input gradient": Exercise(
        input_gradient,
        _wrong_inputs,
        "notebook 09, section 2",
        random_cases(
            ((2, 3, 4, 5), (2, 3, 2, 2)),
            ((3, 2, 4, 3), (3, 2, 3, 2)),
            ((2, 4, 2, 2), (2, 1, 1, 3)),
        ),
    ),
    "09.3 back through a mean": Exercise(
        average_unpool,
        _wrong_means,
        "notebook 09, section 5",
        random_cases(((2, 3, 2, 4), 2), ((2, 3, 2, 4), 3)),
    ),
    "09.4 the broken line": Exercise(
        "conv_delta", WRONG_LINES, "notebook 09, section 4"
    ),
}
