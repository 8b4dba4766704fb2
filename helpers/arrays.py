"""The network of network.py for many images at once, without loops over images, filters or pixels.

Notation, beyond that of network.py: N images; B = U * V pool blocks in an image; a block has S = side * side positions,
each with a window of F = Fr * Fc pixels, and sees the P pixels of these windows together; D blocks are computed. The
axis along which there are many (D blocks or N images) is the last, so that every operation runs along memory.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from helpers.network import TIES, Parameters, output_delta, pool_side, sigmoid, sigmoid_slope, update

# Linux takes freed memory back and hands it out again page by page, which costs more than the arithmetic on it. Once an
# array of about 32 MB has been freed, the C library keeps what is smaller for the next step. (Elsewhere this does nothing.)
np.empty(4_000_000)

# How many blocks are computed at a time: many where blocks repeat, else few, so that the arrays stay near the processor.
MANY_BLOCKS = 2**19
FEW_BLOCKS = 2**13


class Blocks(NamedTuple):
    """What the pool blocks of some images see. It does not depend on the parameters.

    pixels: (P, D), a column for each block computed. windows: (S, F), the rows of pixels that each window of a block
    sees. index: (B * N,), the column of every block of every image, block after block and in each image after image,
    or None where every block has its own column, in this order.
    """

    pixels: np.ndarray
    windows: np.ndarray
    index: np.ndarray | None


class Passed(NamedTuple):
    """Every array of the forward pass of N images that the backward pass reads.

    windows: (S, F, D). conv_z: (S, K, D) without bias, and largest: (K, D) over the positions. block_a: (K, D) the
    pooled value of each block computed. pooled: (K * B, N) the same for every image. out_a: (O, N).
    """

    windows: np.ndarray
    conv_z: np.ndarray
    largest: np.ndarray
    block_a: np.ndarray
    pooled: np.ndarray
    out_a: np.ndarray


def check_sizes(images, parameters, targets=None, ties="all"):
    """Raise ValueError where images (N, H, W), parameters and targets (N, O) do not fit together, or for an unknown tie rule."""
    if ties not in TIES:
        raise ValueError(f"expected ties to be one of {TIES}, found {ties!r}")
    if images.ndim != 3:
        raise ValueError(f"expected images of shape (N, H, W), found {images.shape}")
    expected = (len(images), len(parameters.out_b))
    if targets is not None and targets.shape != expected:
        raise ValueError(f"expected targets of shape (N, O) = {expected}, found {targets.shape}")
    pool_side(images.shape[1:], parameters)


@cache
def window_pixels(shape, window_shape, step=1):
    """Which pixels each window sees: row w lists those of window w, pixels and windows numbered row by row.

    shape: of what the windows slide over, window_shape: theirs, step: how far apart they are. Returns integers
    (windows, pixels of a window), read-only.
    """
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    seen = sliding_window_view(numbers, window_shape)[::step, ::step].reshape(-1, window_shape[0] * window_shape[1])
    seen.flags.writeable = False
    return seen


def every_block(images, seen):
    """All blocks of the images, each in a column of its own.

    images: (N, H, W). seen: (B, P), the pixels of each block. Returns pixels: (P, B * N) and index: None, as in Blocks.
    """
    return images.reshape(len(images), -1).T.take(seen.T, axis=0).reshape(seen.shape[1], -1), None


def block_codes(images, seen):
    """Each block of 0s and 1s as a binary number, the sum over its pixels p of 2^p x[p]: equal codes, equal blocks.

    images: (N, H, W). seen: (B, P), P < 53 so that the sum, a matrix product, is exact. Returns integers (B, N), or
    None where a pixel is neither 0 nor 1.
    """
    powers = np.zeros((images[0].size, len(seen)))
    powers[seen.T, np.arange(len(seen))] = 2.0 ** np.arange(seen.shape[1])[:, None]
    codes = np.empty((len(seen), len(images)), dtype=np.intp)
    for start in range(0, len(images), 1000):
        part = images[start:start + 1000]
        if not np.all((part == 0) | (part == 1)):
            return None
        codes[:, start:start + 1000] = (part.reshape(len(part), -1) @ powers).T
    return codes


def distinct_blocks(codes, pixels):
    """The distinct blocks, each in one column: what np.unique finds by sorting codes, found in a table of all 2^pixels codes.

    codes: (B, N), from block_codes. pixels: P. Returns pixels: (P, D) and index: (B * N,), as in Blocks.
    """
    found = np.zeros(2**pixels, dtype=bool)
    found[codes] = True
    distinct = np.flatnonzero(found)
    column = np.empty(len(found), dtype=np.intp)
    column[distinct] = np.arange(len(distinct))
    powers = 1 << np.arange(pixels, dtype=np.int32)
    return (distinct.astype(np.int32) & powers[:, None]) != 0, column[codes].ravel()


def batches(images, parameters):
    """Cut images into parts, so that memory stays bounded. Yields the slice and the Blocks of each part.

    Where images are binary, and all 2^P possible blocks are not many more than the blocks there are, blocks repeat:
    each distinct one is listed once, and parts are large, so that more repeat. images: (N, H, W).
    Raises ValueError where sizes do not fit.
    """
    side, (rows, columns) = pool_side(images.shape[1:], parameters), parameters.conv_w.shape[1:]
    block_shape = side + rows - 1, side + columns - 1
    seen, windows = window_pixels(images.shape[1:], block_shape, side), window_pixels(block_shape, (rows, columns))
    blocks, pixels = len(seen) * len(images), seen.shape[1]
    codes = block_codes(images, seen) if 2**pixels <= 4 * min(blocks, MANY_BLOCKS) else None
    size = max((FEW_BLOCKS if codes is None else MANY_BLOCKS) // len(seen), 1)
    for start in range(0, len(images), size):
        part = slice(start, start + size)
        found, index = every_block(images[part], seen) if codes is None else distinct_blocks(codes[:, part], pixels)
        yield part, Blocks(found, windows, index)


def convolve(blocks, conv_w):
    """Weighted inputs without bias, one matrix product for each position: z[s, k, d] = sum over f of w[k, f] x[s, f, d].

    conv_w: (K, Fr, Fc). Returns windows: (S, F, D) and conv_z: (S, K, D). The windows of a block stand in one column of
    S products of one shape, which take the same steps of arithmetic: equal windows get equal z, to the last bit.
    """
    windows = blocks.pixels.take(blocks.windows, axis=0).astype(float, copy=False)
    return windows, conv_w.reshape(len(conv_w), -1) @ windows


def gather(values, index):
    """Each image's values, from those of the columns: values[k, index[m]].

    values: (K, D). index: (M,), or None where each column is used once, in order. Returns (K, M).
    """
    return values if index is None else values.take(index, axis=1)


def scatter(values, index, columns):
    """The way back of gather: each column's sum of what reaches it, sum over m with index[m] = d of values[k, m].

    values: (K, M). index: (M,), or None. columns: D. Returns (K, D).
    """
    if index is None:
        return values
    return np.array([np.bincount(index, weights=row, minlength=columns) for row in values])


def forward(blocks, parameters):
    """The forward pass, pooled before it is squashed: since the sigmoid rises, the largest sigmoid(z + b) is sigmoid(the largest z + b).

    Returns Passed. Complex parameters work, for the complex step: the largest z is that of the largest real part.
    """
    conv_w, conv_b, out_w, out_b = parameters
    windows, conv_z = convolve(blocks, conv_w)
    largest = conv_z.max(axis=0)
    block_a = sigmoid(largest + conv_b[:, None])
    pooled = gather(block_a, blocks.index).reshape(out_w[0].size, -1)
    out_z = out_w.reshape(len(out_w), -1) @ pooled + out_b[:, None]
    return Passed(windows, conv_z, largest, block_a, pooled, sigmoid(out_z))


def outputs(images, parameters):
    """The outputs of many images. images: (N, H, W). Returns out_a: (N, O). Raises ValueError where sizes do not fit."""
    check_sizes(images, parameters)
    parts = [forward(blocks, parameters).out_a.T for _, blocks in batches(images, parameters)]
    return np.concatenate([np.empty((0, len(parameters.out_b))), *parts])


def winner_shares(conv_z, largest, ties):
    """How much of a pool block's delta each position gets, by the tie rule, as in network.py.

    conv_z: (S, K, D). largest: (K, D). ties: "all", "share" or "first". Returns (S, K, D).
    The loops compare a = sigmoid(z), here z is compared; different z can have the same a. Where the sigmoid saturates,
    that does not matter: every share is multiplied by its slope a (1 - a), which is then 0 or of the size of rounding.
    Elsewhere such z differ by rounding alone, and come from different windows only if some sums of weights are equal
    by design; equal windows always tie (see convolve).
    """
    won = conv_z == largest
    if ties == "first":
        for s in range(1, len(won)):
            won[s] &= ~won[:s].any(axis=0)
    return won / won.sum(axis=0) if ties == "share" else won


def backward(blocks, targets, parameters, passed, ties):
    """The gradient, summed over images: for both layers, delta times the transpose of what the weights multiplied.

    targets: (N, O). passed: Passed. ties: as in winner_shares. Returns Parameters.
    """
    conv_w, out_w = parameters.conv_w, parameters.out_w
    out_delta = output_delta(passed.out_a, targets.T)
    out_w_gradient = out_delta @ passed.pooled.T
    reaches = (out_w.reshape(len(out_w), -1).T @ out_delta).reshape(len(conv_w), -1)
    block_delta = scatter(reaches, blocks.index, blocks.pixels.shape[1]) * sigmoid_slope(passed.block_a)
    conv_delta = winner_shares(passed.conv_z, passed.largest, ties) * block_delta
    conv_w_gradient = (conv_delta @ passed.windows.transpose(0, 2, 1)).sum(axis=0)
    return Parameters(conv_w_gradient.reshape(conv_w.shape), conv_delta.sum(axis=(0, 2)),
                      out_w_gradient.reshape(out_w.shape), out_delta.sum(axis=1))


def summed_gradient(prepared, targets, parameters, ties):
    """The gradient summed over all parts. prepared: slices and Blocks, from batches. targets: (N, O). Returns Parameters."""
    total = Parameters(*(np.zeros(part.shape) for part in parameters))
    for part, blocks in prepared:
        one = backward(blocks, targets[part], parameters, forward(blocks, parameters), ties)
        total = Parameters(*(t + g for t, g in zip(total, one)))
    return total


def gradient(images, targets, parameters, ties):
    """The gradient of the cost of a batch, summed over its images, under a tie rule: network.gradient without loops.

    images: (N, H, W). targets: (N, O). ties: as in winner_shares. Returns Parameters. Raises ValueError where sizes do
    not fit, and for another tie rule.
    """
    check_sizes(images, parameters, targets, ties)
    return summed_gradient(batches(images, parameters), targets, parameters, ties)


def train(images, targets, parameters, ties, epochs=50, learning_rate=0.2):
    """Full-batch gradient descent, as network.train; the blocks do not depend on the parameters, and are found once.

    Returns a list of epochs + 1 Parameters: before the first epoch, then after each. Raises ValueError as gradient does.
    """
    check_sizes(images, parameters, targets, ties)
    prepared = list(batches(images, parameters))
    history = [parameters]
    for _ in range(epochs):
        slope = summed_gradient(prepared, targets, history[-1], ties)
        history.append(update(history[-1], slope, learning_rate))
    return history
