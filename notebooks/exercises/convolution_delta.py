"""Exercises to notebook 04, the convolution delta."""

import numpy as np

from exercises import random_cases
from helpers import network
from helpers.answers import Exercise, outcome
from helpers.network import pool_side, pooled_gradient, sigmoid_slope, unpool, winners

WRONG_NUMBERS = {
    "the sigmoid's slope is missing": -0.561079,
    "a for a (1 - a)": -0.239732,
    "the path through neuron 2 alone; three arrows leave a pooled entry": -0.119457,
    "a mean over the neurons where a sum belongs": -0.0457674,
    "a minus sign lost": 0.137302,
    "the weights of another block; row and column of the block swapped": 0.011187,
    "row and column swapped; entry (1, 2) does not win its block": 0.0,
}
WRONG_MEANS = {
    "nothing, as for the maximum; every entry moves an average": 0.0,
    "the whole of what reaches the block; an average passes on a quarter": -0.0034265,
    "the sigmoid's slope is missing": -0.1402698,
    "the slope at the entry that was the winner": -0.0343255,
}

LAYERS = random_cases(((3,), (3, 3, 2, 2)), ((2,), (2, 3, 2, 3)), ((3,), (3, 2, 2, 1)))


def delta(reaching, conv_a, pooled):
    """The convolution delta (K, I, J) from dC/dp (K, U, V), where no winners tie."""
    return unpool(reaching, winners(conv_a, pooled)) * sigmoid_slope(conv_a)


def back_to_activations(out_delta, out_w, shares):
    """dC/da of the feature maps (K, I, J) from the output delta (O,)."""
    return unpool(pooled_gradient(out_delta, out_w), shares)


def _activations():
    """dC/dp (K, U, V), feature maps (K, I, J), pooled maps (K, U, V)."""
    for reaching, conv_z, side in random_cases(
        ((3, 2, 2), (3, 4, 4), 2),
        ((3, 2, 3), (3, 4, 6), 2),
        ((2, 2, 1), (2, 6, 3), 3),
    ):
        conv_a = network.sigmoid(conv_z)
        yield reaching, conv_a, network.pool(conv_a, side)


def _transposed(out_delta, out_w):
    return np.einsum("o,kouv->kuv", out_delta, out_w)


def _swapped(reaching, shares):
    """unpool, with row and column of the block swapped."""
    i, j = np.indices(shares.shape[1:]) // pool_side(shares.shape, reaching.shape)
    return reaching[:, j, i] * shares


def _wrong_reaching(out_delta, out_w):
    one_by_one = out_delta[:, None, None, None] * out_w
    right = one_by_one.sum(axis=0)
    return {
        "the deltas are missing: a sum of weights alone": out_w.sum(axis=0),
        "a mean over the neurons where a sum belongs": right / len(out_delta),
        "the last neuron alone: = where += belongs": one_by_one[-1],
        "weights transposed: neurons and filters exchanged": (
            outcome(_transposed, out_delta, out_w)
        ),
        "a sum along the wrong axis, over the filters": one_by_one.sum(axis=1),
        "rows and columns of the pooled maps swapped": right.swapaxes(1, 2),
        "the sum is missing: what each neuron sends back, one by one": one_by_one,
    }


def _wrong_deltas(reaching, a, p):
    won, slope = winners(a, p), sigmoid_slope(a)
    unpooled, sloped = unpool(reaching, won), won * slope
    side, (i, j) = pool_side(a.shape, p.shape), np.indices(a.shape[1:])
    largest = a == np.max(a, axis=(1, 2), keepdims=True)
    return {
        "the sigmoid's slope is missing": unpooled,
        "a for a (1 - a)": unpooled * a,
        "the slope taken at a, which is the sigmoid of z already": (
            unpooled * sigmoid_slope(network.sigmoid(a))
        ),
        "every entry gets something; only the winner moves the maximum": (
            unpool(reaching, slope)
        ),
        "the winner gets its activation as a factor; the factor is 1": (
            unpool(reaching, sloped * a)
        ),
        "one winner a map; each block has its own": unpool(reaching, largest * slope),
        "row and column of the block swapped": outcome(_swapped, reaching, sloped),
        "i % side, the place in a block, for i // side, the block": (
            outcome(lambda: reaching[:, i % side, j % side] * sloped)
        ),
        "blocks of side 2, whatever the side": (
            outcome(lambda: reaching[:, i // 2, j // 2] * sloped)
        ),
    }


def _wrong_mends(out_delta, out_w, shares):
    right = pooled_gradient(out_delta, out_w)
    return {
        "nothing mended; measure dC/dp first": (
            outcome(lambda: _swapped(_transposed(out_delta, out_w), shares))
        ),
        "one mended, one left: dC/dp is right, what follows is not": (
            outcome(_swapped, right, shares)
        ),
        "one mended, one left: the pooling is right, dC/dp is not": (
            outcome(lambda: unpool(_transposed(out_delta, out_w), shares))
        ),
    }


EXERCISES = {
    "04.1 one delta": Exercise(
        -0.137302, WRONG_NUMBERS, "notebook 04, section 5", within=5e-3
    ),
    "04.2 what reaches the pooled maps": Exercise(
        pooled_gradient, _wrong_reaching, "notebook 04, section 2", LAYERS
    ),
    "04.3 the convolution delta": Exercise(
        delta, _wrong_deltas, "notebook 04, sections 3 to 5", tuple(_activations())
    ),
    "04.4 two faults": Exercise(
        back_to_activations,
        _wrong_mends,
        "notebook 04, sections 2 and 3",
        tuple(
            (*layer, winners(conv_a, pooled))
            for layer, (_, conv_a, pooled) in zip(LAYERS, _activations())
        ),
    ),
    "04.5 average pooling": Exercise(
        -0.00085662,
        WRONG_MEANS,
        "notebook 04, section 3, and push one entry of an average",
        within=5e-3,
    ),
}
