"""The network and its gradients, one function a formula, in loops, as the notebooks derive them.

Notation: K filters of Fr x Fc weights slide over an image of H x W pixels; a pool block is `side` x `side`;
O output neurons. In the course K = 3, Fr = Fc = 3, H = W = 6, side = 2, O = 3.
"""

from typing import NamedTuple

import numpy as np

TIES = ("all", "share", "first")


class Parameters(NamedTuple):
    """The 69 numbers the network learns; a gradient with respect to them has the same type.

    conv_w: (K, Fr, Fc) filters w^F. conv_b: (K,) filter biases b^F.
    out_w: (O, K, U, V) output weights w^O. out_b: (O,) output biases b^O.
    """

    conv_w: np.ndarray
    conv_b: np.ndarray
    out_w: np.ndarray
    out_b: np.ndarray


class Forward(NamedTuple):
    """Every array of the forward pass of one image: conv_z, conv_a (K, I, J), pooled (K, U, V), out_z, out_a (O,)."""

    conv_z: np.ndarray
    conv_a: np.ndarray
    pooled: np.ndarray
    out_z: np.ndarray
    out_a: np.ndarray


def sigmoid(z):
    """The sigmoid, 1 / (1 + exp(-z)), entry by entry. z: any shape. Returns the same shape, between 0 and 1."""
    return 1.0 / (1.0 + np.exp(-z))


def convolve(image, conv_w, conv_b):
    """Weighted inputs of the convolution layer: z[k, i, j] = sum over r, c of w[k, r, c] x[i+r, j+c], plus b[k].

    image: (H, W). conv_w: (K, Fr, Fc). conv_b: (K,). Returns conv_z: (K, H-Fr+1, W-Fc+1).
    """
    filters, filter_rows, filter_columns = conv_w.shape
    rows, columns = image.shape[0] - filter_rows + 1, image.shape[1] - filter_columns + 1
    conv_z = np.zeros((filters, rows, columns))
    for k in range(filters):
        for i in range(rows):
            for j in range(columns):
                window = image[i:i + filter_rows, j:j + filter_columns]
                conv_z[k, i, j] = np.sum(conv_w[k] * window) + conv_b[k]
    return conv_z


def pool(conv_a, side=2):
    """Pooled maps: p[k, u, v] = the largest entry of block (u, v) of a[k].

    conv_a: (K, I, J), I and J multiples of side. Returns pooled: (K, I/side, J/side).
    """
    filters, rows, columns = conv_a.shape
    pooled = np.zeros((filters, rows // side, columns // side))
    for k, u, v in np.ndindex(pooled.shape):
        block = conv_a[k, u * side:(u + 1) * side, v * side:(v + 1) * side]
        pooled[k, u, v] = np.max(block)
    return pooled


def fully_connect(pooled, out_w, out_b):
    """Weighted inputs of the output layer: z[o] = sum over k, u, v of w[o, k, u, v] p[k, u, v], plus b[o].

    pooled: (K, U, V). out_w: (O, K, U, V). out_b: (O,). Returns out_z: (O,).
    """
    out_z = np.zeros(len(out_b))
    for o in range(len(out_b)):
        out_z[o] = np.sum(out_w[o] * pooled) + out_b[o]
    return out_z


def pool_side(image_shape, parameters):
    """The side of a pool block, (H - Fr + 1) / U, when all sizes fit together.

    image_shape: (H, W). Raises ValueError, naming the sizes, where they do not fit.
    """
    conv_w, conv_b, out_w, out_b = parameters
    rows, columns = image_shape[0] - conv_w.shape[1] + 1, image_shape[1] - conv_w.shape[2] + 1
    side = max(rows // out_w.shape[2], 1)
    expected = (len(out_b), len(conv_b), rows // side, columns // side)
    if out_w.shape != expected or rows % side or columns % side or len(conv_w) != len(conv_b):
        raise ValueError(
            f"sizes do not fit: images {tuple(image_shape)}, conv_w {conv_w.shape}, conv_b {conv_b.shape}, "
            f"out_w {out_w.shape}, out_b {out_b.shape}; feature maps of {rows} x {columns} must split into "
            f"square pool blocks, one for each output weight"
        )
    return side


def forward(image, parameters):
    """The forward pass of one image. image: (H, W). Returns Forward. Raises ValueError where sizes do not fit."""
    side = pool_side(image.shape, parameters)
    conv_z = convolve(image, parameters.conv_w, parameters.conv_b)
    conv_a = sigmoid(conv_z)
    pooled = pool(conv_a, side)
    out_z = fully_connect(pooled, parameters.out_w, parameters.out_b)
    return Forward(conv_z, conv_a, pooled, out_z, sigmoid(out_z))


def outputs(images, parameters):
    """The outputs of many images, one at a time. images: (N, H, W). Returns out_a: (N, O)."""
    return np.array([forward(image, parameters).out_a for image in images])


def squared_error(out_a, target):
    """The cost C = 1/2 sum of (a - y)^2, summed over outputs and, where there is an axis for them, over images.

    out_a, target: (O,) or (N, O). Returns a number.
    """
    return 0.5 * np.sum((out_a - target) ** 2)


def sigmoid_slope(a):
    """The derivative of the sigmoid, written with its value a = sigmoid(z): a (1 - a). a: any shape."""
    return a * (1.0 - a)


def output_delta(out_a, target):
    """Output delta: dC/dz[o] = (a[o] - y[o]) a[o] (1 - a[o]). out_a, target: (O,) or (N, O). Returns the same shape."""
    return (out_a - target) * sigmoid_slope(out_a)


def pooled_gradient(out_delta, out_w):
    """What reaches the pooled maps: dC/dp[k, u, v] = sum over o of delta[o] w[o, k, u, v].

    out_delta: (O,). out_w: (O, K, U, V). Returns (K, U, V).
    """
    reaches = np.zeros(out_w.shape[1:])
    for k, u, v in np.ndindex(reaches.shape):
        for o in range(len(out_delta)):
            reaches[k, u, v] += out_delta[o] * out_w[o, k, u, v]
    return reaches


def winners(conv_a, pooled):
    """Which entries equal the maximum of their pool block (every one of them, where several tie).

    conv_a: (K, I, J). pooled: (K, U, V), from pool. Returns booleans (K, I, J).
    """
    side = conv_a.shape[1] // pooled.shape[1]
    won = np.zeros(conv_a.shape, dtype=bool)
    for k, i, j in np.ndindex(conv_a.shape):
        won[k, i, j] = conv_a[k, i, j] == pooled[k, i // side, j // side]
    return won


def convolution_delta(out_delta, out_w, conv_a, shares):
    """Convolution delta: dC/dz[k, i, j] = dC/dp[k, u, v] share[k, i, j] a[k, i, j] (1 - a[k, i, j]), (i, j) in block (u, v).

    out_delta: (O,). out_w: (O, K, U, V). conv_a: (K, I, J). shares: (K, I, J), from winners or winner_shares.
    Returns (K, I, J).
    """
    side = conv_a.shape[1] // out_w.shape[2]
    reaches = pooled_gradient(out_delta, out_w)
    conv_delta = np.zeros(conv_a.shape)
    for k, i, j in np.ndindex(conv_a.shape):
        a = conv_a[k, i, j]
        conv_delta[k, i, j] = reaches[k, i // side, j // side] * shares[k, i, j] * sigmoid_slope(a)
    return conv_delta


def output_gradient(out_delta, pooled):
    """One image's gradient of the output layer: dC/dw[o, k, u, v] = delta[o] p[k, u, v], dC/db[o] = delta[o].

    out_delta: (O,). pooled: (K, U, V). Returns (O, K, U, V) and (O,).
    """
    out_w_gradient = np.zeros((len(out_delta), *pooled.shape))
    for o in range(len(out_delta)):
        out_w_gradient[o] = out_delta[o] * pooled
    return out_w_gradient, out_delta.copy()


def filter_gradient(conv_delta, image):
    """One image's gradient of the filters: dC/dw[k, r, c] = sum over i, j of delta[k, i, j] x[i+r, j+c], dC/db[k] = sum of delta[k].

    conv_delta: (K, I, J). image: (H, W). Returns (K, H-I+1, W-J+1) and (K,).
    """
    filters, rows, columns = conv_delta.shape
    filter_rows, filter_columns = image.shape[0] - rows + 1, image.shape[1] - columns + 1
    conv_w_gradient = np.zeros((filters, filter_rows, filter_columns))
    for k, i, j in np.ndindex(conv_delta.shape):
        conv_w_gradient[k] += conv_delta[k, i, j] * image[i:i + filter_rows, j:j + filter_columns]
    return conv_w_gradient, conv_delta.sum(axis=(1, 2))


def backward(image, target, parameters, passed, shares):
    """One image's gradient of all parameters.

    image: (H, W). target: (O,). passed: its Forward. shares: (K, I, J), who gets how much of a pool block's delta.
    Returns Parameters.
    """
    out_delta = output_delta(passed.out_a, target)
    conv_delta = convolution_delta(out_delta, parameters.out_w, passed.conv_a, shares)
    return Parameters(*filter_gradient(conv_delta, image), *output_gradient(out_delta, passed.pooled))


def winner_shares(won, ties, side=2):
    """How much of a pool block's delta each entry gets, by the tie rule.

    won: (K, I, J) booleans, from winners. ties: "all" (every tied winner gets the whole delta: the published rule,
    no gradient where winners tie), "share" (equal shares) or "first" (the first winner, row by row). Returns (K, I, J).
    Raises ValueError for another rule.
    """
    if ties not in TIES:
        raise ValueError(f"expected ties to be one of {TIES}, found {ties!r}")
    shares = won.astype(float)
    for k, u, v in np.ndindex(len(won), won.shape[1] // side, won.shape[2] // side):
        block = shares[k, u * side:(u + 1) * side, v * side:(v + 1) * side]
        if ties == "share":
            block /= np.sum(block)
        if ties == "first":
            first = np.unravel_index(np.argmax(block), block.shape)
            block[:] = 0.0
            block[first] = 1.0
    return shares


def gradient(images, targets, parameters, ties):
    """The gradient of the cost of a batch, summed over its images, under a tie rule.

    images: (N, H, W). targets: (N, O). ties: as in winner_shares. Returns Parameters.
    """
    total = Parameters(*(np.zeros(part.shape) for part in parameters))
    for image, target in zip(images, targets):
        passed = forward(image, parameters)
        side = pool_side(image.shape, parameters)
        shares = winner_shares(winners(passed.conv_a, passed.pooled), ties, side)
        one = backward(image, target, parameters, passed, shares)
        total = Parameters(*(t + g for t, g in zip(total, one)))
    return total


def flat(parts):
    """All numbers of Parameters (or of a gradient) in one row: conv_w, conv_b, out_w, out_b, each row-major. Returns (69,) in the course."""
    return np.concatenate([part.ravel() for part in parts])


def update(parameters, slope, learning_rate):
    """One step of gradient descent: w - learning_rate dC/dw for every parameter. slope: the gradient. Returns Parameters."""
    return Parameters(*(w - learning_rate * g for w, g in zip(parameters, slope)))


def train(images, targets, parameters, ties, epochs=50, learning_rate=0.2):
    """Full-batch gradient descent. Returns a list of epochs + 1 Parameters: before the first epoch, then after each."""
    history = [parameters]
    for _ in range(epochs):
        slope = gradient(images, targets, history[-1], ties)
        history.append(update(history[-1], slope, learning_rate))
    return history


def accuracy(out_a, targets):
    """The share of images whose largest output is that of their class. out_a, targets: (N, O). Returns a number."""
    return np.mean(np.argmax(out_a, axis=1) == np.argmax(targets, axis=1))
