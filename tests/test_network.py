"""The loops against an independent statement of the network, and the gradients against measurement."""

import numpy as np
import pytest

from helpers import network
from helpers.checks import parameter_differences, relative_error
from helpers.data import load_digits, load_published
from helpers.network import Parameters

INITIAL = Parameters(**load_published()["initial"])


def random_case(seed, side=2, filters=2, rows=7, columns=8, filter_rows=4, filter_columns=3, classes=4, count=3):
    """Random images and parameters of other sizes than the course's."""
    rng = np.random.default_rng(seed)
    pooled = (filters, (rows - filter_rows + 1) // side, (columns - filter_columns + 1) // side)
    parameters = Parameters(rng.normal(size=(filters, filter_rows, filter_columns)), rng.normal(size=filters),
                            rng.normal(size=(classes, *pooled)), rng.normal(size=classes))
    return rng.random((count, rows, columns)), np.eye(classes)[rng.integers(classes, size=count)], parameters


def stated_forward(images, parameters, side):
    """The forward pass once more, for many images, in another way: einsum over windows, reshaped blocks."""
    windows = np.lib.stride_tricks.sliding_window_view(images, parameters.conv_w.shape[1:], axis=(1, 2))
    conv_a = 1 / (1 + np.exp(-np.einsum("nijrc,krc->nkij", windows, parameters.conv_w) - parameters.conv_b[:, None, None]))
    n, k, i, j = conv_a.shape
    pooled = conv_a.reshape(n, k, i // side, side, j // side, side).max(axis=(3, 5))
    out_a = 1 / (1 + np.exp(-np.einsum("nkuv,okuv->no", pooled, parameters.out_w) - parameters.out_b))
    return conv_a, pooled, out_a


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", [{}, {"rows": 6, "columns": 6, "filter_rows": 3, "filters": 3, "classes": 3}, {"side": 3, "rows": 9},
                                   {"side": 1, "rows": 5, "columns": 4}])
def test_forward_equals_an_independent_statement(seed, sizes):
    images, _, parameters = random_case(seed, **sizes)
    conv_a, pooled, out_a = stated_forward(images, parameters, sizes.get("side", 2))
    for n, image in enumerate(images):
        passed = network.forward(image, parameters)
        assert relative_error(passed.conv_a, conv_a[n]) < 1e-13
        assert relative_error(passed.pooled, pooled[n]) < 1e-13
        assert relative_error(passed.out_a, out_a[n]) < 1e-13
    assert relative_error(network.outputs(images, parameters), out_a) < 1e-13


@pytest.mark.parametrize("ties", ["share", "first", "all"])
def test_gradient_without_ties_equals_the_measured_one(ties):
    images, targets, parameters = random_case(1)
    measured = parameter_differences(lambda p: network.squared_error(network.outputs(images, p), targets), parameters)
    for derived, truth in zip(network.gradient(images, targets, parameters, ties), measured):
        assert relative_error(derived, truth) < 1e-8


@pytest.mark.parametrize("ties, passes", [("share", True), ("first", True), ("all", False)])
def test_gradient_with_identical_windows(ties, passes):
    digits = load_digits()
    images, targets = digits.images[:5], digits.targets[:5]
    measured = parameter_differences(lambda p: network.squared_error(network.outputs(images, p), targets), INITIAL)
    derived = network.gradient(images, targets, INITIAL, ties)
    assert (relative_error(derived.conv_w, measured.conv_w) < 1e-8) == passes
    assert relative_error(derived.out_w, measured.out_w) < 1e-8
    if not passes:
        assert round(relative_error(derived.conv_w, measured.conv_w), 2) == 0.12


def test_winner_shares():
    won = np.array([[[True, False, False, True], [True, False, False, False]]])
    assert network.winner_shares(won, "all").tolist() == [[[1, 0, 0, 1], [1, 0, 0, 0]]]
    assert network.winner_shares(won, "share").tolist() == [[[0.5, 0, 0, 1], [0.5, 0, 0, 0]]]
    assert network.winner_shares(won, "first").tolist() == [[[1, 0, 0, 1], [0, 0, 0, 0]]]
    assert won.dtype == bool and won.sum() == 3
    with pytest.raises(ValueError, match="expected ties to be one of .*'any'"):
        network.winner_shares(won, "any")


@pytest.mark.parametrize("change", [
    {"conv_b": np.zeros(2)}, {"out_b": np.zeros(4)}, {"out_w": np.zeros((3, 2, 2, 2))}, {"out_w": np.zeros((3, 3, 3, 3))},
    {"out_w": np.zeros((3, 3, 2, 1))}, {"conv_w": np.zeros((3, 4, 3))}, {"conv_w": np.zeros((3, 7, 7))}])
def test_sizes_that_do_not_fit_are_named(change):
    with pytest.raises(ValueError, match="sizes do not fit: images \\(6, 6\\)"):
        network.forward(np.zeros((6, 6)), INITIAL._replace(**change))


def test_backward_does_not_share_memory_with_its_inputs():
    delta = np.array([1.0, 2.0, 3.0])
    _, biases = network.output_gradient(delta, np.ones((3, 2, 2)))
    biases += 1
    assert delta.tolist() == [1, 2, 3]


def test_training_keeps_every_epoch_and_starts_from_the_given_parameters():
    images, targets, parameters = random_case(2)
    history = network.train(images, targets, parameters, "share", epochs=3, learning_rate=0.1)
    assert len(history) == 4 and history[0] is parameters
    slope = network.gradient(images, targets, history[2], "share")
    for after, before, part in zip(history[3], history[2], slope):
        assert np.array_equal(after, before - 0.1 * part)


def test_accuracy():
    assert network.accuracy(np.array([[0.2, 0.1], [0.3, 0.4]]), np.array([[1, 0], [1, 0]])) == 0.5
