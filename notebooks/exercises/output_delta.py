"""Exercises to notebook 03, the output delta."""

import numpy as np

from helpers.answers import Exercise
from helpers.checks import finite_differences
from helpers.network import output_delta, sigmoid, sigmoid_slope

_rng = np.random.default_rng(3)


def slope(z):
    """sigma'(z), entry by entry."""
    return sigmoid_slope(sigmoid(z))


def _cubes(point):
    return np.sum(point**3)


def _waves(point):
    return np.sum(np.sin(point) * np.arange(1, point.size + 1).reshape(point.shape))


def _product(point):
    return np.prod(point)


def _differences(function, point, up, down, divisor, put_back=True):
    """finite_differences, with other nudges or another divisor."""
    derivatives, point = np.zeros(point.shape), point.copy()
    for index in np.ndindex(point.shape):
        nudge = np.zeros(point.shape)
        nudge[index] = 1.0
        change = function(point + up * nudge) - function(point - down * nudge)
        derivatives[index] = change / divisor
        point -= 0 if put_back else down * nudge
    return derivatives


def _all_at_once(function, point, step):
    change = function(point + step) - function(point - step)
    return np.full(point.shape, change / (2 * step))


EXERCISES = {
    "03.1 one delta": Exercise(
        -0.139535,
        {
            "a - y alone: the sigmoid's slope is missing": -0.7556,
            "y - a for a - y": 0.139535,
            "the sigmoid's slope alone: a - y is missing": 0.184669,
            "a target of 0, but image 81 is a 3": 0.045133,
            "the cost of this output, not its derivative": 0.285466,
        },
        "notebook 03, section 4",
        within=5e-3,
    ),
    "03.2 the slope of the sigmoid": Exercise(
        slope,
        {
            "z (1 - z); the rule a (1 - a) holds for a = sigmoid(z)": sigmoid_slope,
            "the sigmoid, not its slope": sigmoid,
            "1 - a: the factor a is missing": lambda z: 1 - sigmoid(z),
            "a plus for a minus": lambda z: sigmoid(z) * (1 + sigmoid(z)),
            "the sigmoid taken twice": lambda z: slope(sigmoid(z)),
        },
        "notebook 03, section 3, and notebook 01",
        cases=tuple((_rng.normal(size=shape) * 2,) for shape in (5, (2, 3), 1)),
    ),
    "03.3 the output delta": Exercise(
        output_delta,
        {
            "a - y alone: the sigmoid's slope is missing": lambda a, y: a - y,
            "y - a for a - y": lambda a, y: output_delta(a, y) * -1,
            "twice too much: the cost has a 1/2": lambda a, y: 2 * output_delta(a, y),
            "a mean where each image has its own": (
                lambda a, y: output_delta(a, y) / len(a)
            ),
            "a sum over the wrong axis; each output keeps its delta": (
                lambda a, y: output_delta(a, y).sum(axis=0)
            ),
            "the slope taken at a, which is the sigmoid of z already": (
                lambda a, y: (a - y) * slope(a)
            ),
            "a plus for a minus in the slope": lambda a, y: (a - y) * a * (1 + a),
            "the distance squared, not its derivative": (
                lambda a, y: (a - y) ** 2 / 2 * sigmoid_slope(a)
            ),
        },
        "notebook 03, section 4",
        cases=tuple(
            (_rng.uniform(size=shape), 1.0 * (_rng.uniform(size=shape) < 0.4))
            for shape in (3, (5, 3), (2, 4))
        ),
    ),
    "03.4 a measured derivative": Exercise(
        finite_differences,
        {
            "a nudge to one side only, where the bend does not cancel": (
                lambda f, p, h: _differences(f, p, h, 0, h)
            ),
            "divided by h; between the two nudges lies 2 h": (
                lambda f, p, h: _differences(f, p, h, h, h)
            ),
            "multiplied by 2 where 2 h divides: write / (2 * step)": (
                lambda f, p, h: _differences(f, p, h, h, 2) * h
            ),
            "the difference taken the wrong way round": (
                lambda f, p, h: _differences(f, p, h, h, -2 * h)
            ),
            "all entries nudged at once; one at a time": _all_at_once,
            "the last entry not put back before the next is nudged": (
                lambda f, p, h: _differences(f, p, h, h, 2 * h, put_back=False)
            ),
        },
        "notebook 03, section 2",
        cases=(
            (_cubes, _rng.normal(size=4), 0.01),
            (_waves, _rng.normal(size=(2, 3)), 0.001),
            (_product, _rng.uniform(1, 2, size=(2, 1, 2)), 0.01),
        ),
    ),
    "03.5 the check that cannot fail": Exercise(
        "b",
        {
            "a, but it fails for a delta without the sigmoid's slope": "a",
            "c, but it fails for a delta without the sigmoid's slope": "c",
        },
        "notebook 03, section 2, and ask what was measured",
    ),
}
