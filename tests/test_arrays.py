"""The arrays against the loops, number by number, for sizes, values and ties that nobody chose."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import INITIAL, SIZES, random_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import arrays, network
from helpers.checks import complex_step, relative_error
from helpers.data import load_digits
from helpers.network import TIES, Parameters

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
CASES = st.fixed_dictionaries({
    "seed": st.integers(0, 2**32 - 1), "count": st.integers(1, 6), "side": st.integers(1, 3), "filters": st.integers(1, 4),
    "filter_shape": st.tuples(st.integers(1, 4), st.integers(1, 4)), "pooled_shape": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "classes": st.integers(1, 4), "binary": st.booleans()})


def assert_equal_parameters(computed, expected, tolerance=1e-12):
    for name, part, truth in zip(Parameters._fields, computed, expected):
        assert relative_error(part, truth) < tolerance, name


def columns(images, parameters):
    """How many blocks are computed, in all parts."""
    return sum(blocks.pixels.shape[1] for _, blocks in arrays.batches(images, parameters))


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES))
def test_gradient_and_outputs_equal_the_loops(sizes, ties):
    images, targets, parameters = random_case(**sizes)
    assert relative_error(arrays.outputs(images, parameters), network.outputs(images, parameters)) < 1e-12
    assert_equal_parameters(arrays.gradient(images, targets, parameters, ties), network.gradient(images, targets, parameters, ties))


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), levels=st.integers(1, 3))
def test_gradient_equals_the_loops_where_windows_are_identical(sizes, ties, levels):
    images, targets, parameters = random_case(**sizes)
    images = np.floor(levels * images) / 4
    assert_equal_parameters(arrays.gradient(images, targets, parameters, ties), network.gradient(images, targets, parameters, ties))


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES))
def test_gradient_equals_the_loops_where_different_windows_tie(sizes, ties):
    images, targets, parameters = random_case(**{**sizes, "binary": True})
    whole = parameters._replace(conv_w=np.clip(np.round(parameters.conv_w), -1, 1), conv_b=np.round(parameters.conv_b))
    assert_equal_parameters(arrays.gradient(images, targets, whole, ties), network.gradient(images, targets, whole, ties))


@PROPERTY
@given(sizes=CASES)
def test_equal_shares_and_first_winner_agree_when_tied_windows_are_identical(sizes):
    images, targets, parameters = random_case(**{**sizes, "binary": True})
    assert_equal_parameters(arrays.gradient(images, targets, parameters, "share"), arrays.gradient(images, targets, parameters, "first"))


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), order=st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(sizes, ties, order):
    images, targets, parameters = random_case(**sizes)
    shuffled = order.sample(range(len(images)), len(images))
    whole = arrays.gradient(images, targets, parameters, ties)
    assert_equal_parameters(arrays.gradient(images[shuffled], targets[shuffled], parameters, ties), whole)


@PROPERTY
@given(sizes=CASES, ties=st.sampled_from(TIES), blocks=st.integers(1, 40))
def test_a_batch_in_chunks_equals_the_whole(sizes, ties, blocks):
    images, targets, parameters = random_case(**sizes)
    whole = arrays.gradient(images, targets, parameters, ties)
    in_a_chunk = max(blocks // parameters.out_w[0, 0].size, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "FEW_BLOCKS", blocks)
        patch.setattr(arrays, "MANY_BLOCKS", blocks)
        assert len(list(arrays.batches(images, parameters))) == -(-len(images) // in_a_chunk)
        assert_equal_parameters(arrays.gradient(images, targets, parameters, ties), whole)
        assert relative_error(arrays.outputs(images, parameters), network.outputs(images, parameters)) < 1e-12


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("chunk", [2**19, 2**14])
def test_distinct_blocks_change_nothing_but_the_time(ties, chunk, monkeypatch):
    images, targets, parameters = random_case(3, count=5000)
    monkeypatch.setattr(arrays, "block_codes", lambda images, seen: None)
    every, outputs = arrays.gradient(images, targets, parameters, ties), arrays.outputs(images, parameters)
    assert columns(images, parameters) == 20000
    monkeypatch.undo()
    monkeypatch.setattr(arrays, "MANY_BLOCKS", chunk)
    assert columns(images, parameters) < 19000
    assert_equal_parameters(arrays.gradient(images, targets, parameters, ties), every)
    assert relative_error(arrays.outputs(images, parameters), outputs) < 1e-12


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("ties", TIES)
def test_repeated_images_add_up(sizes, ties):
    images, targets, parameters = random_case(4, count=8, **sizes)
    many = 2500
    expected = [many * part for part in network.gradient(images, targets, parameters, ties)]
    computed = arrays.gradient(np.tile(images, (many, 1, 1)), np.tile(targets, (many, 1)), parameters, ties)
    assert_equal_parameters(computed, expected)


def test_distinct_blocks_are_those_of_np_unique():
    images = random_case(5, count=5000)[0]
    seen = arrays.window_pixels((6, 6), (4, 4), 2)
    codes = arrays.block_codes(images, seen)
    pixels, index = arrays.distinct_blocks(codes, 16)
    unique, inverse = np.unique(codes, return_inverse=True)
    assert np.array_equal(pixels.T @ 2 ** np.arange(16), unique)
    assert np.array_equal(index, inverse.ravel())
    assert np.array_equal(pixels[:, index], arrays.every_block(images, seen)[0])


@pytest.mark.parametrize("pixel", [0.5, -1.0, 2.0, np.nan])
@pytest.mark.parametrize("n", [0, 999, 1000, 4999])
def test_one_pixel_that_is_not_binary_is_enough(pixel, n):
    images, _, parameters = random_case(6, count=5000)
    seen = arrays.window_pixels((6, 6), (4, 4), 2)
    assert arrays.block_codes(images, seen) is not None
    images[n, 5, 5] = pixel
    assert arrays.block_codes(images, seen) is None
    assert columns(images, parameters) == 20000


@pytest.mark.parametrize("kind", [bool, np.uint8, int])
def test_pixels_of_other_types(kind):
    for count in (50, 5000):
        images, targets, parameters = random_case(8, count=count)
        assert_equal_parameters(arrays.gradient(images.astype(kind), targets, parameters, "share"),
                                arrays.gradient(images, targets, parameters, "share"), 1e-15)


@pytest.mark.parametrize("filters, shape", [(1, (3, 3)), (3, (3, 3)), (4, (2, 5)), (17, (1, 1)), (2, (5, 5))])
@pytest.mark.parametrize("side", [2, 3])
def test_identical_windows_tie_to_the_last_bit_wherever_they_stand(filters, shape, side):
    rng = np.random.default_rng(9)
    conv_w = rng.normal(size=(filters, *shape))
    windows = arrays.window_pixels((side + shape[0] - 1, side + shape[1] - 1), shape)
    for count in [*range(1, 70), 127, 128, 129, 1000, 1001, 8191]:
        same = np.repeat(rng.random(count)[None], (side + shape[0] - 1) * (side + shape[1] - 1), axis=0)
        conv_z = arrays.convolve(arrays.Blocks(same, windows, None), conv_w)[1]
        assert np.all(conv_z == conv_z[0]), count


@pytest.mark.parametrize("columns, index", [(5, None), (5, np.array([0, 4, 4, 1, 0, 4, 2]))])
def test_scatter_is_the_way_back_of_gather(columns, index):
    rng = np.random.default_rng(10)
    values, back = rng.normal(size=(3, columns)), rng.normal(size=(3, columns if index is None else len(index)))
    assert np.sum(arrays.gather(values, index) * back) == pytest.approx(np.sum(values * arrays.scatter(back, index, columns)), rel=1e-13)


@pytest.mark.parametrize("ties, expected", [("all", [[1, 0], [1, 1], [0, 1]]), ("share", [[0.5, 0], [0.5, 0.5], [0, 0.5]]),
                                            ("first", [[1, 0], [0, 1], [0, 0]])])
def test_winner_shares(ties, expected):
    conv_z = np.array([[[2.0, 1.0]], [[2.0, 3.0]], [[1.0, 3.0]]])
    assert np.array_equal(arrays.winner_shares(conv_z, conv_z.max(axis=0), ties)[:, 0], expected)


def test_where_the_sigmoid_saturates_the_tie_rule_does_not_matter():
    images, targets, parameters = random_case(11, binary=False)
    parameters = parameters._replace(conv_b=np.full(3, 40.0))
    for ties in TIES:
        assert_equal_parameters(arrays.gradient(images, targets, parameters, ties), network.gradient(images, targets, parameters, ties))


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("binary", [True, False])
def test_training_equals_the_loops(ties, binary):
    images, targets, parameters = random_case(12, count=6, binary=binary)
    computed = arrays.train(images, targets, parameters, ties, epochs=60, learning_rate=0.3)
    expected = network.train(images, targets, parameters, ties, epochs=60, learning_rate=0.3)
    assert len(computed) == len(expected) == 61
    for one, other in zip(computed, expected):
        assert_equal_parameters(one, other, 1e-9)


def test_training_on_the_course_equals_the_loops():
    digits = load_digits()
    computed = arrays.train(digits.images, digits.targets, INITIAL, "share")
    expected = network.train(digits.images, digits.targets, INITIAL, "share")
    assert len(computed) == len(expected)
    assert_equal_parameters(computed[-1], expected[-1], 1e-9)


def test_training_finds_its_blocks_once(monkeypatch):
    images, targets, parameters = random_case(13)
    calls, batches = [], arrays.batches
    monkeypatch.setattr(arrays, "batches", lambda *given: calls.append(1) or batches(*given))
    arrays.train(images, targets, parameters, "first", epochs=3)
    assert len(calls) == 1


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_gradient_equals_the_complex_step(sizes):
    images, targets, parameters = random_case(14, count=5, binary=False, **sizes)
    derived = arrays.gradient(images, targets, parameters, "first")
    for name, part, slopes in zip(Parameters._fields, parameters, derived):
        measured = complex_step(lambda values, name=name: network.squared_error(
            arrays.outputs(images, parameters._replace(**{name: values})), targets), part)
        assert relative_error(slopes, measured) < 1e-13, name


def test_no_images_have_no_gradient():
    images, targets, parameters = random_case(15, count=0)
    assert all(np.all(part == 0) for part in arrays.gradient(images, targets, parameters, "all"))
    assert arrays.outputs(images, parameters).shape == (0, 3)


def test_nothing_given_is_changed():
    for count in (20, 5000):
        images, targets, parameters = random_case(16, count=count)
        copies = [values.copy() for values in (images, targets, *parameters)]
        arrays.train(images, targets, parameters, "first", epochs=2)
        assert all(np.array_equal(*pair) for pair in zip(copies, (images, targets, *parameters)))


def test_sizes_that_do_not_fit():
    images, targets, parameters = random_case(17)
    for wrong_images, wrong_targets, wrong, message in [
            (images[0], targets, parameters, r"\(N, H, W\), found \(6, 6\)"),
            (images[:, :5], targets, parameters, "sizes do not fit: images .5, 6."),
            (images, targets[:-1], parameters, r"\(20, 3\), found \(19, 3\)"),
            (images, targets[:, :2], parameters, r"\(20, 3\), found \(20, 2\)"),
            (images, targets, parameters._replace(conv_b=np.zeros(4)), "sizes do not fit")]:
        for function in (arrays.gradient, arrays.train):
            with pytest.raises(ValueError, match=message):
                function(wrong_images, wrong_targets, wrong, "all")
    with pytest.raises(ValueError, match="ties"):
        arrays.gradient(images, targets, parameters, "none")
    with pytest.raises(ValueError, match="sizes do not fit"):
        arrays.outputs(images[:, :5], parameters)


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module is not for Windows")
@pytest.mark.parametrize("binary", [True, False])
def test_memory_stays_bounded(binary):
    """All windows of these images would take 350 MB, and as much again for each array of the pass."""
    program = f"""if True:
        import numpy as np
        from cases import peak_memory, random_case
        from helpers import arrays
        images, targets, parameters = random_case(18, count=300_000, binary={binary})
        before = peak_memory()
        arrays.gradient(images, targets, parameters, "share")
        print(peak_memory() - before)
    """
    run = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 150
