"""Exercises to notebook 07, training."""

import numpy as np

from helpers.answers import Exercise
from helpers.arrays import gradient, outputs, train
from helpers.data import load_digits
from helpers.network import (
    Parameters,
    accuracy,
    cost,
    part_by_part,
    random_parameters,
    update,
)

_rng = np.random.default_rng(7)


def epoch(images, targets, parameters, learning_rate):
    """One gradient of the whole batch, and one update."""
    step = gradient(images, targets, parameters)
    return update(parameters, step, learning_rate)


def _image_by_image(images, targets, parameters, learning_rate):
    for n in range(len(images)):
        part = slice(n, n + 1)
        parameters = epoch(images[part], targets[part], parameters, learning_rate)
    return parameters


def _weights_only(images, targets, parameters, learning_rate):
    moved = epoch(images, targets, parameters, learning_rate)
    return moved._replace(conv_b=parameters.conv_b, out_b=parameters.out_b)


def _step_only(images, targets, parameters, learning_rate):
    moved = epoch(images, targets, parameters, learning_rate)
    return part_by_part(np.subtract, moved, parameters)


def _batches():
    for image, filters, out in (
        ((6, 6), (3, 3, 3), (3, 3, 2, 2)),
        ((5, 7), (2, 2, 2), (2, 2, 2, 3)),
        ((4, 4), (1, 3, 3), (4, 1, 1, 1)),
    ):
        shapes = filters, filters[:1], out, out[:1]
        parameters = Parameters(*(_rng.normal(size=shape) for shape in shapes))
        targets = np.eye(out[0])[_rng.integers(0, out[0], size=5)]
        # Of 0 and 1, mostly 0: equal windows, so that winners tie.
        images = 1.0 * (_rng.uniform(size=(5, *image)) < 0.2)
        yield images, targets, parameters, 0.2


def while_it_falls(images, targets, parameters, learning_rate, most):
    """Epochs until the next one would not lower the cost: the parameters, the count."""
    return _stopped(images, targets, parameters, learning_rate, most)[:2]


def _stopped(images, targets, parameters, learning_rate, most, goes_on=None):
    """Parameters and epochs before the stop, and the parameters that made it stop.

    goes_on: takes the costs and accuracies so far, says whether to go on. Without a
    stop both parameters are the same.
    """
    goes_on = goes_on or (lambda costs, right: costs[-1] < costs[-2])
    history, costs, right = [parameters], [], []
    for _ in range(most + 1):
        out_a = outputs(images, history[-1])
        costs.append(cost(out_a, targets))
        right.append(accuracy(out_a, targets))
        if len(costs) > 1 and not goes_on(costs, right):
            return history[-2], len(costs) - 2, history[-1]
        history.append(epoch(images, targets, history[-1], learning_rate))
    return history[-2], most, history[-2]


def _answers(result):
    """A way to train that returns something else of what _stopped knows."""
    return lambda *case: result(*_stopped(*case))


def _lowest(images, targets, parameters, learning_rate, most):
    history = train(images, targets, parameters, "share", most, learning_rate)
    best = np.argmin([cost(outputs(images, each), targets) for each in history])
    return history[best], int(best)


def _goes_on(rule):
    return lambda *case: _stopped(*case, rule)[:2]


def _runs():
    """A cost that never rises, one that rises after 8, after 1, at once."""
    digits = load_digits()
    for start, rate, jump, most in (
        (1, 0.3, 6, 5),
        (0, 0.6, 6, 15),
        (2, 1.2, 6, 15),
        (3, 1.2, 6, 15),
    ):
        some = digits.images[::jump], digits.targets[::jump]
        yield *some, random_parameters(start), rate, most


EXERCISES = {
    "07.1 what a step promises": Exercise(
        -0.010604,
        {
            "a minus lost: against the gradient the cost falls": 0.010604,
            "the learning rate forgotten": -0.021208,
            "the learning rate squared": -0.005302,
            "the length of the gradient where its square belongs": -0.07282,
            "the derivatives added up; their squares belong there": -0.06615,
            "a - y alone: the sigmoid's slope is missing": -0.7553,
            "one output only; three biases move": -0.00033,
            "the measured change; to first order it is a little less": -0.010679,
        },
        "notebook 07, section 1",
        within=5e-3,
    ),
    "07.2 one epoch": Exercise(
        epoch,
        {
            "uphill: the gradient added where it is subtracted": (
                lambda x, y, p, rate: epoch(x, y, p, -rate)
            ),
            "a mean over the images where a sum belongs": (
                lambda x, y, p, rate: epoch(x, y, p, rate / len(x))
            ),
            "an update after each image; one for all": _image_by_image,
            "the gradient of the last image only": (
                lambda x, y, p, rate: epoch(x[-1:], y[-1:], p, rate)
            ),
            "the learning rate forgotten": lambda x, y, p, rate: epoch(x, y, p, 1.0),
            "the biases left as they were": _weights_only,
            "each tied winner gets all: ties doubled": (
                lambda x, y, p, rate: update(p, gradient(x, y, p, "all"), rate)
            ),
            "the step alone; it is added to the parameters": _step_only,
        },
        "notebook 07, section 1, and notebook 05, section 4",
        cases=tuple(_batches()),
    ),
    "07.3 accuracy": Exercise(
        accuracy,
        {
            "the number of right answers, not their share": (
                lambda a, y: accuracy(a, y) * len(a)
            ),
            "percent, not a share": lambda a, y: accuracy(a, y) * 100,
            "divided by the number of outputs, not of images": (
                lambda a, y: accuracy(a, y) / a.shape[1]
            ),
            "the wrong axis: the largest along the images": (
                lambda a, y: accuracy(a.T, y.T)
            ),
            "no axis: a single answer for all images": (
                lambda a, y: np.mean(np.argmax(a) == np.argmax(y))
            ),
            "the share of wrong answers": lambda a, y: 1 - accuracy(a, y),
            "the smallest output where the largest answers": (
                lambda a, y: accuracy(-a, y)
            ),
            "outputs rounded and counted one by one; an image is one answer": (
                lambda a, y: np.mean(np.round(a) == y)
            ),
            "an answer only where an output is above 1/2; the largest answers": (
                lambda a, y: np.mean(np.all(np.round(a) == y, axis=1))
            ),
        },
        "notebook 07, section 2",
        cases=tuple(
            (_rng.uniform(size=(n, o)), np.eye(o)[_rng.integers(0, o, size=n)])
            for n, o in ((17, 3), (9, 2), (23, 4))
        ),
    ),
    "07.4 stop where the cost rises": Exercise(
        while_it_falls,
        {
            "it never stops before the last epoch": _goes_on(lambda c, right: True),
            "the parameters after the rise; those before it are asked": (
                _answers(lambda kept, epochs, last: (last, epochs))
            ),
            "parameters and number of the epoch that was one too many": (
                _answers(lambda kept, epochs, last: (last, epochs + (last is not kept)))
            ),
            "the epoch that raised the cost is counted": (
                _answers(lambda kept, epochs, last: (kept, epochs + (last is not kept)))
            ),
            "one epoch too few is counted where the cost never rises": (
                _answers(lambda kept, epochs, last: (kept, epochs - (last is kept)))
            ),
            "the lowest of all epochs; the first rise ends it": _lowest,
            "compared with the first cost, not with the one before": (
                _goes_on(lambda c, right: c[-1] < c[0])
            ),
            "it stops where the cost falls": _goes_on(lambda c, right: c[-1] > c[-2]),
            "it stops where the accuracy falls, not where the cost rises": (
                _goes_on(lambda c, right: right[-1] >= right[-2])
            ),
        },
        "notebook 07, section 3",
        cases=tuple(_runs()),
        within=1e-8,
    ),
    "07.5 an epoch that learns, and is wrong": Exercise(
        "conv_b mean",
        {
            "the right array; now say sign or mean": "conv_b",
            "the right array, but it moves downhill, only too little": ("conv_b sign"),
        }
        | {
            f"{name} {word}, but moved alone {name} lowers the cost as predicted": (
                f"{name} {word}"
            )
            for name in Parameters._fields
            if name != "conv_b"
            for word in ("sign", "mean")
        },
        "notebook 07, section 1, and move one array at a time",
    ),
}
