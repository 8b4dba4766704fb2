"""Exercises to notebook 02, forward pass."""

import numpy as np

from helpers.answers import Exercise
from helpers.network import convolve, pool

_rng = np.random.default_rng(2)


def _images_and_filters():
    for image, filters in (
        ((6, 6), (3, 3, 3)),
        ((5, 7), (2, 3, 3)),
        ((6, 5), (1, 2, 4)),
    ):
        shapes = image, filters, filters[:1]
        yield tuple(_rng.normal(size=shape) for shape in shapes)


def _convolve(image, conv_w, conv_b, corner=lambda i, j: (i, j), filter_of=np.copy):
    """convolve, with windows that begin at another corner, or with other filters."""
    conv_z = np.zeros_like(convolve(image, conv_w, conv_b))
    for k, i, j in np.ndindex(conv_z.shape):
        r, c = corner(i, j)
        window = image[r : r + conv_w.shape[1], c : c + conv_w.shape[2]]
        conv_z[k, i, j] = np.sum(filter_of(conv_w[k]) * window) + conv_b[k]
    return conv_z


def _pool(conv_a, side, jump, keep=np.max):
    pooled = np.zeros_like(pool(conv_a, side))
    for k, u, v in np.ndindex(pooled.shape):
        top, left = u * jump, v * jump
        pooled[k, u, v] = keep(conv_a[k, top : top + side, left : left + side])
    return pooled


EXERCISES = {
    "02.1 one window": Exercise(
        -4.318,
        {
            "the bias forgotten": -1.142,
            "row and column of the window swapped": -2.199,
            "a filter that is turned round": -3.473,
            "rows and columns of the filter swapped": -8.491,
            "the activation; z is asked, before the sigmoid": 0.0131510,
        },
        "notebook 02, section 1",
        within=1e-3,
    ),
    "02.2 convolution by loops": Exercise(
        convolve,
        {
            "the bias forgotten": lambda x, w, b: convolve(x, w, 0 * b),
            "the bias added to each product, not once to their sum": (
                lambda x, w, b: convolve(x, w, b * w[0].size)
            ),
            "a mean over the window where a sum belongs": (
                lambda x, w, b: convolve(x, w / w[0].size, b)
            ),
            "a filter that is turned round": (
                lambda x, w, b: convolve(x, w[:, ::-1, ::-1], b)
            ),
            "rows and columns of the filter swapped": (
                lambda x, w, b: _convolve(x, w, b, filter_of=np.transpose)
            ),
            "row and column of the window swapped": (
                lambda x, w, b: _convolve(x, w, b, corner=lambda i, j: (j, i))
            ),
            "rows and columns of the feature map swapped": (
                lambda x, w, b: convolve(x, w, b).swapaxes(1, 2)
            ),
        },
        "notebook 02, section 1",
        cases=tuple(_images_and_filters()),
    ),
    "02.3 pooling": Exercise(
        pool,
        {
            "the mean of a block where its largest entry belongs": (
                lambda a, side: _pool(a, side, side, np.mean)
            ),
            "the smallest entry of a block": lambda a, side: -pool(-a, side),
            "the largest in size, whatever its sign": (
                lambda a, side: pool(np.abs(a), side)
            ),
            "blocks that begin one entry apart, not a side": (
                lambda a, side: _pool(a, side, 1)
            ),
            "rows and columns of the blocks swapped": (
                lambda a, side: pool(a, side).swapaxes(1, 2)
            ),
            "blocks of side 2, whatever side is asked": lambda a, side: pool(a, 2),
            "the first entry of each block, not the largest": (
                lambda a, side: a[:, ::side, ::side]
            ),
            "one number a map; each block has its own largest entry": (
                lambda a, side: np.max(a, axis=(1, 2))
            ),
        },
        "notebook 02, section 5",
        cases=tuple(
            (_rng.normal(size=shape), side)
            for shape, side in (((3, 4, 4), 2), ((2, 6, 3), 3), ((1, 4, 6), 2))
        ),
    ),
    "02.4 the first wrong array": Exercise(
        "out_z",
        {
            "conv_z, but on an empty image each of its entries is the bias": "conv_z",
            "conv_a, but it is the sigmoid of its conv_z": "conv_a",
            "pooled, but each entry is the largest of its block": "pooled",
            "out_a, but it is the sigmoid of its out_z, and only hands on": "out_a",
        },
        "notebook 02, sections 6 and 7, and redo one sum",
    ),
    "02.5 a fourth digit": Exercise(
        82,
        {
            "a neuron without its bias": 81,
            "a neuron without its weights": 70,
            "a filter more; a new class needs an output neuron": 91,
            "everything times 4/3; the filters serve all classes": 92,
        },
        "notebook 02, section 3",
    ),
}
