"""Exercises to notebook 05, the gradients."""

import numpy as np

from helpers.answers import Exercise
from helpers.network import (
    Parameters,
    filter_gradient,
    forward,
    gradient,
    output_delta,
    output_gradient,
    part_by_part,
    pooled_gradient,
    sigmoid_slope,
    unpool,
    winners,
)

_rng = np.random.default_rng(5)


def _deltas():
    for maps, image in (((3, 4, 4), (6, 6)), ((2, 3, 5), (4, 8)), ((1, 4, 2), (7, 3))):
        yield _rng.normal(size=maps), _rng.normal(size=image)


def _batches():
    for count, image, filters, output in (
        (3, (6, 6), (3, 3, 3), (3, 3, 2, 2)),
        (2, (5, 8), (3, 2, 3), (2, 3, 2, 3)),
        (4, (5, 4), (2, 3, 2), (3, 2, 1, 1)),
    ):
        shapes = (count, *image), filters, filters[:1], output, output[:1]
        images, *parts = (_rng.normal(size=shape) for shape in shapes)
        targets = np.eye(output[0])[np.arange(count) % output[0]]
        yield images, targets, Parameters(*parts)


def _window_swapped(conv_delta, image):
    """The window at (j, i) where that at (i, j) belongs: an error if maps are long."""
    conv_w, conv_b = filter_gradient(conv_delta, image)
    conv_w, (rows, columns) = np.zeros_like(conv_w), conv_w.shape[1:]
    for k, i, j in np.ndindex(conv_delta.shape):
        window = image[j : j + rows, i : i + columns]
        conv_w[k] += conv_delta[k, i, j] * window
    return conv_w, conv_b


def _last_window(conv_delta, image):
    conv_w, conv_b = filter_gradient(conv_delta, image)
    rows, columns = conv_w.shape[1:]
    return conv_delta[:, -1:, -1:] * image[-rows:, -columns:], conv_b


def _swapped(conv_delta, image):
    """Rows and columns of the filters swapped: an error where they are not square."""
    conv_w, conv_b = filter_gradient(conv_delta, image)
    return np.zeros_like(conv_w) + conv_w.swapaxes(1, 2), conv_b


def _other_bias(bias_of):
    return lambda delta, x: (filter_gradient(delta, x)[0], bias_of(delta))


def _backward(
    image, target, parameters, delta=output_delta, out_w=np.copy, slope=sigmoid_slope
):
    """backward, with one factor of the way back exchanged."""
    passed = forward(image, parameters)
    out_delta = delta(passed.out_a, target)
    reaching = pooled_gradient(out_delta, out_w(parameters.out_w))
    conv_delta = unpool(reaching, winners(passed.conv_a, passed.pooled))
    conv_part = filter_gradient(conv_delta * slope(passed.conv_a), image)
    return Parameters(*conv_part, *output_gradient(out_delta, passed.pooled))


def _batch(**exchanged):
    def total(images, targets, parameters):
        each = [
            _backward(x, y, parameters, **exchanged) for x, y in zip(images, targets)
        ]
        return part_by_part(lambda *parts: np.sum(parts, axis=0), *each)

    return total


def _without(*names):
    def rest(images, targets, parameters):
        found = gradient(images, targets, parameters)
        return found._replace(**{n: 0 * getattr(found, n) for n in names})

    return rest


def _mean(images, targets, parameters):
    found = gradient(images, targets, parameters)
    return part_by_part(lambda part: part / len(images), found)


EXERCISES = {
    "05.1 a shared weight": Exercise(
        0.028168,
        {
            "row and column of the weight swapped": -0.114492,
            "row and column of the place swapped": 0.026386,
            "a filter that is turned round": -0.131944,
            "the first place alone; the weight stands at sixteen": 0.022810,
            "a mean over the sixteen places where a sum belongs": 0.0017605,
            "the sum of all deltas, which is the bias": -0.109134,
            "the pixels alone: the deltas are missing": 3.0,
        },
        "notebook 05, section 2",
        within=5e-3,
    ),
    "05.2 the gradient of the filters": Exercise(
        filter_gradient,
        {
            "a filter that is turned round": (
                lambda delta, x: (
                    filter_gradient(delta, x)[0][:, ::-1, ::-1],
                    filter_gradient(delta, x)[1],
                )
            ),
            "row and column of the window swapped": _window_swapped,
            "rows and columns of the filter swapped": _swapped,
            "a mean over the places where a sum belongs": (
                lambda delta, x: tuple(
                    part / delta[0].size for part in filter_gradient(delta, x)
                )
            ),
            "weights that are a mean over the places where a sum belongs": (
                lambda delta, x: (
                    filter_gradient(delta, x)[0] / delta[0].size,
                    filter_gradient(delta, x)[1],
                )
            ),
            "the last window alone: = where += belongs": _last_window,
            "the bias forgotten; it meets a 1 at every place": (
                _other_bias(lambda delta: np.zeros(len(delta)))
            ),
            "one bias for all; each filter has its own": _other_bias(np.sum),
            "a bias summed along the wrong axis, over the filters": (
                _other_bias(lambda delta: np.sum(delta, axis=0))
            ),
            "a bias that is a mean where a sum belongs": (
                _other_bias(lambda delta: np.mean(delta, axis=(1, 2)))
            ),
        },
        "notebook 05, section 2",
        cases=tuple(_deltas()),
    ),
    "05.3 the gradient of a batch": Exercise(
        gradient,
        {
            "a mean over the images where a sum belongs": _mean,
            "the last image alone: = where += belongs": (
                lambda x, y, p: gradient(x[-1:], y[-1:], p)
            ),
            "y - a for a - y": _batch(delta=lambda a, y: output_delta(a, y) * -1),
            "the sigmoid's slope is missing in the output delta": (
                _batch(delta=np.subtract)
            ),
            "the sigmoid's slope is missing in the convolution delta": (
                _batch(slope=np.ones_like)
            ),
            "weights transposed on the way back: neurons and filters exchanged": (
                _batch(out_w=lambda w: np.swapaxes(w, 0, 1))
            ),
            "the biases of the filters forgotten": _without("conv_b"),
            "the biases of the outputs forgotten": _without("out_b"),
            "all biases forgotten": _without("conv_b", "out_b"),
        },
        "notebook 05, sections 3 and 4",
        cases=tuple(_batches()),
    ),
    "05.4 the line that is wrong": Exercise(
        "c",
        {
            "a, but measure: the derivatives of the filters are right": "a",
            "b, but measure: the derivatives of the filters are right": "b",
            "d, but all other derivatives start from this delta, and are right": "d",
            "e, but measure: the derivatives of the filters are right": "e",
            "f, but measure: the derivatives of the filters are right": "f",
            "g, but measure: the derivatives of the filters are right": "g",
            "h, but delta is right for a bias; ask why what was measured is 0": "h",
        },
        "notebook 05, section 1, and what its check compares with what",
    ),
    "05.5 filters that start alike": Exercise(
        25,
        {
            "three filters that differ; nothing ever makes them differ": 69,
            "one filter, but output weights that differ from map to map; the maps are "
            "alike": 49,
            "the biases forgotten": 21,
            "the output layer forgotten": 10,
            "one bias for three neurons; their targets differ": 23,
            "all three neurons alike; their targets differ": 15,
        },
        "notebook 05, sections 1 to 3",
    ),
}
