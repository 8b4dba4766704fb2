"""State in, numbers out: what the instruments of helpers.widgets show, before it is drawn.

Every function raises ValueError, in words for the reader, where there is nothing to compute.
"""

import itertools
from typing import NamedTuple

import numpy as np

from helpers import network
from helpers.arrays import gradient, outputs, train
from helpers.data import CLASSES
from helpers.network import Forward, Parameters

REACH = 4.0
NEAR = 1e-6
MOST_EPOCHS = 10_000
SYMBOLS = {"conv_w": "w^F", "conv_b": "b^F", "out_w": "w^O", "out_b": "b^O"}


def finite(what, values, dimensions):
    """An array of finite numbers with so many dimensions, from anything that looks like one. Raises ValueError for anything else."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"expected {what} to be numbers") from None
    if array.ndim != dimensions:
        raise ValueError(f"expected {what} to have {dimensions} dimensions, found the shape {array.shape}")
    if not array.size or not np.all(np.isfinite(array)):
        raise ValueError(f"expected {what} to be finite numbers, found none, or nan or infinity among them")
    return array


def whole(what, value, low, high):
    """A whole number from low to high. Raises ValueError for anything else."""
    if not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ValueError(f"expected {what} to be a whole number from {low} to {high}, found {value!r}")
    return int(value)


def checked(image, parameters):
    """An image (H, W) and Parameters as finite arrays whose sizes fit together. Raises ValueError where they are not."""
    image = finite("the image", image, 2)
    dimensions = (("conv_w", 3), ("conv_b", 1), ("out_w", 4), ("out_b", 1))
    parameters = Parameters(*(finite(name, part, n) for part, (name, n) in zip(parameters, dimensions)))
    network.pool_side(image.shape, parameters)
    return image, parameters


class Step(NamedTuple):
    """One step of a convolution (phase "slide") or of the pooling after it (phase "pool").

    place: (i, j) of the window or (u, v) of the block. window, weights, products: (Fr, Fc); z, a: numbers (of the block's
    last entry in phase "pool"). conv_a (I, J), pooled (U, V): nan where not reached yet. won: (I, J) winners of the blocks
    reached so far.
    """

    phase: str
    place: tuple
    image: np.ndarray
    window: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    bias: float
    z: float
    a: float
    conv_a: np.ndarray
    pooled: np.ndarray
    won: np.ndarray


def stepper_steps(image, conv_w, side=2):
    """How many windows, and how many pool blocks after them, there are for an image (H, W) and filters (K, Fr, Fc)."""
    rows, columns = image.shape[0] - conv_w.shape[1] + 1, image.shape[1] - conv_w.shape[2] + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"the filter of {conv_w.shape[1]} x {conv_w.shape[2]} does not fit into the image of {image.shape[0]} x {image.shape[1]}")
    return rows * columns, 0 if rows % side or columns % side else (rows // side) * (columns // side)


def stepper_state(image, conv_w, conv_b, k, step, side=2):
    """The numbers of one step of filter k over an image, row by row; after the last window, one pool block a step.

    image: (H, W). conv_w: (K, Fr, Fc). conv_b: (K,). step: from 0. Feature maps that do not split into blocks are not
    pooled. Returns Step. Raises ValueError for what is not finite or does not fit, and for a step beyond the last.
    """
    image, conv_w, conv_b = finite("the image", image, 2), finite("the filters", conv_w, 3), finite("the biases", conv_b, 1)
    windows, blocks = stepper_steps(image, conv_w, side)
    step, k = whole("the step", step, 0, windows + blocks - 1), whole("the filter", k, 0, len(conv_w) - 1)
    weights, bias = conv_w[k], conv_b[k]
    conv_z = network.convolve(image, conv_w[[k]], conv_b[[k]])
    full = network.sigmoid(conv_z)
    pooled = network.pool(full, side)
    won = network.winners(full, pooled)[0] if blocks else np.zeros(full[0].shape, dtype=bool)
    i, j = np.unravel_index(min(step, windows - 1), full[0].shape)
    window = image[i:i + len(weights), j:j + weights.shape[1]]
    conv_a, maxima = np.full(full[0].shape, np.nan), np.full(pooled[0].shape if blocks else (0, 0), np.nan)
    conv_a.flat[:step + 1] = full[0].flat[:step + 1]
    done = max(step - windows + 1, 0)
    maxima.flat[:done] = pooled[0].flat[:done]
    reached = np.kron(~np.isnan(maxima), np.ones((side, side), dtype=bool)) if blocks else False
    phase, place = ("slide", (i, j)) if step < windows else ("pool", np.unravel_index(step - windows, maxima.shape))
    return Step(phase, tuple(int(n) for n in place), image, window, weights, weights * window, float(bias), float(conv_z[0, i, j]),
                float(full[0, i, j]), conv_a, maxima, won & reached)


class Answer(NamedTuple):
    """The network's answer to an image (H, W): every array of the forward pass, winners (K, I, J), the class predicted."""

    image: np.ndarray
    passed: Forward
    won: np.ndarray
    predicted: int


def forward_state(image, parameters):
    """The numbers of the forward pass of one image (H, W). Returns Answer. Raises ValueError: not finite, sizes do not fit."""
    image, parameters = checked(image, parameters)
    passed = network.forward(image, parameters)
    return Answer(image, passed, network.winners(passed.conv_a, passed.pooled), CLASSES[np.argmax(passed.out_a)])


class Flow(NamedTuple):
    """One image's backward pass, one array a factor of the chain rule.

    out_delta (O,); reaches = dC/dp (K, U, V); shares (K, I, J); conv_a_gradient = dC/da^F, slope = sigma', conv_delta,
    all (K, I, J); conv_w_gradient (K, Fr, Fc), conv_b_gradient (K,).
    """

    image: np.ndarray
    target: np.ndarray
    passed: Forward
    out_w: np.ndarray
    out_delta: np.ndarray
    reaches: np.ndarray
    shares: np.ndarray
    conv_a_gradient: np.ndarray
    slope: np.ndarray
    conv_delta: np.ndarray
    conv_w_gradient: np.ndarray
    conv_b_gradient: np.ndarray


def backward_state(image, target, parameters, ties):
    """The numbers of the backward pass of one image (H, W) with its target (O,), under a tie rule.

    Returns Flow. Raises ValueError: not finite, sizes do not fit, no such rule.
    """
    image, parameters = checked(image, parameters)
    passed = network.forward(image, parameters)
    side = network.pool_side(image.shape, parameters)
    shares = network.winner_shares(network.winners(passed.conv_a, passed.pooled), ties, side)
    out_delta = network.output_delta(passed.out_a, target)
    reaches = network.pooled_gradient(out_delta, parameters.out_w)
    conv_delta = network.convolution_delta(out_delta, parameters.out_w, passed.conv_a, shares)
    return Flow(image, target, passed, parameters.out_w, out_delta, reaches, shares, np.kron(reaches, np.ones((1, side, side))) * shares,
                network.sigmoid_slope(passed.conv_a), conv_delta, *network.filter_gradient(conv_delta, image))


class History(NamedTuple):
    """A training run, from before the first epoch on: parameters (E + 1 of them), out_a (E + 1, N, O), costs, accuracies (E + 1,)."""

    parameters: list
    out_a: np.ndarray
    costs: np.ndarray
    accuracies: np.ndarray


def training_state(images, targets, parameters, ties, learning_rate, epochs=50, progress=lambda: None):
    """Train, and note what each epoch left. progress is called after each epoch.

    images: (N, H, W). targets: (N, O). ties: the tie rule. Returns History. Raises ValueError: epochs not a whole number from
    1 on, not finite, sizes do not fit.
    """
    epochs = whole("epochs", epochs, 1, MOST_EPOCHS)
    images, learning_rate = finite("the images", images, 3), float(finite("the learning rate", learning_rate, 0))
    history = [checked(images[0], parameters)[1]]
    for _ in range(epochs):
        history.append(train(images, targets, history[-1], ties, epochs=1, learning_rate=learning_rate)[-1])
        progress()
    out_a = np.array([outputs(images, step) for step in history])
    costs = np.array([network.squared_error(a, targets) for a in out_a])
    return History(history, out_a, costs, np.array([network.accuracy(a, targets) for a in out_a]))


def shifted(image, down, right):
    """An image (H, W) moved by whole pixels; what leaves is lost, what comes in is 0."""
    rows, columns = image.shape
    padded = np.pad(image, ((rows, rows), (columns, columns)))
    return padded[rows - down:2 * rows - down, columns - right:2 * columns - right]


def weight_places(parameters):
    """Where each weight and bias is: a dict from its name, like w^F_1[0, 2], to (name of the array, index)."""
    places = {}
    for field, part in zip(parameters._fields, parameters):
        for index in np.ndindex(part.shape):
            inside = f"[{', '.join(map(str, index[1:]))}]" if len(index) > 1 else ""
            places[f"{SYMBOLS[field]}_{index[0]}{inside}"] = (field, index)
    return places


def with_weight(parameters, place, value):
    """Parameters with one weight or bias changed. place: (name of the array, index)."""
    field, index = place
    part = getattr(parameters, field).copy()
    part[index] = value
    return parameters._replace(**{field: part})


def kinks(images, parameters, place, low, high):
    """Where, moving one weight from low to high, other windows of a pool block start to win. Returns sorted values.

    As a function of the filter weight w at [r, c], the weighted input of a window is c + w x, with x the pixel under the
    weight: a straight line. Two lines of a block change places where they cross; that is a kink of the maximum where both
    are the largest of the block. Biases and output weights move no window past another.
    """
    field, (k, *at) = place
    if field != "conv_w":
        return np.zeros(0)
    side, found = network.pool_side(images[0].shape, parameters), []
    still = with_weight(parameters, place, 0.0)
    for image in images:
        rest = network.convolve(image, still.conv_w[[k]], still.conv_b[[k]])[0]
        pixels = image[at[0]:at[0] + rest.shape[0], at[1]:at[1] + rest.shape[1]]
        for u, v in np.ndindex(rest.shape[0] // side, rest.shape[1] // side):
            block = (slice(u * side, (u + 1) * side), slice(v * side, (v + 1) * side))
            fixed, slopes = rest[block].ravel(), pixels[block].ravel()
            for one, two in itertools.combinations(range(side * side), 2):
                if slopes[one] != slopes[two]:
                    w = (fixed[one] - fixed[two]) / (slopes[two] - slopes[one])
                    if low < w < high and fixed[one] + w * slopes[one] >= np.max(fixed + w * slopes) - 1e-9:
                        found.append(w)
    return np.unique(np.round(found, 9))


class Curve(NamedTuple):
    """The cost along one weight: values (G,), costs (G,), and the values at the kinks."""

    values: np.ndarray
    costs: np.ndarray
    kinks: np.ndarray


def curve_state(images, targets, parameters, place, points=121):
    """The cost of images (N, H, W) with targets (N, O) for values of one weight within REACH of its own. Returns Curve."""
    images, parameters = finite("the images", images, 3), checked(images[0], parameters)[1]
    value = getattr(parameters, place[0])[place[1]]
    corners = kinks(images, parameters, place, value - REACH, value + REACH)
    values = np.sort(np.concatenate([np.linspace(value - REACH, value + REACH, points), corners]))
    costs = [network.squared_error(outputs(images, with_weight(parameters, place, w)), targets) for w in values]
    return Curve(values, np.array(costs), corners)


class Tangent(NamedTuple):
    """One point of such a curve: value of the weight, cost, derived slope by the tie rule, slope measured by differences.

    kink: the nearest kink, or nan; its cost, and the derived slopes just left and right of it.
    """

    value: float
    cost: float
    derived: float
    measured: float
    kink: float
    kink_cost: float
    left: float
    right: float


def tangent_state(images, targets, parameters, place, value, ties, corners):
    """The cost and its slopes where one weight has some value. corners: the kinks of the curve. Returns Tangent.

    At a kink only windows with the same pixels tie just left and just right of it, so there the rule "first" is the derivative.
    """
    field, index = place

    def cost(w):
        return float(network.squared_error(outputs(images, with_weight(parameters, place, w)), targets))

    def slope(w, rule):
        return float(getattr(gradient(images, targets, with_weight(parameters, place, w), rule), field)[index])

    measured = (cost(value + NEAR) - cost(value - NEAR)) / (2 * NEAR)
    kink = float(corners[np.argmin(np.abs(corners - value))]) if len(corners) else np.nan
    around = (cost(kink), slope(kink - NEAR, "first"), slope(kink + NEAR, "first")) if len(corners) else (np.nan,) * 3
    return Tangent(float(value), cost(value), slope(value, ties), measured, kink, *around)
