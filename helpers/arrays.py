"""network.py for many images at once, without loops over images or windows.

What there are many of stands last, the position in the pool block first. Shapes beyond
those of network.py: N images of H*W pixels; B = U*V blocks in an image, S = side*side
positions in a block, each with a window of F = Fr*Fc pixels.
"""

from functools import cache, reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from helpers import network
from helpers.door import as_choice, as_floats
from helpers.network import (
    Parameters,
    blocks,
    output_delta,
    part_by_part,
    pool_side,
    sigmoid,
    sigmoid_slope,
)

PART = 1024  # images computed at a time: their arrays then stay near the processor


@cache
def seen_pixels(image_shape, filter_shape, side):
    """seen[s, f, b]: which pixel weight f sees in the window at position s of block b.

    image_shape: (H, W). filter_shape: (Fr, Fc). side: of a block. Pixels, weights,
    positions and blocks are numbered row by row. Returns integers (S, F, B), read-only.
    """
    pixel = np.arange(image_shape[0] * image_shape[1]).reshape(image_shape)
    windows = sliding_window_view(pixel, filter_shape).transpose(2, 3, 0, 1)
    seen = blocks(windows, side).transpose(4, 5, 0, 1, 2, 3)
    seen = seen.reshape(side * side, filter_shape[0] * filter_shape[1], -1)
    seen.flags.writeable = False
    return seen


def as_windows(images, parameters):
    """What every window of images (N, H, W) sees: X[s, f, b*N + n], (S, F, B*N)."""
    filter_shape = parameters.conv_w.shape[1:]
    map_shape = [n - f + 1 for n, f in zip(images.shape[1:], filter_shape)]
    side = pool_side(map_shape, parameters.out_w.shape)
    seen = seen_pixels(images.shape[1:], filter_shape, side)
    pixels = images.reshape(len(images), -1).T
    return pixels.take(seen, axis=0).reshape(*seen.shape[:2], -1)


def step_forward(X, parameters):
    """The forward pass of N images, given their windows X (S, F, B*N).

    Returns winners (S, K, B*N), booleans; pooled (K*B, N); out_a (O, N). The sigmoid
    rises, so the maximum may be taken before it. The loops compare a, here z is
    compared: z that differ by rounding, or far from 0, may round to one a.
    """
    W = parameters.conv_w.reshape(len(parameters.conv_w), -1)
    V = parameters.out_w.reshape(len(parameters.out_w), -1)
    # einsum, not @: a matrix product may add up equal windows in different orders, and
    # then they no longer tie. einsum adds up every window weight by weight.
    z = np.einsum("kf,sfd->skd", W, X)
    z += parameters.conv_b[:, None]
    largest = z.max(axis=0)
    pooled = sigmoid(largest).reshape(V.shape[1], -1)
    out_a = sigmoid(V @ pooled + parameters.out_b[:, None])
    return z == largest, pooled, out_a


def step_backward(X, winners, pooled, out_a, targets, parameters, ties):
    """The gradient, summed over the images whose windows are X (S, F, B*N).

    winners, pooled, out_a: from step_forward. targets: (O, N). Returns Parameters.
    """
    V = parameters.out_w.reshape(len(parameters.out_w), -1)
    out_delta = output_delta(out_a, targets)
    delta = (V.T @ out_delta * sigmoid_slope(pooled)).reshape(winners.shape[1:])
    if ties == "share":
        delta /= winners.sum(axis=0, dtype=float)
    if ties == "first":
        winners = winners.copy()
        for s in range(1, len(winners)):
            winners[s] &= ~winners[:s].any(axis=0)
    conv_delta = winners * delta
    conv_w_gradient = (conv_delta @ X.transpose(0, 2, 1)).sum(axis=0)
    return Parameters(
        conv_w_gradient.reshape(parameters.conv_w.shape),
        conv_delta.sum(axis=(0, 2)),
        (out_delta @ pooled.T).reshape(parameters.out_w.shape),
        out_delta.sum(axis=1),
    )


def parts(count):
    """Slices that cut `count` images into parts of at most PART."""
    return [slice(start, start + PART) for start in range(0, count, PART)]


def outputs(images, parameters):
    """network.outputs: images (N, H, W) to out_a (N, O). Parameters may be complex."""
    images = as_floats("images", images, ("N", "H", "W"))
    parameters = network.as_parameters(parameters, images.shape[1:], complex_too=True)
    cut = (as_windows(images[part], parameters) for part in parts(len(images)))
    return np.concatenate([step_forward(X, parameters)[-1].T for X in cut])


def gradient(images, targets, parameters, ties="share"):
    """network.gradient: the same arguments, result and errors."""
    images, targets, parameters = network.as_batch(images, targets, parameters)
    as_choice("ties", ties, network.TIES)

    def of_part(part):
        X = as_windows(images[part], parameters)
        passed = step_forward(X, parameters)
        return step_backward(X, *passed, targets[part].T, parameters, ties)

    steps = map(of_part, parts(len(images)))
    return reduce(lambda total, one: part_by_part(np.add, total, one), steps)


def train(images, targets, parameters, ties="share", epochs=50, learning_rate=0.1):
    """network.train, by this gradient: the same arguments, result and errors."""
    batch = images, targets, parameters
    return network.train(*batch, ties, epochs, learning_rate, by=gradient)
