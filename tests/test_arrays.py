"""The arrays against the loops, number by number, for sizes, values and ties that
nobody chose; what is true of both stands in test_network.py."""

import tracemalloc

import numpy as np
import pytest
from cases import COURSE, assert_equal_parameters, random_case, whole_weights
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpers import arrays, network
from helpers.checks import relative_error
from helpers.network import TIES, Parameters

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SMALL = st.integers(1, 4)
SHAPE = st.tuples(SMALL, SMALL)
CASES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "count": st.integers(1, 6),
        "sizes": st.tuples(st.integers(1, 3), SMALL, SHAPE, SHAPE, SMALL),
    }
)
KINDS = (
    "real",
    "binary",
    "few levels",
    "one level",
    "different windows tie",
    "saturated",
)


def make(kind, sizes):
    """A random case of one kind: next to no ties, or many, of equal windows or not."""
    binary = kind in ("binary", "different windows tie")
    images, targets, parameters = random_case(**sizes, binary=binary)
    if kind == "few levels":
        images = np.floor(3 * images) / 7
    if kind == "one level":
        images[:] = images[:, :1, :1]
    if kind == "different windows tie":
        parameters = whole_weights(parameters)
    if kind == "saturated":
        parameters.conv_b[:] = 100
    return images, targets, parameters


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), kind=st.sampled_from(KINDS))
@example(sizes={"seed": 8}, ties="first", kind="different windows tie")
@example(sizes={"seed": 8}, ties="share", kind="different windows tie")
def test_outputs_and_gradient_equal_the_loops(sizes, ties, kind):
    images, targets, parameters = case = make(kind, sizes)
    assert_equal_parameters(arrays.gradient(*case, ties), network.gradient(*case, ties))
    expected = network.outputs(images, parameters)
    assert relative_error(arrays.outputs(images, parameters), expected) < 1e-12


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), size=st.integers(1, 7))
def test_a_batch_in_parts_and_in_another_order_is_the_same(sizes, ties, size):
    images, targets, parameters = case = random_case(**sizes)
    whole, outputs = arrays.gradient(*case, ties), arrays.outputs(images, parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "PART", size)
        turned = arrays.gradient(images[::-1], targets[::-1], parameters, ties)
        assert_equal_parameters(turned, whole)
        assert relative_error(arrays.outputs(images, parameters), outputs) < 1e-15


@pytest.mark.parametrize("filters", [1, 3, 17])
def test_equal_windows_tie_whatever_their_number_size_and_place_in_memory(filters):
    """All windows of an image of one grey are equal, so all have to win."""
    rng = np.random.default_rng(9)
    for weights in range(1, 65):
        w = rng.normal(size=(filters, 1, weights))
        parameters = Parameters(
            w, rng.normal(size=filters), np.ones((1, filters, 1, 1)), np.ones(1)
        )
        for count in range(1, 65):
            images = np.repeat(rng.random(count), 2 * (weights + 1))
            windows = arrays.as_windows(images.reshape(count, 2, -1), parameters)
            shift = count % 8
            moved = np.empty(windows.size + shift)[shift:].reshape(windows.shape)
            moved[:] = windows
            assert arrays.step_forward(moved, parameters)[0].all(), (weights, count)


def test_the_table_of_seen_pixels():
    seen = arrays.seen_pixels((6, 6), (3, 3), 2)
    assert seen.shape == (4, 9, 4)
    first = [0, 1, 2, 6, 7, 8, 12, 13, 14]
    assert seen[0, :, 0].tolist() == first
    for s, b in np.ndindex(4, 4):
        place = 6 * (2 * (b // 2) + s // 2) + 2 * (b % 2) + s % 2
        assert seen[s, :, b].tolist() == [place + pixel for pixel in first]
    with pytest.raises(ValueError, match="read-only"):
        seen[0, 0, 0] = 1


def test_training_on_the_course_equals_the_loops():
    histories = [module.train(*COURSE, epochs=20) for module in (arrays, network)]
    for computed, expected in zip(*histories):
        assert_equal_parameters(computed, expected, 1e-9)


def test_memory_stays_that_of_one_part():
    """All windows of these images would take 350 MiB, and the maps 115 more."""
    sizes = (2, 3, (3, 3), (4, 4), 3)
    images, targets, parameters = random_case(18, 80_000, sizes, binary=False)
    tracemalloc.start()
    arrays.gradient(images, targets, parameters)
    arrays.train(images, targets, parameters, epochs=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 2**20
