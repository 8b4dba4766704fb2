"""Exercises to notebook 08, from loops to arrays."""

import numpy as np

from helpers.answers import Exercise
from helpers.arrays import seen_pixels

_rng = np.random.default_rng(8)
_sizes = (((6, 6), (3, 3), 2), ((7, 5), (2, 4), 2), ((5, 7), (3, 2), 3))
_deltas = tuple(
    (_rng.normal(size=(s, k, d)), _rng.normal(size=(s, f, d)))
    for s, k, f, d in ((4, 3, 9, 8), (1, 2, 4, 5), (9, 1, 6, 7))
)


def _table(image_shape, filter_shape, side, jump=None, turned=False, by_column=False):
    """seen_pixels by its formula, right or wrong in one way."""
    rows = (image_shape[0] - filter_shape[0] + 1) // side
    columns = (image_shape[1] - filter_shape[1] + 1) // side
    weights = filter_shape[0] * filter_shape[1]
    seen = np.zeros((side * side, weights, rows * columns), dtype=int)
    for s, f, b in np.ndindex(seen.shape):
        (down, right), (r, c) = divmod(s, side), divmod(f, filter_shape[1])
        down, right = (right, down) if by_column else (down, right)
        r, c = (filter_shape[0] - 1 - r, filter_shape[1] - 1 - c) if turned else (r, c)
        u, v = divmod(b, columns)
        i, j = u * (jump or side) + down + r, v * (jump or side) + right + c
        seen[s, f, b] = i * image_shape[1] + j
    return seen


def filter_gradient(conv_delta, X):
    """dC/dW (K, F), dC/db (K,) from conv_delta (S, K, D) and windows X (S, F, D)."""
    return np.einsum("skd,sfd->kf", conv_delta, X), conv_delta.sum(axis=(0, 2))


def _restored(X):
    return X, np.unique(X.reshape(-1, X.shape[-1]), axis=1).shape[1]


EXERCISES = {
    "08.1 a pixel of the table": Exercise(
        16,
        {
            "row and column of the position s swapped": 11,
            "row and column of the block b swapped": 26,
            "row and column of the weight f swapped": 21,
            "blocks that begin one pixel apart, not two": 15,
        },
        "notebook 08, section 2",
    ),
    "08.2 the table by loops": Exercise(
        seen_pixels,
        {
            "blocks that begin one pixel apart, not a side": (
                lambda i, f, s: _table(i, f, s, jump=1)
            ),
            "a filter that is turned round": lambda i, f, s: _table(
                i, f, s, turned=True
            ),
            "positions numbered down the columns": (
                lambda i, f, s: _table(i, f, s, by_column=True)
            ),
            "positions and blocks exchanged": lambda i, f, s: _table(i, f, s).T,
        },
        "notebook 08, section 2",
        cases=_sizes,
    ),
    "08.3 the gradient of the filters": Exercise(
        filter_gradient,
        {
            "a mean over the windows where a sum belongs": (
                lambda d, X: tuple(g / d.shape[2] for g in filter_gradient(d, X))
            ),
            "the first position of each block only": (
                lambda d, X: filter_gradient(d[:1], X[:1])
            ),
            "weights and filters exchanged": (
                lambda d, X: (filter_gradient(d, X)[0].T, filter_gradient(d, X)[1])
            ),
            "a bias that forgets the sum over positions": (
                lambda d, X: (filter_gradient(d, X)[0], d.sum(axis=2))
            ),
        },
        "notebook 08, section 5",
        cases=_deltas,
    ),
    "08.4 each distinct block once": Exercise(
        _restored,
        {
            "every column kept: nothing is saved": lambda X: (X, X.shape[-1]),
            "the columns sorted, and not put back in their places": (
                lambda X: (np.sort(X, axis=-1), _restored(X)[1])
            ),
        },
        "NumPy's help on np.unique, axis and return_inverse",
        cases=tuple(
            (_rng.integers(0, 2, size=(s, f, d)).astype(float),)
            for s, f, d in ((4, 1, 40), (1, 3, 30), (2, 2, 60))
        ),
    ),
    "08.5 the part that is wrong": Exercise(
        "out_w",
        {
            "conv_w, whose check passes": "conv_w",
            "conv_b, whose check passes": "conv_b",
            "out_b, whose check passes": "out_b",
        },
        "notebook 08, section 5, and measure each part",
    ),
}
