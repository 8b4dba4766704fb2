"""Exercises to notebook 07, training."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise
from helpers.arrays import gradient, outputs, train
from helpers.data import load_digits
from helpers.network import Parameters, accuracy, cost, random_parameters, update

WRONG_NUMBERS = {
    "a minus lost: against the gradient the cost falls": 0.010604,
    "the learning rate forgotten": -0.021208,
    "the learning rate squared": -0.005302,
    "the length of the gradient where its square belongs": -0.07282,
    "the derivatives added up; their squares belong there": -0.06615,
    "a - y alone: the sigmoid's slope is missing": -0.7553,
    "one output only; three biases move": -0.00033,
    "the measured change; to first order it is a little less": -0.010679,
}
WRONG_PARTS = {
    "the right array; now say sign or mean": "conv_b",
    "the right array, but it moves downhill, only too little": "conv_b sign",
    **{
        f"{name} {word}, but moved alone {name} lowers the cost as predicted": (
            f"{name} {word}"
        )
        for name in ("conv_w", "out_w", "out_b")
        for word in ("sign", "mean")
    },
}

# Images of 0 and 1, mostly 0: equal windows, so that winners tie.
BATCHES = tuple(
    (1.0 * (images > 0.8), 1.0 * (targets > 0), Parameters(*parts), 0.2)
    for images, targets, *parts in random_cases(
        ((5, 6, 6), (5, 3), (3, 3, 3), (3,), (3, 3, 2, 2), (3,)),
        ((5, 5, 7), (5, 2), (2, 2, 2), (2,), (2, 2, 2, 3), (2,)),
        ((5, 4, 4), (5, 4), (1, 3, 3), (1,), (4, 1, 1, 1), (4,)),
    )
)


def epoch(images, targets, parameters, learning_rate):
    """One gradient of the whole batch, and one update: Parameters.

    images: (N, H, W). targets: (N, O).
    """
    step = gradient(images, targets, parameters)
    return update(parameters, step, learning_rate)


def while_it_falls(images, targets, parameters, learning_rate, most):
    """Epochs until the next one would not lower the cost: the parameters, the count.

    images: (N, H, W). targets: (N, O). most: the most epochs.
    """
    lowest = cost(outputs(images, parameters), targets)
    for epochs in range(most):
        moved = epoch(images, targets, parameters, learning_rate)
        now = cost(outputs(images, moved), targets)
        if now >= lowest:
            return parameters, epochs
        parameters, lowest = moved, now
    return parameters, most


def _answered():
    """Outputs (N, O) between 0 and 1, one-hot targets (N, O)."""
    rng = np.random.default_rng(4)
    for n, o in ((17, 3), (9, 2), (23, 4)):
        yield rng.uniform(size=(n, o)), np.eye(o)[rng.integers(0, o, size=n)]


def _runs():
    """A cost that never rises, one that rises after 8, after 1, at once."""
    digits = load_digits()
    some = digits.images[::6], digits.targets[::6]
    for start, rate, most in ((1, 0.3, 5), (0, 0.6, 15), (2, 1.2, 15), (3, 1.2, 15)):
        yield *some, random_parameters(start), rate, most


def _wrong_epochs(x, y, p, rate):
    moved, one_by_one = epoch(x, y, p, rate), p
    for n in range(len(x)):
        one_by_one = epoch(x[n : n + 1], y[n : n + 1], one_by_one, rate)
    step_alone = Parameters(*map(np.subtract, moved, p))
    return {
        "uphill: the gradient added where it is subtracted": epoch(x, y, p, -rate),
        "a mean over the images where a sum belongs": epoch(x, y, p, rate / len(x)),
        "an update after each image; one for all": one_by_one,
        "the gradient of the last image only": epoch(x[-1:], y[-1:], p, rate),
        "the learning rate forgotten": epoch(x, y, p, 1.0),
        "the biases left as they were": moved._replace(conv_b=p.conv_b, out_b=p.out_b),
        "each tied winner gets all: ties doubled": (
            update(p, gradient(x, y, p, "all"), rate)
        ),
        "the step alone; it is added to the parameters": step_alone,
    }


def _wrong_shares(a, y):
    right = accuracy(a, y)
    return {
        "the number of right answers, not their share": right * len(a),
        "percent, not a share": right * 100,
        "divided by the number of outputs, not of images": right / a.shape[1],
        "the wrong axis: the largest along the images": accuracy(a.T, y.T),
        "no axis: a single answer for all images": np.argmax(a) == np.argmax(y),
        "the share of wrong answers": 1 - right,
        "the smallest output where the largest answers": accuracy(-a, y),
        "outputs rounded and counted one by one; an image is one answer": (
            np.mean(np.round(a) == y)
        ),
        "an answer only where an output is above 1/2; the largest answers": (
            np.mean(np.all(np.round(a) == y, axis=1))
        ),
    }


def _wrong_stops(x, y, p, rate, most):
    history = train(x, y, p, "share", most, rate)
    costs = [cost(outputs(x, each), y) for each in history]
    right = [accuracy(outputs(x, each), y) for each in history]

    def stopped(goes_on):
        epochs = next((n for n in range(most) if not goes_on(n)), most)
        return history[epochs], epochs

    kept, epochs = stopped(lambda n: costs[n + 1] < costs[n])
    after, best = min(epochs + 1, most), int(np.argmin(costs))
    last, too_few = history[after], epochs - (epochs == most)
    return {
        "it never stops before the last epoch": (history[most], most),
        "the parameters after the rise; those before it are asked": (last, epochs),
        "parameters and number of the epoch that was one too many": (last, after),
        "the epoch that raised the cost is counted": (kept, after),
        "one epoch too few is counted where the cost never rises": (kept, too_few),
        "the lowest of all epochs; the first rise ends it": (history[best], best),
        "compared with the first cost, not with the one before": (
            stopped(lambda n: costs[n + 1] < costs[0])
        ),
        "it stops where the cost falls": stopped(lambda n: costs[n + 1] > costs[n]),
        "it stops where the accuracy falls, not where the cost rises": (
            stopped(lambda n: right[n + 1] >= right[n])
        ),
    }


EXERCISES = {
    "07.1 what a step promises": Exercise(
        -0.010604, WRONG_NUMBERS, "notebook 07, section 1", within=5e-3
    ),
    "07.2 one epoch": Exercise(
        epoch,
        _wrong_epochs,
        "notebook 07, section 1, and notebook 05, section 4",
        BATCHES,
    ),
    "07.3 accuracy": Exercise(
        accuracy, _wrong_shares, "notebook 07, section 2", tuple(_answered())
    ),
    "07.4 stop where the cost rises": Exercise(
        while_it_falls, _wrong_stops, "notebook 07, section 3", tuple(_runs()), 1e-8
    ),
    "07.5 an epoch that learns, and is wrong": Exercise(
        "conv_b mean",
        WRONG_PARTS,
        "notebook 07, section 1, and move one array at a time",
    ),
}
