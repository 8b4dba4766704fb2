"""Exercises to notebook 04, the convolution delta."""

import numpy as np

from helpers.answers import Exercise
from helpers.network import (
    pool,
    pool_side,
    pooled_gradient,
    sigmoid,
    sigmoid_slope,
    unpool,
    winners,
)

_rng = np.random.default_rng(4)
_shapes = ((3, 3, 2, 2, 2), (2, 3, 2, 3, 2), (3, 2, 2, 1, 3))  # O, K, U, V, side


def delta(reaching, conv_a, pooled):
    """The convolution delta (K, I, J) from dC/dp (K, U, V), where no winners tie."""
    return unpool(reaching, winners(conv_a, pooled)) * sigmoid_slope(conv_a)


def back_to_activations(out_delta, out_w, shares):
    """dC/da of the feature maps (K, I, J) from the output delta (O,)."""
    return unpool(pooled_gradient(out_delta, out_w), shares)


def _activations():
    for _, filters, rows, columns, side in _shapes:
        conv_a = sigmoid(_rng.normal(size=(filters, rows * side, columns * side)))
        yield _rng.normal(size=(filters, rows, columns)), conv_a, pool(conv_a, side)


def _layers():
    for neurons, *pooled_shape, _ in _shapes:
        yield _rng.normal(size=neurons), _rng.normal(size=(neurons, *pooled_shape))


def _transposed(out_delta, out_w):
    return np.einsum("o,kouv->kuv", out_delta, out_w)


def _spread(reaching, shares, block_of):
    """unpool, where entry (i, j) belongs to block_of(i, j, side)."""
    side = pool_side(shares.shape, reaching.shape)
    unpooled = np.zeros(shares.shape)
    for k, i, j in np.ndindex(shares.shape):
        unpooled[k, i, j] = reaching[(k, *block_of(i, j, side))] * shares[k, i, j]
    return unpooled


def _other_shares(shares_of):
    return lambda reaching, conv_a, pooled: (
        unpool(reaching, shares_of(conv_a, pooled)) * sigmoid_slope(conv_a)
    )


def _other_blocks(block_of):
    return lambda reaching, conv_a, pooled: (
        _spread(reaching, winners(conv_a, pooled), block_of) * sigmoid_slope(conv_a)
    )


def _other_slope(slope_of):
    return lambda reaching, conv_a, pooled: (
        unpool(reaching, winners(conv_a, pooled)) * slope_of(conv_a)
    )


def _swapped(i, j, side):
    return j // side, i // side


EXERCISES = {
    "04.1 one delta": Exercise(
        -0.137302,
        {
            "the sigmoid's slope is missing": -0.561079,
            "a for a (1 - a)": -0.239732,
            "the path through neuron 2 alone; three arrows leave a pooled entry": (
                -0.119457
            ),
            "a mean over the neurons where a sum belongs": -0.0457674,
            "a minus sign lost": 0.137302,
            "the weights of another block; row and column of the block swapped": (
                0.011187
            ),
            "row and column swapped; entry (1, 2) does not win its block": 0.0,
        },
        "notebook 04, section 5",
        within=5e-3,
    ),
    "04.2 what reaches the pooled maps": Exercise(
        pooled_gradient,
        {
            "the deltas are missing: a sum of weights alone": (
                lambda delta, w: np.sum(w, axis=0)
            ),
            "a mean over the neurons where a sum belongs": (
                lambda delta, w: pooled_gradient(delta, w) / len(delta)
            ),
            "the last neuron alone: = where += belongs": (
                lambda delta, w: delta[-1] * w[-1]
            ),
            "weights transposed: neurons and filters exchanged": _transposed,
            "a sum along the wrong axis, over the filters": (
                lambda delta, w: np.sum(delta[:, None, None, None] * w, axis=1)
            ),
            "rows and columns of the pooled maps swapped": (
                lambda delta, w: pooled_gradient(delta, w).swapaxes(1, 2)
            ),
            "the sum is missing: what each neuron sends back, one by one": (
                lambda delta, w: delta[:, None, None, None] * w
            ),
        },
        "notebook 04, section 2",
        cases=tuple(_layers()),
    ),
    "04.3 the convolution delta": Exercise(
        delta,
        {
            "the sigmoid's slope is missing": _other_slope(np.ones_like),
            "a for a (1 - a)": _other_slope(np.copy),
            "the slope taken at a, which is the sigmoid of z already": (
                _other_slope(lambda a: sigmoid_slope(sigmoid(a)))
            ),
            "every entry gets something; only the winner moves the maximum": (
                _other_shares(lambda a, p: np.ones(a.shape))
            ),
            "the winner gets its activation as a factor; the factor is 1": (
                _other_shares(lambda a, p: winners(a, p) * a)
            ),
            "one winner a map; each block has its own": (
                _other_shares(lambda a, p: a == np.max(a, axis=(1, 2), keepdims=True))
            ),
            "row and column of the block swapped": _other_blocks(_swapped),
            "i % side, the place in a block, for i // side, the block": (
                _other_blocks(lambda i, j, side: (i % side, j % side))
            ),
            "blocks of side 2, whatever the side": (
                _other_blocks(lambda i, j, side: (i // 2, j // 2))
            ),
        },
        "notebook 04, sections 3 to 5",
        cases=tuple(_activations()),
    ),
    "04.4 two faults": Exercise(
        back_to_activations,
        {
            "nothing mended; measure dC/dp first": (
                lambda delta, w, s: _spread(_transposed(delta, w), s, _swapped)
            ),
            "one mended, one left: dC/dp is right, what follows is not": (
                lambda delta, w, s: _spread(pooled_gradient(delta, w), s, _swapped)
            ),
            "one mended, one left: the pooling is right, dC/dp is not": (
                lambda delta, w, s: unpool(_transposed(delta, w), s)
            ),
        },
        "notebook 04, sections 2 and 3",
        cases=tuple(
            (*layer, winners(conv_a, pooled))
            for layer, (_, conv_a, pooled) in zip(_layers(), _activations())
        ),
    ),
    "04.5 average pooling": Exercise(
        -0.00085662,
        {
            "nothing, as for the maximum; every entry moves an average": 0.0,
            "the whole of what reaches the block; an average passes on a quarter": (
                -0.0034265
            ),
            "the sigmoid's slope is missing": -0.1402698,
            "the slope at the entry that was the winner": -0.0343255,
        },
        "notebook 04, section 3, and push one entry of an average",
        within=5e-3,
    ),
}
