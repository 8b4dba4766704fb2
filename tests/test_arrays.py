"""The arrays against the loops, number by number, for sizes, values and ties that
nobody chose; what both refuse stands in test_network.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import INITIAL, SIZES, assert_equal_parameters, random_case, whole_weights
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import arrays, network
from helpers.checks import complex_step, relative_error
from helpers.data import load_digits
from helpers.network import TIES, Parameters

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SHAPE = st.tuples(st.integers(1, 4), st.integers(1, 4))
CASES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "count": st.integers(1, 6),
        "side": st.integers(1, 3),
        "filters": st.integers(1, 4),
        "filter_shape": SHAPE,
        "pooled_shape": SHAPE,
        "classes": st.integers(1, 4),
    }
)
KINDS = ("real", "binary", "few levels", "one level", "different windows tie")


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
    return images, targets, parameters


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), kind=st.sampled_from(KINDS))
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


@PROPERTY
@given(sizes=CASES)
def test_sharing_and_first_agree_where_tied_windows_are_identical(sizes):
    case = random_case(**sizes)
    shared, first = (arrays.gradient(*case, ties) for ties in ("share", "first"))
    assert_equal_parameters(shared, first)


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


@pytest.mark.parametrize("ties", TIES)
def test_one_filter_over_one_grey(ties):
    """Where the rule "all" was off by half: four equal windows, one filter."""
    case = (
        np.full((1, 4, 4), 0.3),
        np.ones((1, 1)),
        random_case(5, filters=1, pooled_shape=(1, 1), classes=1)[2],
    )
    assert_equal_parameters(arrays.gradient(*case, ties), network.gradient(*case, ties))


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("ties", TIES)
def test_repeated_images_add_up(sizes, ties):
    images, targets, parameters = random_case(4, count=8, **sizes)
    many = 300
    expected = network.gradient(images, targets, parameters, ties)
    images, targets = np.tile(images, (many, 1, 1)), np.tile(targets, (many, 1))
    computed = arrays.gradient(images, targets, parameters, ties)
    assert_equal_parameters(computed, [many * part for part in expected])


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


@pytest.mark.parametrize("ties", TIES)
def test_where_the_sigmoid_saturates_the_tie_rule_does_not_matter(ties):
    images, targets, parameters = random_case(11, binary=False)
    case = images, targets, parameters._replace(conv_b=np.full(3, 40.0))
    assert_equal_parameters(arrays.gradient(*case, ties), network.gradient(*case, ties))


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("binary", [True, False])
def test_training_equals_the_loops(ties, binary):
    case = random_case(12, count=6, binary=binary)
    computed = arrays.train(*case, ties, epochs=40, learning_rate=0.3)
    expected = network.train(*case, ties, epochs=40, learning_rate=0.3)
    assert len(computed) == len(expected)
    for one, other in zip(computed, expected):
        assert_equal_parameters(one, other, 1e-9)


def test_training_on_the_course_equals_the_loops():
    digits = load_digits()
    case = digits.images, digits.targets, INITIAL
    computed, expected = arrays.train(*case, epochs=20), network.train(*case, epochs=20)
    assert_equal_parameters(computed[-1], expected[-1], 1e-9)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_gradient_equals_the_complex_step(sizes):
    images, targets, parameters = random_case(14, count=5, binary=False, **sizes)
    derived = arrays.gradient(images, targets, parameters, "first")
    for name, part, derivatives in zip(Parameters._fields, parameters, derived):

        def cost(values, name=name):
            moved = parameters._replace(**{name: values})
            return network.cost(arrays.outputs(images, moved), targets)

        assert relative_error(derivatives, complex_step(cost, part)) < 1e-13, name


def test_complex_parameters_are_refused_where_they_would_be_lost():
    images, _, parameters = random_case(15)
    with pytest.raises(ValueError, match="conv_w to be real numbers"):
        network.outputs(images, parameters._replace(conv_w=parameters.conv_w + 1j))


def test_nothing_given_is_changed():
    images, targets, parameters = case = random_case(16, count=2000)
    copies = [values.copy() for values in (images, targets, *parameters)]
    arrays.train(*case, epochs=2)
    assert all(map(np.array_equal, copies, (images, targets, *parameters)))


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module on Windows")
def test_memory_stays_that_of_one_part():
    """All windows of these images would take 350 MiB, and the maps 115 more."""
    program = """if True:
        from cases import peak_memory, random_case
        from helpers import arrays
        case = random_case(18, count=80_000, binary=False, pooled_shape=(4, 4))
        arrays.gradient(*(part[:5000] for part in case[:2]), case[2])
        before = peak_memory()
        arrays.gradient(*case)
        arrays.train(*case, epochs=2)
        print(peak_memory() - before)
    """
    here = Path(__file__).parent
    path = "import sys; sys.path[:0] = ['..', '.']\n"
    command = [sys.executable, "-c", path + program]
    run = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 30
