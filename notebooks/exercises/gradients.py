"""Exercises to notebook 05, the gradients."""

import numpy as np

from exercises import random_cases
from helpers import network
from helpers.answers import Exercise, outcome
from helpers.network import Parameters, filter_gradient, gradient, part_by_part

WRONG_NUMBERS = {
    "row and column of the weight swapped": -0.114492,
    "row and column of the place swapped": 0.026386,
    "a filter that is turned round": -0.131944,
    "the first place alone; the weight stands at sixteen": 0.022810,
    "a mean over the sixteen places where a sum belongs": 0.0017605,
    "the sum of all deltas, which is the bias": -0.109134,
    "the pixels alone: the deltas are missing": 3.0,
}
WRONG_LINES = {
    **{
        f"{line}, but measure: the derivatives of the filters are right": line
        for line in "abefg"
    },
    "d, but all other derivatives start from this delta, and are right": "d",
    "h, but delta is right for a bias; ask why what was measured is 0": "h",
}
WRONG_COUNTS = {
    "three filters that differ; nothing ever makes them differ": 69,
    "one filter, but output weights that differ from map to map; the maps are "
    "alike": 49,
    "the biases forgotten": 21,
    "the output layer forgotten": 10,
    "one bias for three neurons; their targets differ": 23,
    "all three neurons alike; their targets differ": 15,
}

BATCHES = tuple(
    (images, 1.0 * (targets > 0), Parameters(*parts))
    for images, targets, *parts in random_cases(
        ((3, 6, 6), (3, 3), (3, 3, 3), (3,), (3, 3, 2, 2), (3,)),
        ((2, 5, 8), (2, 2), (3, 2, 3), (3,), (2, 3, 2, 3), (2,)),
        ((4, 5, 4), (4, 3), (2, 3, 2), (2,), (3, 2, 1, 1), (3,)),
    )
)


def _window_swapped(conv_delta, image):
    """The window at (j, i) where that at (i, j) belongs: an error if maps are long."""
    conv_w = np.zeros_like(filter_gradient(conv_delta, image)[0])
    _, rows, columns = conv_w.shape
    for k, i, j in np.ndindex(conv_delta.shape):
        window = image[j : j + rows, i : i + columns]
        conv_w[k] += conv_delta[k, i, j] * window
    return conv_w, conv_delta.sum(axis=(1, 2))


def _filter_swapped(conv_delta, image):
    """Rows and columns of the filters swapped: an error where they are not square."""
    conv_w, conv_b = filter_gradient(conv_delta, image)
    return 0 * conv_w + conv_w.swapaxes(1, 2), conv_b


def _wrong_filters(delta, x):
    conv_w, conv_b = filter_gradient(delta, x)
    size, (_, rows, columns) = delta[0].size, conv_w.shape
    mean_w, mean_b = conv_w / size, conv_b / size
    last_window = delta[:, -1:, -1:] * x[-rows:, -columns:]
    return {
        "a filter that is turned round": (conv_w[:, ::-1, ::-1], conv_b),
        "row and column of the window swapped": outcome(_window_swapped, delta, x),
        "rows and columns of the filter swapped": outcome(_filter_swapped, delta, x),
        "a mean over the places where a sum belongs": (mean_w, mean_b),
        "weights that are a mean over the places where a sum belongs": (mean_w, conv_b),
        "the last window alone: = where += belongs": (last_window, conv_b),
        "the bias forgotten; it meets a 1 at every place": (conv_w, 0 * conv_b),
        "one bias for all; each filter has its own": (conv_w, np.sum(delta)),
        "a bias summed along the wrong axis, over the filters": (conv_w, sum(delta)),
        "a bias that is a mean where a sum belongs": (conv_w, mean_b),
    }


def _backward(image, target, parameters, delta=None, slope=None, turn=np.copy):
    """network.backward, with one factor of the way back exchanged."""
    delta, slope = delta or network.output_delta, slope or network.sigmoid_slope
    passed = network.forward(image, parameters)
    out_delta = delta(passed.out_a, target)
    reaching = network.pooled_gradient(out_delta, turn(parameters.out_w))
    shares = network.winners(passed.conv_a, passed.pooled)
    conv_delta = network.unpool(reaching, shares) * slope(passed.conv_a)
    conv_part = filter_gradient(conv_delta, image)
    return Parameters(*conv_part, *network.output_gradient(out_delta, passed.pooled))


def _wrong_batches(images, targets, parameters):
    right = gradient(images, targets, parameters)
    no_conv_b, no_out_b = 0 * right.conv_b, 0 * right.out_b

    def total(**exchanged):
        each = [
            _backward(*one, parameters, **exchanged) for one in zip(images, targets)
        ]
        return part_by_part(lambda *parts: np.sum(parts, axis=0), *each)

    return {
        "a mean over the images where a sum belongs": (
            part_by_part(lambda part: part / len(images), right)
        ),
        "the last image alone: = where += belongs": (
            gradient(images[-1:], targets[-1:], parameters)
        ),
        "y - a for a - y": part_by_part(np.negative, right),
        "the sigmoid's slope is missing in the output delta": total(delta=np.subtract),
        "the sigmoid's slope is missing in the convolution delta": (
            total(slope=np.ones_like)
        ),
        "weights transposed on the way back: neurons and filters exchanged": (
            outcome(lambda: total(turn=lambda w: w.swapaxes(0, 1)))
        ),
        "the biases of the filters forgotten": right._replace(conv_b=no_conv_b),
        "the biases of the outputs forgotten": right._replace(out_b=no_out_b),
        "all biases forgotten": right._replace(conv_b=no_conv_b, out_b=no_out_b),
    }


EXERCISES = {
    "05.1 a shared weight": Exercise(
        0.028168, WRONG_NUMBERS, "notebook 05, section 2", within=5e-3
    ),
    "05.2 the gradient of the filters": Exercise(
        filter_gradient,
        _wrong_filters,
        "notebook 05, section 2",
        random_cases(((3, 4, 4), (6, 6)), ((2, 3, 5), (4, 8)), ((1, 4, 2), (7, 3))),
    ),
    "05.3 the gradient of a batch": Exercise(
        gradient, _wrong_batches, "notebook 05, sections 3 and 4", BATCHES
    ),
    "05.4 the line that is wrong": Exercise(
        "c",
        WRONG_LINES,
        "notebook 05, section 1, and what its check compares with what",
    ),
    "05.5 filters that start alike": Exercise(
        25, WRONG_COUNTS, "notebook 05, sections 1 to 3"
    ),
}
