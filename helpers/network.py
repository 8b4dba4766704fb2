"""The network and its gradients in loops, one function a formula, as derived.

Each backward function stands under its forward one, in the order of the forward pass.
Images of H x W pixels (6 x 6 in the course), K filters of Fr x Fc weights (3 of 3 x 3),
feature maps of I x J (4 x 4), pool blocks of side x side (2 x 2), pooled maps of U x V
(2 x 2), O outputs (3).
"""

from typing import NamedTuple

import numpy as np

from helpers.door import as_choice, as_floats, as_positive, as_whole

TIES = ("share", "first", "all")


class Parameters(NamedTuple):
    """The 69 numbers the network learns; a gradient has this type too.

    conv_w: (K, Fr, Fc) filters w^F. conv_b: (K,) filter biases b^F.
    out_w: (O, K, U, V) output weights w^O. out_b: (O,) output biases b^O.
    """

    conv_w: np.ndarray
    conv_b: np.ndarray
    out_w: np.ndarray
    out_b: np.ndarray


class Forward(NamedTuple):
    """The forward pass of one image: (K, I, J) twice, (K, U, V), (O,) twice."""

    conv_z: np.ndarray
    conv_a: np.ndarray
    pooled: np.ndarray
    out_z: np.ndarray
    out_a: np.ndarray


def as_parameters(parameters, image_shape, complex_too=False):
    """The door for parameters: as Parameters of floats, for images of a shape (H, W).
    ValueError names the array that does not fit."""
    conv_w, conv_b, out_w, out_b = parameters
    conv_w = as_floats("conv_w", conv_w, ("K", "Fr", "Fc"), complex_too)
    conv_b = as_floats("conv_b", conv_b, (len(conv_w),), complex_too)
    out_w = as_floats("out_w", out_w, ("O", len(conv_w), "U", "V"), complex_too)
    out_b = as_floats("out_b", out_b, (len(out_w),), complex_too)
    map_shape = [n - f + 1 for n, f in zip(image_shape, conv_w.shape[1:])]
    pool_side(map_shape, out_w.shape)
    parts = Parameters(conv_w, conv_b, out_w, out_b)
    if complex_too:  # all of them, where one is
        kind = np.result_type(*parts)
        parts = part_by_part(lambda part: part.astype(kind, copy=False), parts)
    return parts


def as_batch(images, targets, parameters):
    """The door for a batch: images (N, H, W), targets (N, O), Parameters, as floats.
    ValueError where sizes do not fit, for an empty batch and for nan."""
    images = as_floats("images", images, ("N", "H", "W"))
    parameters = as_parameters(parameters, images.shape[1:])
    targets = as_floats("targets", targets, (len(images), len(parameters.out_b)))
    return images, targets, parameters


def sigmoid(z):
    """The sigmoid, 1 / (1 + exp(-z)), entry by entry of z.

    Below -700 exp would soon leave the range of floats, and the sigmoid is 0 to 300
    decimals.
    """
    return 1.0 / (1.0 + np.exp(-np.maximum(z, -700.0)))


def sigmoid_slope(a):
    """The derivative of the sigmoid, a (1 - a), entry by entry of a = sigmoid(z)."""
    return a * (1.0 - a)


def convolve(image, conv_w, conv_b):
    """z^F[k, i, j] = sum over r, c of w^F[k, r, c] x[i+r, j+c], plus b^F[k].

    Strictly a cross-correlation: a mathematician's convolution turns the filter round.
    image: (H, W). conv_w: (K, Fr, Fc). conv_b: (K,). Returns (K, H-Fr+1, W-Fc+1).
    """
    filters, filter_rows, filter_columns = conv_w.shape
    rows, columns = image.shape
    conv_z = np.zeros((filters, rows - filter_rows + 1, columns - filter_columns + 1))
    for k, i, j in np.ndindex(conv_z.shape):
        window = image[i : i + filter_rows, j : j + filter_columns]
        conv_z[k, i, j] = np.sum(conv_w[k] * window) + conv_b[k]
    return conv_z


def filter_gradient(conv_delta, image):
    """dC/dw^F[k, r, c] = sum over i, j of delta^F[k, i, j] x[i+r, j+c],
    dC/db^F[k] = sum over i, j of delta^F[k, i, j], of one image.

    conv_delta: (K, I, J). image: (H, W). Returns (K, H-I+1, W-J+1) and (K,).
    """
    filters, map_rows, map_columns = conv_delta.shape
    rows, columns = image.shape[0] - map_rows + 1, image.shape[1] - map_columns + 1
    conv_w_gradient = np.zeros((filters, rows, columns))
    for k, i, j in np.ndindex(conv_delta.shape):
        window = image[i : i + rows, j : j + columns]
        conv_w_gradient[k] += conv_delta[k, i, j] * window
    return conv_w_gradient, np.sum(conv_delta, axis=(1, 2))


def pool_side(map_shape, pooled_shape):
    """The side of a pool block, I / U and J / V, from shapes (..., I, J), (..., U, V).
    ValueError where square blocks do not cover the feature map."""
    (rows, columns), (pooled_rows, pooled_columns) = map_shape[-2:], pooled_shape[-2:]
    side = rows // pooled_rows if pooled_rows else 0
    if side < 1 or (rows, columns) != (side * pooled_rows, side * pooled_columns):
        sizes = f"{rows} x {columns} for {pooled_rows} x {pooled_columns}"
        raise ValueError(f"expected maps that square pool blocks cover, found {sizes}")
    return side


def block(feature_map, u, v, side):
    """Pool block (u, v) of one map (I, J): a view of shape (side, side)."""
    return feature_map[u * side : (u + 1) * side, v * side : (v + 1) * side]


def blocks(maps, side):
    """All pool blocks of many maps (..., I, J): a view (..., U, V, side, side)."""
    *many, rows, columns = maps.shape
    split = maps.reshape(*many, rows // side, side, columns // side, side)
    return split.swapaxes(-3, -2)


def pool(conv_a, side):
    """p[k, u, v] = the largest of block (u, v) of a^F[k]: (K, I, J) to (K, U, V)."""
    filters, rows, columns = conv_a.shape
    pooled = np.zeros((filters, rows // side, columns // side))
    for k, u, v in np.ndindex(pooled.shape):
        pooled[k, u, v] = np.max(block(conv_a[k], u, v, side))
    return pooled


def winners(conv_a, pooled):
    """Which entries equal the maximum of their pool block; several, where they tie.

    conv_a: (K, I, J). pooled: (K, U, V), from pool. Returns booleans (K, I, J).
    """
    side = pool_side(conv_a.shape, pooled.shape)
    equal = np.zeros(conv_a.shape, dtype=bool)
    for k, u, v in np.ndindex(pooled.shape):
        block(equal[k], u, v, side)[:] = block(conv_a[k], u, v, side) == pooled[k, u, v]
    return equal


def winner_shares(conv_a, pooled, ties):
    """How much of what reaches a pooled entry each entry of its block gets, s[k, i, j].

    conv_a: (K, I, J). pooled: (K, U, V). ties: "share" (tied winners get equal parts),
    "first" (the first of them, row by row, gets all) or "all" (each gets all: the
    published rule, no gradient where winners tie). Returns (K, I, J).
    """
    side = pool_side(conv_a.shape, pooled.shape)
    shares = winners(conv_a, pooled).astype(float)
    for k, u, v in np.ndindex(pooled.shape):
        part = block(shares[k], u, v, side)
        if ties == "share":
            part /= np.sum(part)
        if ties == "first":
            first = np.unravel_index(np.argmax(part), part.shape)
            part[:] = 0.0
            part[first] = 1.0
    return shares


def unpool(pooled_gradient, shares):
    """dC/da^F[k, i, j] = dC/dp[k, u, v] s[k, i, j], for (i, j) in block (u, v).

    pooled_gradient: (K, U, V). shares: (K, I, J), of winner_shares. Returns (K, I, J).
    """
    side = pool_side(shares.shape, pooled_gradient.shape)
    unpooled = np.zeros(shares.shape)
    for k, i, j in np.ndindex(shares.shape):
        unpooled[k, i, j] = pooled_gradient[k, i // side, j // side] * shares[k, i, j]
    return unpooled


def fully_connect(pooled, out_w, out_b):
    """z^O[o] = sum over k, u, v of w^O[o, k, u, v] p[k, u, v], plus b^O[o].

    pooled: (K, U, V). out_w: (O, K, U, V). out_b: (O,). Returns out_z: (O,).
    """
    out_z = np.zeros(len(out_b))
    for o in range(len(out_b)):
        out_z[o] = np.sum(out_w[o] * pooled) + out_b[o]
    return out_z


def output_gradient(out_delta, pooled):
    """dC/dw^O[o, k, u, v] = delta^O[o] p[k, u, v], dC/db^O[o] = delta^O[o].

    out_delta: (O,). pooled: (K, U, V). Returns (O, K, U, V) and (O,), of one image.
    """
    out_w_gradient = np.zeros((len(out_delta), *pooled.shape))
    for o in range(len(out_delta)):
        out_w_gradient[o] = out_delta[o] * pooled
    return out_w_gradient, out_delta.copy()


def pooled_gradient(out_delta, out_w):
    """dC/dp[k, u, v] = sum over o of delta^O[o] w^O[o, k, u, v].

    out_delta: (O,). out_w: (O, K, U, V). Returns (K, U, V).
    """
    total = np.zeros(out_w.shape[1:])
    for o in range(len(out_delta)):
        total += out_delta[o] * out_w[o]
    return total


def cost(out_a, target):
    """C = 1/2 sum of (a^O - y)^2, a number. out_a, target: (O,), or (N, O) for many."""
    return 0.5 * np.sum((out_a - target) ** 2)


def output_delta(out_a, target):
    """delta^O = dC/dz^O = (a^O - y) a^O (1 - a^O), entry by entry: (O,) or (N, O)."""
    return (out_a - target) * sigmoid_slope(out_a)


def forward(image, parameters):
    """The forward pass of one image (H, W), as Forward. ValueError where sizes do not
    fit or a number is not finite."""
    image = as_floats("image", image, ("H", "W"))
    parameters = as_parameters(parameters, image.shape)
    conv_z = convolve(image, parameters.conv_w, parameters.conv_b)
    conv_a = sigmoid(conv_z)
    pooled = pool(conv_a, pool_side(conv_a.shape, parameters.out_w.shape))
    out_z = fully_connect(pooled, parameters.out_w, parameters.out_b)
    return Forward(conv_z, conv_a, pooled, out_z, sigmoid(out_z))


def backward(image, target, parameters, passed, shares):
    """One image's gradient of all parameters: what forward did, the other way round.

    image: (H, W). target: (O,). passed: its Forward. shares: (K, I, J), from
    winner_shares. Returns Parameters.
    """
    out_delta = output_delta(passed.out_a, target)
    unpooled = unpool(pooled_gradient(out_delta, parameters.out_w), shares)
    conv_delta = unpooled * sigmoid_slope(passed.conv_a)
    conv_part = filter_gradient(conv_delta, image)
    return Parameters(*conv_part, *output_gradient(out_delta, passed.pooled))


def outputs(images, parameters):
    """The outputs (N, O) of images (N, H, W). ValueError as forward, and for none."""
    images = as_floats("images", images, ("N", "H", "W"))
    return np.array([forward(image, parameters).out_a for image in images])


def part_by_part(operation, *several):
    """Parameters whose parts are operation(part, part, ...) of those given."""
    return Parameters(*map(operation, *several))


def gradient(images, targets, parameters, ties="share"):
    """The gradient of the cost of a batch, summed over its images.

    images: (N, H, W). targets: (N, O). ties: as in winner_shares. Returns Parameters.
    Raises ValueError where sizes do not fit, for nan, and for another rule.
    """
    images, targets, parameters = as_batch(images, targets, parameters)
    as_choice("ties", ties, TIES)
    total = part_by_part(np.zeros_like, parameters)
    for image, target in zip(images, targets):
        passed = forward(image, parameters)
        shares = winner_shares(passed.conv_a, passed.pooled, ties)
        one = backward(image, target, parameters, passed, shares)
        total = part_by_part(np.add, total, one)
    return total


def flat(parameters):
    """All numbers of Parameters (or of a gradient) in a row: (69,) in the course."""
    return np.concatenate([part.ravel() for part in parameters])


def update(parameters, gradient, learning_rate):
    """One step of gradient descent: w - learning_rate dC/dw, for every parameter."""
    return part_by_part(lambda w, g: w - learning_rate * g, parameters, gradient)


def train(
    images, targets, parameters, ties="share", epochs=50, learning_rate=0.1, by=gradient
):
    """Full-batch gradient descent.

    by: the function that finds the gradient, called as gradient is.
    Returns a list of epochs + 1 Parameters: before the first epoch, then after each.
    Raises ValueError as gradient does, and for negative epochs or rate.
    """
    images, targets, parameters = as_batch(images, targets, parameters)
    epochs = as_whole("epochs", epochs, 0)
    learning_rate = as_positive("learning_rate", learning_rate)
    history = [parameters]
    for _ in range(epochs):
        step = by(images, targets, history[-1], ties)
        history.append(update(history[-1], step, learning_rate))
    return history


def accuracy(out_a, targets):
    """The share of images whose largest output is that of their class, a number.

    out_a, targets: (N, O). Raises ValueError where sizes differ, and for nan.
    """
    out_a = as_floats("out_a", out_a, ("N", "O"))
    targets = as_floats("targets", targets, out_a.shape)
    return np.mean(np.argmax(out_a, axis=1) == np.argmax(targets, axis=1))


def random_parameters(seed, spread=0.5):
    """A random start of the course's sizes: weights N(0, spread^2), biases 0."""
    rng = np.random.default_rng(seed)
    conv_w = rng.normal(0, spread, (3, 3, 3))
    out_w = rng.normal(0, spread, (3, 3, 2, 2))
    return Parameters(conv_w, np.zeros(3), out_w, np.zeros(3))
