"""Exercises to notebook 08, from loops to arrays."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise
from helpers.arrays import seen_pixels

WRONG_NUMBERS = {
    "row and column of the position s swapped": 11,
    "row and column of the block b swapped": 26,
    "row and column of the weight f swapped": 21,
    "blocks that begin one pixel apart, not two": 15,
}
PASSING = "conv_w", "conv_b", "out_b"
WRONG_PARTS = {f"{part}, whose check passes": part for part in PASSING}


def filter_gradient(conv_delta, X):
    """dC/dW (K, F), dC/db (K,) from conv_delta (S, K, D) and windows X (S, F, D)."""
    return np.einsum("skd,sfd->kf", conv_delta, X), conv_delta.sum(axis=(0, 2))


def put_back(X):
    """Windows X (S, F, D), made of their distinct columns again, and how many of those
    there are."""
    return X, np.unique(X.reshape(-1, X.shape[-1]), axis=1).shape[1]


def _columns():
    rng = np.random.default_rng(8)
    for shape in ((4, 1, 40), (1, 3, 30), (2, 2, 60)):
        yield (rng.integers(0, 2, size=shape).astype(float),)


def _wrong_tables(image_shape, filter_shape, side):
    seen = seen_pixels(image_shape, filter_shape, side)
    columns = (image_shape[1] - filter_shape[1] + 1) // side
    u, v = divmod(np.arange(seen.shape[2]), columns)
    by_column = seen.reshape(side, side, *seen.shape[1:]).swapaxes(0, 1)
    return {
        "blocks that begin one pixel apart, not a side": (
            seen - (side - 1) * (u * image_shape[1] + v)
        ),
        "a filter that is turned round": seen[:, ::-1],
        "positions numbered down the columns": by_column.reshape(seen.shape),
        "positions and blocks exchanged": seen.T,
    }


def _wrong_filters(delta, X):
    conv_w, conv_b = filter_gradient(delta, X)
    size = delta.shape[2]
    return {
        "a mean over the windows where a sum belongs": (conv_w / size, conv_b / size),
        "the first position of each block only": filter_gradient(delta[:1], X[:1]),
        "weights and filters exchanged": (conv_w.T, conv_b),
        "a bias that forgets the sum over positions": (conv_w, delta.sum(axis=2)),
    }


def _wrong_distinct(X):
    in_order, distinct = np.sort(X, axis=-1), put_back(X)[1]
    return {
        "every column kept: nothing is saved": (X, X.shape[-1]),
        "the columns sorted, and not put back in their places": (in_order, distinct),
    }


EXERCISES = {
    "08.1 a pixel of the table": Exercise(16, WRONG_NUMBERS, "notebook 08, section 2"),
    "08.2 the table by loops": Exercise(
        seen_pixels,
        _wrong_tables,
        "notebook 08, section 2",
        (((6, 6), (3, 3), 2), ((7, 5), (2, 4), 2), ((5, 7), (3, 2), 3)),
    ),
    "08.3 the gradient of the filters": Exercise(
        filter_gradient,
        _wrong_filters,
        "notebook 08, section 5",
        random_cases(
            ((4, 3, 8), (4, 9, 8)), ((1, 2, 5), (1, 4, 5)), ((9, 1, 7), (9, 6, 7))
        ),
    ),
    "08.4 each distinct block once": Exercise(
        put_back,
        _wrong_distinct,
        "NumPy's help on np.unique, axis and return_inverse",
        tuple(_columns()),
    ),
    "08.5 the part that is wrong": Exercise(
        "out_w", WRONG_PARTS, "notebook 08, section 5, and measure each part"
    ),
}
