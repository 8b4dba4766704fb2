"""Layers to build networks from: each backward function stands under its forward one.

What network.py does for one image and one layer, for many images and any number of
layers. Shapes: maps (L, H, W, N) have L channels and N images, which stand last;
filters (K, L, Fr, Fc) make maps (K, I, J, N) of them, I = H-Fr+1, J = W-Fc+1; pool
blocks of side x side make (K, U, V, N). A batch's gradient is summed over its images.
sigmoid, sigmoid_slope, cost and output_delta of network.py fit as they stand.

Forward functions take complex numbers, for checks.complex_step. Arrays whose sizes do
not fit raise ValueError.
"""

import numpy as np

from helpers.door import as_choice, as_floats, as_whole
from helpers.network import TIES


def convolve(maps, conv_w, conv_b):
    """z[k, i, j, n] = sum over l, r, c of w[k, l, r, c] x[l, i+r, j+c, n], plus b[k].

    maps: (L, H, W, N). conv_w: (K, L, Fr, Fc). conv_b: (K,). Returns (K, I, J, N).
    Each window adds up weight by weight in the same order: with one channel, equal
    windows give equal sums and tie in a pool block.
    """
    rows, columns = (n - f + 1 for n, f in zip(maps.shape[1:3], conv_w.shape[2:]))
    as_whole("places of the filter", min(rows, columns), 1)
    shape = len(conv_w), rows, columns, maps.shape[3]
    conv_z = np.zeros(shape, np.result_type(maps, conv_w))
    for r, c in np.ndindex(conv_w.shape[2:]):
        seen = maps[:, r : r + rows, c : c + columns]
        conv_z += np.tensordot(conv_w[:, :, r, c], seen, axes=1)
    return conv_z + conv_b[:, None, None, None]


def filter_gradient(conv_delta, maps):
    """dC/dw[k, l, r, c] = sum over i, j, n of delta[k, i, j, n] x[l, i+r, j+c, n];
    dC/db[k] = sum over i, j, n of delta[k, i, j, n].

    conv_delta: (K, I, J, N). maps: (L, H, W, N). Returns (K, L, Fr, Fc) and (K,).
    """
    filters, rows, columns, _ = conv_delta.shape
    filter_shape = maps.shape[1] - rows + 1, maps.shape[2] - columns + 1
    conv_w_gradient = np.zeros((filters, len(maps), *filter_shape))
    for r, c in np.ndindex(filter_shape):
        seen = maps[:, r : r + rows, c : c + columns]
        axes = (1, 2, 3), (1, 2, 3)
        conv_w_gradient[:, :, r, c] = np.tensordot(conv_delta, seen, axes)
    return conv_w_gradient, conv_delta.sum(axis=(1, 2, 3))


def input_gradient(conv_delta, conv_w):
    """dC/dx[l, i, j, n] = sum over k, r, c of w[k, l, r, c] delta[k, i-r, j-c, n].

    Terms whose place (i-r, j-c) lies outside the map are left out. The same numbers as
    convolve gives for a delta with a margin of zeros and the filters turned round.
    conv_delta: (K, I, J, N). conv_w: (K, L, Fr, Fc). Returns (L, H, W, N).
    """
    _, channels, *filter_shape = conv_w.shape
    _, rows, columns, count = conv_delta.shape
    height, width = rows + filter_shape[0] - 1, columns + filter_shape[1] - 1
    maps_gradient = np.zeros((channels, height, width, count))
    for r, c in np.ndindex(*filter_shape):
        reaching = np.tensordot(conv_w[:, :, r, c].T, conv_delta, axes=1)
        maps_gradient[:, r : r + rows, c : c + columns] += reaching
    return maps_gradient


def split(maps, side):
    """Maps (K, I, J, N) by the position in their pool block: (side*side, K, U, V, N).

    Positions row by row. I and J have to be multiples of side.
    """
    return np.array([maps[:, i::side, j::side] for i, j in np.ndindex(side, side)])


def unsplit(parts, side):
    """The maps (K, I, J, N) that split gives as parts (side*side, K, U, V, N)."""
    _, filters, rows, columns, count = parts.shape
    maps = np.zeros((filters, rows * side, columns * side, count))
    for part, (i, j) in zip(parts, np.ndindex(side, side)):
        maps[:, i::side, j::side] = part
    return maps


def max_pool(maps, side):
    """p[k, u, v, n] = the largest entry of its block. (K, I, J, N) -> (K, U, V, N)."""
    return split(maps, side).max(axis=0)


def max_unpool(pooled_gradient, maps, side, ties="share"):
    """dC/da[k, i, j, n] = dC/dp[k, u, v, n] s[k, i, j, n], for (i, j) in block (u, v).

    pooled_gradient: (K, U, V, N). maps: what was pooled, (K, I, J, N). ties: how
    winners that tie share s, as in network.winner_shares. Returns (K, I, J, N).
    """
    as_choice("ties", ties, TIES)
    entries = split(maps, side)
    shares = (entries == entries.max(axis=0)).astype(float)
    if ties == "share":
        shares /= shares.sum(axis=0)
    if ties == "first":
        shares *= shares.cumsum(axis=0) == 1
    return unsplit(shares * pooled_gradient, side)


def average_pool(maps, side):
    """p[k, u, v, n] = the mean of its block. (K, I, J, N) -> (K, U, V, N)."""
    return split(maps, side).mean(axis=0)


def average_unpool(pooled_gradient, side):
    """dC/da[k, i, j, n] = dC/dp[k, u, v, n] / side^2. (K, U, V, N) -> (K, I, J, N)."""
    rows = np.repeat(pooled_gradient / side**2, side, axis=1)
    return np.repeat(rows, side, axis=2)


def relu(z):
    """z where z > 0, else 0, entry by entry; any shape."""
    return np.where(z > 0, z, 0.0)


def relu_slope(a):
    """The derivative of relu, from its value a: 1 where a > 0, else 0, at the kink too.

    a: any shape. Returns floats of the same shape.
    """
    return (a > 0).astype(float)


def dense(maps, w, b):
    """z[o, n] = sum over q of w[o, q] a[q, n], plus b[o]; q: all axes but n.

    maps: (..., N). w: (O, ...), the same axes. b: (O,). Returns (O, N).
    """
    return np.tensordot(w, maps, axes=maps.ndim - 1) + b[:, None]


def dense_gradient(delta, maps):
    """dC/dw[o, q] = sum over n of delta[o, n] a[q, n]; dC/db[o] = sum of delta[o, n].

    delta: (O, N). maps: (..., N). Returns (O, ...) and (O,).
    """
    return np.tensordot(delta, maps, axes=(-1, -1)), delta.sum(axis=1)


def dense_input_gradient(delta, w):
    """dC/da[q, n] = sum over o of w[o, q] delta[o, n]. (O, N), (O, ...) -> (..., N)."""
    return np.tensordot(w, delta, axes=(0, 0))


def softmax(z):
    """a[o, n] = exp(z[o, n]) / sum over m of exp(z[m, n]); each column adds up to 1.

    z: (O, N). The largest z of a column is subtracted first, which changes nothing but
    that exp cannot leave the range of floats.
    """
    powers = np.exp(z - z.max(axis=0))
    return powers / powers.sum(axis=0)


def cross_entropy(z, targets):
    """C = sum over o, n of -y[o, n] log a[o, n], with a = softmax(z).

    z: (O, N), not a: the log of a softmax that has rounded to 0 would be lost.
    targets: (O, N); one-hot, or shares that add up to 1. Returns a number.
    """
    targets = as_floats("targets", targets, z.shape)
    below = z - z.max(axis=0)
    return np.sum(targets * (np.log(np.sum(np.exp(below), axis=0)) - below))


def softmax_delta(z, targets):
    """dC/dz[o, n] = a[o, n] - y[o, n], for C = cross_entropy(z, targets). (O, N).

    Raises ValueError for targets of another shape.
    """
    targets = as_floats("targets", targets, z.shape)
    return softmax(z) - targets
