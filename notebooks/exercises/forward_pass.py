"""Exercises to notebook 02, forward pass."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from exercises import random_cases
from helpers.answers import Exercise, outcome
from helpers.network import blocks, convolve, pool

WRONG_NUMBERS = {
    "the bias forgotten": -1.142,
    "row and column of the window swapped": -2.199,
    "a filter that is turned round": -3.473,
    "rows and columns of the filter swapped": -8.491,
    "the activation; z is asked, before the sigmoid": 0.0131510,
}
WRONG_ARRAYS = {
    "conv_z, but on an empty image each of its entries is the bias": "conv_z",
    "conv_a, but it is the sigmoid of its conv_z": "conv_a",
    "pooled, but each entry is the largest of its block": "pooled",
    "out_a, but it is the sigmoid of its out_z, and only hands on": "out_a",
}
WRONG_COUNTS = {
    "a neuron without its bias": 81,
    "a neuron without its weights": 70,
    "a filter more; a new class needs an output neuron": 91,
    "everything times 4/3; the filters serve all classes": 92,
}


def _window_swapped(image, conv_w, conv_b):
    """The window at (j, i) where that at (i, j) belongs: an error if maps are long."""
    conv_z = np.zeros_like(convolve(image, conv_w, conv_b))
    _, rows, columns = conv_w.shape
    for k, i, j in np.ndindex(conv_z.shape):
        window = image[j : j + rows, i : i + columns]
        conv_z[k, i, j] = np.sum(conv_w[k] * window) + conv_b[k]
    return conv_z


def _filter_swapped(image, conv_w, conv_b):
    """Rows and columns of the filters swapped: an error where they are not square."""
    return convolve(image, 0 * conv_w + conv_w.swapaxes(1, 2), conv_b)


def _wrong_maps(x, w, b):
    size = w[0].size
    return {
        "the bias forgotten": convolve(x, w, 0 * b),
        "the bias added to each product, not once to their sum": (
            convolve(x, w, b * size)
        ),
        "a mean over the window where a sum belongs": convolve(x, w / size, b),
        "a filter that is turned round": convolve(x, w[:, ::-1, ::-1], b),
        "rows and columns of the filter swapped": outcome(_filter_swapped, x, w, b),
        "row and column of the window swapped": outcome(_window_swapped, x, w, b),
        "rows and columns of the feature map swapped": convolve(x, w, b).swapaxes(1, 2),
    }


def _wrong_pools(a, side):
    pooled = pool(a, side)
    _, rows, columns = pooled.shape
    means = np.mean(blocks(a, side), axis=(3, 4))
    apart = sliding_window_view(a, (side, side), (1, 2))[:, :rows, :columns]
    return {
        "the mean of a block where its largest entry belongs": means,
        "the smallest entry of a block": -pool(-a, side),
        "the largest in size, whatever its sign": pool(np.abs(a), side),
        "blocks that begin one entry apart, not a side": np.max(apart, axis=(3, 4)),
        "rows and columns of the blocks swapped": pooled.swapaxes(1, 2),
        "blocks of side 2, whatever side is asked": pool(a, 2),
        "the first entry of each block, not the largest": a[:, ::side, ::side],
        "one number a map; each block has its own largest entry": a.max(axis=(1, 2)),
    }


EXERCISES = {
    "02.1 one window": Exercise(
        -4.318, WRONG_NUMBERS, "notebook 02, section 1", within=1e-3
    ),
    "02.2 convolution by loops": Exercise(
        convolve,
        _wrong_maps,
        "notebook 02, section 1",
        random_cases(
            ((6, 6), (3, 3, 3), (3,)),
            ((5, 7), (2, 3, 3), (2,)),
            ((6, 5), (1, 2, 4), (1,)),
        ),
    ),
    "02.3 pooling": Exercise(
        pool,
        _wrong_pools,
        "notebook 02, section 5",
        random_cases(((3, 4, 4), 2), ((2, 6, 3), 3), ((1, 4, 6), 2)),
    ),
    "02.4 the first wrong array": Exercise(
        "out_z", WRONG_ARRAYS, "notebook 02, sections 6 and 7, and redo one sum"
    ),
    "02.5 a fourth digit": Exercise(82, WRONG_COUNTS, "notebook 02, section 3"),
}
