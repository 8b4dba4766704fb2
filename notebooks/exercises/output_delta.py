"""Exercises to notebook 03, the output delta."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise
from helpers.checks import finite_differences
from helpers.network import output_delta, sigmoid, sigmoid_slope

WRONG_NUMBERS = {
    "a - y alone: the sigmoid's slope is missing": -0.7556,
    "y - a for a - y": 0.139535,
    "the sigmoid's slope alone: a - y is missing": 0.184669,
    "a target of 0, but image 81 is a 3": 0.045133,
    "the cost of this output, not its derivative": 0.285466,
}
WRONG_CHECKS = {
    "a, but it fails for a delta without the sigmoid's slope": "a",
    "c, but it fails for a delta without the sigmoid's slope": "c",
}


def slope(z):
    """sigma'(z), entry by entry: any shape."""
    return sigmoid_slope(sigmoid(z))


def _wrong_slopes(z):
    return {
        "z (1 - z); the rule a (1 - a) holds for a = sigmoid(z)": sigmoid_slope(z),
        "the sigmoid, not its slope": sigmoid(z),
        "1 - a: the factor a is missing": 1 - sigmoid(z),
        "a plus for a minus": sigmoid(z) * (1 + sigmoid(z)),
        "the sigmoid taken twice": slope(sigmoid(z)),
    }


def _wrong_deltas(a, y):
    delta = output_delta(a, y)
    return {
        "a - y alone: the sigmoid's slope is missing": a - y,
        "y - a for a - y": -delta,
        "twice too much: the cost has a 1/2": 2 * delta,
        "a mean where each image has its own": delta / len(a),
        "a sum over the wrong axis; each output keeps its delta": delta.sum(axis=0),
        "the slope taken at a, which is the sigmoid of z already": (a - y) * slope(a),
        "a plus for a minus in the slope": (a - y) * a * (1 + a),
        "the distance squared, not its derivative": (a - y) * delta / 2,
    }


def _wrong_derivatives(f, x, h):
    derivatives = finite_differences(f, x, h)
    units = np.eye(x.size).reshape(-1, *x.shape)
    one_sided = np.reshape([(f(x + h * unit) - f(x)) / h for unit in units], x.shape)
    left = x - h * (np.cumsum(units, axis=0) - units)
    stale = [f(at + h * unit) - f(at - h * unit) for at, unit in zip(left, units)]
    stale = np.reshape(stale, x.shape) / (2 * h)
    change = (f(x + h) - f(x - h)) / (2 * h)
    return {
        "a nudge to one side only, where the bend does not cancel": one_sided,
        "divided by h; between the two nudges lies 2 h": 2 * derivatives,
        "multiplied by 2 where 2 h divides: write / (2 * step)": derivatives * h**2,
        "the difference taken the wrong way round": -derivatives,
        "all entries nudged at once; one at a time": np.full(x.shape, change),
        "the last entry not put back before the next is nudged": stale,
    }


EXERCISES = {
    "03.1 one delta": Exercise(
        -0.139535, WRONG_NUMBERS, "notebook 03, section 4", within=5e-3
    ),
    "03.2 the slope of the sigmoid": Exercise(
        slope,
        _wrong_slopes,
        "notebook 03, section 3, and notebook 01",
        random_cases(((5,),), ((2, 3),), ((1,),)),
    ),
    "03.3 the output delta": Exercise(
        output_delta,
        _wrong_deltas,
        "notebook 03, section 4",
        tuple(
            (sigmoid(z), 1.0 * (y > 0.3))
            for z, y in random_cases(((3,), (3,)), ((5, 3), (5, 3)), ((2, 4), (2, 4)))
        ),
    ),
    "03.4 a measured derivative": Exercise(
        finite_differences,
        _wrong_derivatives,
        "notebook 03, section 2",
        random_cases(
            (lambda x: np.sum(x**3), (4,), 0.01),
            (lambda x: np.arange(1, 7) @ np.sin(x).ravel(), (2, 3), 0.001),
            (lambda x: np.prod(x), (2, 1, 2), 0.01),
        ),
    ),
    "03.5 the check that cannot fail": Exercise(
        "b", WRONG_CHECKS, "notebook 03, section 2, and ask what was measured"
    ),
}
