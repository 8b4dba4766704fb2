"""Exercises to notebook 06, does it pass?"""

import math

import numpy as np

from helpers.answers import Exercise
from helpers.network import pool, winner_shares, winners

_rng = np.random.default_rng(6)


def one_sided_step(value, second_derivative):
    """h where h |f''| / 2 + 2e-16 |f| / h is smallest."""
    return 2 * np.sqrt(1e-16 * abs(value / second_derivative))


def shares(conv_a, pooled, ties):
    """winner_shares, with one rule more: "last" gives all to the last winner."""
    if ties != "last":
        return winner_shares(conv_a, pooled, ties)
    turned = winner_shares(conv_a[:, ::-1, ::-1], pooled[:, ::-1, ::-1], "first")
    return turned[:, ::-1, ::-1]


def _down_the_columns(conv_a, pooled, ties):
    turned = shares(conv_a.swapaxes(1, 2), pooled.swapaxes(1, 2), ties)
    return turned.swapaxes(1, 2)


def _instead(**other):
    """shares, with another rule in the place of those named."""
    return lambda a, p, ties: shares(a, p, other.get(ties, ties))


def _of_a_map(conv_a, pooled, ties):
    won = winners(conv_a, pooled)
    if ties != "share":
        return shares(conv_a, pooled, ties)
    return won / won.sum(axis=(1, 2), keepdims=True)


def _of_a_block(conv_a, pooled, ties):
    if ties != "share":
        return shares(conv_a, pooled, ties)
    return winners(conv_a, pooled) * pooled[0].size / conv_a[0].size


def along(function, point, direction, step):
    """(f(x + h d) - f(x - h d)) / 2h."""
    return _along(function, point, step * direction, step * direction, 2 * step)


def _along(function, point, up, down, divisor):
    return (function(point + up) - function(point - down)) / divisor


def _cubes(point):
    return np.sum(point**3)


def _waves(point):
    return np.sum(np.sin(point) * np.arange(1, point.size + 1).reshape(point.shape))


def _maps():
    """Maps of 0, 1 and 2, so that winners tie, under each rule."""
    for shape, side in (((3, 4, 4), 2), ((1, 6, 3), 3), ((2, 4, 6), 2)):
        for ties in ("share", "first", "last", "all"):
            conv_a = _rng.integers(0, 3, size=shape).astype(float)
            yield conv_a, pool(conv_a, side), ties


EXERCISES = {
    "06.1 the bias under the twins": Exercise(
        0.00828,
        {
            "every winner counted; a tied block counts once": 0.01709,
            "tied blocks left out; they count, once each": -0.00054,
            "half of every block, also where one entry wins alone": 0.00855,
            "the minus of one delta lost": 0.01239,
            "a mean over the blocks where a sum belongs": 0.00207,
            "a mean over the map where a sum belongs": 0.00052,
        },
        "notebook 06, section 5, and notebook 05 for the bias",
        within=5e-3,
    ),
    "06.2 the best one-sided step": Exercise(
        one_sided_step,
        {
            "the cube root, which belongs to the central difference": (
                lambda f, f2: (3e-16 * abs(f / f2)) ** (1 / 3)
            ),
            "no square root: the derivative of the error is 0 at h squared": (
                lambda f, f2: 4e-16 * abs(f / f2)
            ),
            "a factor 2 lost: two values err, divided by h; the curve errs h/2 |f''|": (
                lambda f, f2: one_sided_step(f, f2) / 2**0.5
            ),
            "two factors lost: two values err, and the curve errs h/2 |f''|": (
                lambda f, f2: one_sided_step(f, f2) / 2
            ),
            "no absolute values: f or f'' may be negative": (
                lambda f, f2: math.sqrt(4e-16 * f / f2)
            ),
            "f and f'' exchanged in the fraction": lambda f, f2: one_sided_step(f2, f),
        },
        "notebook 06, section 1",
        cases=((0.7311, -0.0909), (-3.0, 0.5), (2.5, 40.0)),
        within=1e-3,
    ),
    "06.3 shares under a rule": Exercise(
        shares,
        {
            '"share" gives each tied winner all: ties doubled': _instead(share="all"),
            '"share" gives all to the first winner': _instead(share="first"),
            '"last" gives each winner all': _instead(last="all"),
            '"last" is not told from "first"': _instead(last="first"),
            '"first" and "last" give each winner all': _instead(
                first="all", last="all"
            ),
            "the same equal parts under every rule": (
                lambda a, p, ties: shares(a, p, "share")
            ),
            "first and last counted down the columns; row by row": _down_the_columns,
            "parts of all winners of a map; each block by itself": _of_a_map,
            "divided by the size of a block, not by its number of winners": _of_a_block,
        },
        "notebook 06, section 5",
        cases=tuple(_maps()),
    ),
    "06.4 along a direction": Exercise(
        along,
        {
            "a nudge to one side only, where the bend does not cancel": (
                lambda f, x, d, h: _along(f, x, h * d, 0, h)
            ),
            "divided by h; between the two nudges lies 2 h": (
                lambda f, x, d, h: _along(f, x, h * d, h * d, h)
            ),
            "the difference taken the wrong way round": (
                lambda f, x, d, h: _along(f, x, -h * d, -h * d, 2 * h)
            ),
            "moved by the whole direction, not by h times it": (
                lambda f, x, d, h: _along(f, x, d, d, 2 * h)
            ),
            "the direction forgotten: all entries moved alike": (
                lambda f, x, d, h: _along(f, x, h, h, 2 * h)
            ),
            "the direction shortened to length 1": (
                lambda f, x, d, h: along(f, x, d / np.sqrt(np.sum(d**2)), h)
            ),
        },
        "notebook 06, section 1, with f(x + h d)",
        cases=tuple(
            (function, _rng.normal(size=shape), _rng.normal(size=shape), step)
            for function, shape, step in (
                (_cubes, 4, 0.01),
                (_waves, (2, 3), 0.001),
                (_cubes, (2, 1, 2), 0.1),
            )
        ),
    ),
    "06.5 the wrong line": Exercise(
        7,
        {
            "the array that fails; now the line that spoils it": "conv_b",
            "line 1, but these are the winners, all of them": 1,
            "line 2, but conv_w is made with these shares, and passes": 2,
            "line 3, but out_b is this delta, and passes": 3,
            "line 4, but conv_w is made with it, and passes": 4,
            "line 5, but conv_w is made with it, and passes": 5,
            "line 6, but it makes conv_w, which passes": 6,
            "line 8, but it makes out_w and out_b, which pass": 8,
        },
        "notebook 06, sections 4 and 5, and measure image 3",
    ),
}
