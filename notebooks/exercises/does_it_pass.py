"""Exercises to notebook 06, does it pass?"""

import math

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise, outcome
from helpers.network import pool, winner_shares, winners

WRONG_NUMBERS = {
    "every winner counted; a tied block counts once": 0.01709,
    "tied blocks left out; they count, once each": -0.00054,
    "half of every block, also where one entry wins alone": 0.00855,
    "the minus of one delta lost": 0.01239,
    "a mean over the blocks where a sum belongs": 0.00207,
    "a mean over the map where a sum belongs": 0.00052,
}
WRONG_LINES = {
    "the array that fails; now the line that spoils it": "conv_b",
    "line 1, but these are the winners, all of them": 1,
    "line 2, but conv_w is made with these shares, and passes": 2,
    "line 3, but out_b is this delta, and passes": 3,
    "line 4, but conv_w is made with it, and passes": 4,
    "line 5, but conv_w is made with it, and passes": 5,
    "line 6, but it makes conv_w, which passes": 6,
    "line 8, but it makes out_w and out_b, which pass": 8,
}


def one_sided_step(value, second_derivative):
    """h where h |f''| / 2 + 2e-16 |f| / h is smallest, a number; f'' is not 0."""
    return 2 * np.sqrt(1e-16 * abs(value / second_derivative))


def shares(conv_a, pooled, ties):
    """winner_shares (K, I, J), with one rule more: "last" gives all to the last winner.

    conv_a: (K, I, J). pooled: (K, U, V).
    """
    if ties != "last":
        return winner_shares(conv_a, pooled, ties)
    turned = winner_shares(conv_a[:, ::-1, ::-1], pooled[:, ::-1, ::-1], "first")
    return turned[:, ::-1, ::-1]


def along(function, point, direction, step):
    """(f(x + h d) - f(x - h d)) / 2h, a number; point and direction of one shape."""
    up, down = function(point + step * direction), function(point - step * direction)
    return (up - down) / (2 * step)


def _maps():
    """Maps of 0, 1 and 2, so that winners tie, under each rule."""
    rng = np.random.default_rng(6)
    for shape, side in (((3, 4, 4), 2), ((1, 6, 3), 3), ((2, 4, 6), 2)):
        for ties in ("share", "first", "last", "all"):
            conv_a = rng.integers(0, 3, size=shape).astype(float)
            yield conv_a, pool(conv_a, side), ties


def _wrong_steps(f, f2):
    right = one_sided_step(f, f2)
    return {
        "the cube root, which belongs to the central difference": (
            (3e-16 * abs(f / f2)) ** (1 / 3)
        ),
        "no square root: the derivative of the error is 0 at h squared": right**2,
        "a factor 2 lost: two values err, divided by h; the curve errs h/2 |f''|": (
            right / 2**0.5
        ),
        "two factors lost: two values err, and the curve errs h/2 |f''|": right / 2,
        "no absolute values: f or f'' may be negative": (
            outcome(math.sqrt, 4e-16 * f / f2)
        ),
        "f and f'' exchanged in the fraction": one_sided_step(f2, f),
    }


def _wrong_shares(a, p, ties):
    won = winners(a, p)
    of_a_map = won / won.sum(axis=(1, 2), keepdims=True)
    of_a_block = won * p.size / a.size

    def instead(**other):
        """The right shares, but under another rule in the place of those named."""
        return shares(a, p, other.get(ties, ties))

    return {
        '"share" gives each tied winner all: ties doubled': instead(share="all"),
        '"share" gives all to the first winner': instead(share="first"),
        '"last" gives each winner all': instead(last="all"),
        '"last" is not told from "first"': instead(last="first"),
        '"first" and "last" give each winner all': instead(first="all", last="all"),
        "the same equal parts under every rule": shares(a, p, "share"),
        "first and last counted down the columns; row by row": (
            shares(a.swapaxes(1, 2), p.swapaxes(1, 2), ties).swapaxes(1, 2)
        ),
        "parts of all winners of a map; each block by itself": (
            of_a_map if ties == "share" else instead()
        ),
        "divided by the size of a block, not by its number of winners": (
            of_a_block if ties == "share" else instead()
        ),
    }


def _wrong_changes(f, x, d, h):
    right, one_sided = along(f, x, d, h), (f(x + h * d) - f(x)) / h
    return {
        "a nudge to one side only, where the bend does not cancel": one_sided,
        "divided by h; between the two nudges lies 2 h": right * 2,
        "the difference taken the wrong way round": -right,
        "moved by the whole direction, not by h times it": along(f, x, d / h, h),
        "the direction forgotten: all entries moved alike": along(f, x, 1, h),
        "the direction shortened to length 1": (
            along(f, x, d / np.sqrt(np.sum(d**2)), h)
        ),
    }


EXERCISES = {
    "06.1 the bias under the twins": Exercise(
        0.00828,
        WRONG_NUMBERS,
        "notebook 06, section 5, and notebook 05 for the bias",
        within=5e-3,
    ),
    "06.2 the best one-sided step": Exercise(
        one_sided_step,
        _wrong_steps,
        "notebook 06, section 1",
        ((0.7311, -0.0909), (-3.0, 0.5), (2.5, 40.0)),
        within=1e-3,
    ),
    "06.3 shares under a rule": Exercise(
        shares, _wrong_shares, "notebook 06, section 5", tuple(_maps())
    ),
    "06.4 along a direction": Exercise(
        along,
        _wrong_changes,
        "notebook 06, section 1, with f(x + h d)",
        random_cases(
            (lambda x: np.sum(x**3), (4,), (4,), 0.01),
            (lambda x: np.arange(1, 7) @ np.sin(x).ravel(), (2, 3), (2, 3), 0.001),
            (lambda x: np.sum(x**3), (2, 1, 2), (2, 1, 2), 0.1),
        ),
    ),
    "06.5 the wrong line": Exercise(
        7, WRONG_LINES, "notebook 06, sections 4 and 5, and measure image 3"
    ),
}
