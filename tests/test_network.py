"""The network, in loops and in arrays: against an independent statement, against
measured derivatives, and what both refuse at the door."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from cases import COURSE, DIGITS, INITIAL, SIZES, assert_equal_parameters, random_case

from helpers import arrays, network
from helpers.checks import complex_step, relative_error
from helpers.network import TIES, Parameters

X, T, _ = COURSE
FEW = X[:5], T[:5], INITIAL

both = pytest.mark.parametrize("module", [network, arrays])


def stated_forward(images, parameters, side):
    """The forward pass once more: SciPy correlates, and takes maxima."""

    def correlate(image):
        maps = [scipy.signal.correlate(image, w, "valid") for w in parameters.conv_w]
        return maps + parameters.conv_b[:, None, None]

    conv_z = np.array([correlate(image) for image in images])
    conv_a = 1 / (1 + np.exp(-conv_z))
    largest = scipy.ndimage.maximum_filter(conv_a, (1, 1, side, side))
    pooled = largest[:, :, side // 2 :: side, side // 2 :: side]
    out_z = np.einsum("nkuv,okuv->no", pooled, parameters.out_w) + parameters.out_b
    return network.Forward(conv_z, conv_a, pooled, out_z, 1 / (1 + np.exp(-out_z)))


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("binary", [True, False])
def test_forward_equals_an_independent_statement(sizes, binary):
    images, _, parameters = random_case(0, 3, sizes, binary)
    stated = stated_forward(images, parameters, side=sizes[0])
    for n, image in enumerate(images):
        for part, truth in zip(network.forward(image, parameters), stated):
            assert relative_error(part, truth[n]) < 1e-13
    for module in (network, arrays):
        out_a = module.outputs(images, parameters)
        assert relative_error(out_a, stated.out_a) < 1e-13


def measured(images, targets, parameters):
    """The gradient by the complex step."""
    found = {}
    for name, part in parameters._asdict().items():

        def cost(values, name=name):
            moved = parameters._replace(**{name: values})
            return network.cost(arrays.outputs(images, moved), targets)

        found[name] = complex_step(cost, part)
    return Parameters(**found)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("ties", TIES)
def test_gradient_equals_the_measured_one(sizes, ties):
    case = random_case(14, 5, sizes, binary=False)
    for module in (network, arrays):
        assert_equal_parameters(module.gradient(*case, ties), measured(*case))


@pytest.mark.parametrize("ties, error", [("share", 0), ("first", 0), ("all", 0.12)])
def test_gradient_where_winners_tie(ties, error):
    derived, truth = network.gradient(*FEW, ties), measured(*FEW)
    assert round(relative_error(derived.conv_w, truth.conv_w), 2) == error
    assert_equal_parameters(derived[2:], truth[2:])


@both
@pytest.mark.parametrize("ties", TIES)
def test_training_follows_the_gradient_and_changes_nothing_given(module, ties):
    images, targets, parameters = random_case(2)
    given = images, targets, *parameters
    copies = [values.copy() for values in given]
    history = module.train(images, targets, parameters, ties, 3, 0.3)
    assert len(history) == 4
    assert_equal_parameters(history[0], copies[2:], 0)
    for before, after in zip(history, history[1:]):
        gradient = module.gradient(images, targets, before, ties)
        assert_equal_parameters(after, network.update(before, gradient, 0.3), 0)
    assert all(map(np.array_equal, copies, given))


@both
def test_what_is_computed_unless_told_otherwise(module):
    assert_equal_parameters(module.gradient(*FEW), module.gradient(*FEW, "share"), 0)
    told, untold = module.train(*FEW, "share", 50, 0.1), module.train(*FEW)
    assert len(untold) == 51 and len(module.train(*FEW, epochs=0)) == 1
    assert_equal_parameters(untold[-1], told[-1], 0)


SHARES = {
    "all": [[1, 0, 0, 1], [1, 0, 0, 0]],
    "share": [[0.5, 0, 0, 1], [0.5, 0, 0, 0]],
    "first": [[1, 0, 0, 1], [0, 0, 0, 0]],
}


def test_a_pool_block_on_its_way_forward_and_back():
    conv_a = np.array([[[0.7, 0.1, 0.2, 0.9], [0.7, 0.3, 0.4, 0.5]]])
    pooled = network.pool(conv_a, 2)
    assert pooled.tolist() == [[[0.7, 0.9]]]
    assert np.array_equal(network.winners(conv_a, pooled), [SHARES["all"]])
    for ties, expected in SHARES.items():
        shares = network.winner_shares(conv_a, pooled, ties)
        assert shares.tolist() == [expected]
        unpooled = network.unpool(np.array([[[2.0, 4.0]]]), shares)
        assert unpooled.tolist() == (np.array([expected]) * [2, 2, 4, 4]).tolist()


def test_one_block_and_all_blocks_are_views_of_the_same():
    maps = np.arange(2 * 6 * 9.0).reshape(2, 6, 9)
    split = network.blocks(maps, 3)
    assert split.shape == (2, 2, 3, 3, 3) and np.shares_memory(split, maps)
    for k, u, v in np.ndindex(2, 2, 3):
        one = network.block(maps[k], u, v, 3)
        assert np.shares_memory(one, maps) and np.array_equal(one, split[k, u, v])
    assert split[1, 1, 2, 0, 2] == maps[1, 3, 8]


@pytest.mark.parametrize(
    "z, expected",
    [
        (np.arange(4, dtype=np.uint8), [0.5, 0.731058579, 0.880797078, 0.952574127]),
        (np.array([-1000.0, -40.0, 1000.0]), [0, 4.24835426e-18, 1]),
        (np.array([True, False]), [0.731058579, 0.5]),
    ],
)
def test_sigmoid_of_any_numbers_without_a_warning(z, expected):
    with np.errstate(all="raise", under="ignore"):
        assert np.allclose(network.sigmoid(z), expected, rtol=1e-8, atol=1e-300)


def test_a_gradient_shares_no_memory_with_what_it_came_from():
    delta = np.array([1.0, 2.0, 3.0])
    network.output_gradient(delta, np.ones((3, 2, 2)))[1][:] = 0
    assert delta.tolist() == [1, 2, 3]


def test_arithmetic_on_parameters():
    gradient = network.part_by_part(np.add, INITIAL, INITIAL)
    assert_equal_parameters(gradient, [2 * part for part in INITIAL], 0)
    moved = network.update(INITIAL, gradient, 0.25)
    assert isinstance(moved, Parameters)
    assert_equal_parameters(moved, [0.5 * part for part in INITIAL], 1e-15)
    row = network.flat(INITIAL)
    some = INITIAL.conv_w[2, 1, 2], INITIAL.conv_b[2], INITIAL.out_w[2, 2, 0, 1]
    assert row.shape == (69,) and (row[23], row[29], row[63]) == some


def test_accuracy_and_cost():
    out_a, targets = np.array([[0.2, 0.1], [0.3, 0.4]]), np.array([[1, 0], [1, 0]])
    assert network.accuracy(out_a, targets) == 0.5
    assert network.cost(out_a, targets) == pytest.approx(
        (0.64 + 0.01 + 0.49 + 0.16) / 2
    )


def test_random_parameters():
    draws = [network.random_parameters(seed) for seed in range(100)]
    assert_equal_parameters(draws[3], network.random_parameters(3), 0)
    assert [part.shape for part in draws[0]] == [part.shape for part in INITIAL]
    assert not any(np.any(one.conv_b) or np.any(one.out_b) for one in draws)
    wide = network.flat(network.random_parameters(3, spread=5.0))
    assert np.allclose(wide, 10 * network.flat(draws[3]))
    for weights in (np.array([p[part] for p in draws]) for part in (0, 2)):
        assert abs(np.std(weights) - 0.5) < 0.02 and abs(np.mean(weights)) < 0.02


NAN = np.where(np.arange(96) == 7, np.nan, X.T).T
# what is wrong, its value, and words of the sentence
REFUSED = [
    ("images", X[..., None], r"images .*\(96, 6, 6, 1\)"),
    ("images", X.reshape(96, 36), r"images .*\(96, 36\)"),
    ("images", X[0], r"images .*\(6, 6\)"),
    ("images", X[:0], r"images .*\(0, 6, 6\)"),
    ("images", X.astype(str), "images to be real numbers, found <U"),
    ("images", X * 1j, "images to be real numbers, found complex"),
    ("images", NAN, r"images finite, found nan at \(7, 0, 0\)"),
    ("images", X[:, :5], "pool blocks cover, found 3 x 4"),
    ("images", X[:, :2], "pool blocks cover, found 0 x 4"),
    ("targets", DIGITS.labels, r"targets .*\(96, 3\), found \(96,\)"),
    ("targets", T[:95], r"targets .*\(96, 3\), found \(95, 3\)"),
    ("targets", T[:, :1], r"targets .*found \(96, 1\)"),
    ("conv_w", np.ones((3, 7, 7)), "found 0 x 0"),
    ("conv_b", np.ones((3, 1)), r"conv_b .*\(3, 1\)"),
    ("conv_b", np.ones(4), r"conv_b .*\(3\), found \(4,\)"),
    ("out_w", np.ones((3, 2, 2, 2)), r"out_w .*\(3, 2, 2, 2\)"),
    ("out_w", np.ones((3, 12)), r"out_w .*\(3, 12\)"),
    ("out_w", np.ones((3, 3, 3, 3)), "4 x 4 .* 3 x 3"),
    ("out_w", np.ones((3, 3, 2, 1)), "4 x 4 .* 2 x 1"),
    ("out_b", np.ones(4), r"out_b .*\(3\), found \(4,\)"),
    ("out_b", [0, 1, np.inf], "out_b finite, found inf"),
    ("ties", "any", "ties to be one of .*'any'"),
    ("ties", None, "ties to be one of .*None"),
    ("epochs", -1, "epochs to be at least 0, found -1"),
    ("epochs", 2.5, "epochs to be a whole number, found 2.5"),
    ("epochs", True, "epochs to be a whole number, found True"),
    ("learning_rate", 0, "learning_rate to be above 0, found 0"),
    ("learning_rate", -0.1, "learning_rate to be above 0, found -0.1"),
    ("learning_rate", np.nan, "learning_rate finite"),
]


@both
@pytest.mark.parametrize("what, value, words", REFUSED)
def test_what_does_not_fit_is_refused_at_the_door(module, what, value, words):
    given = {"images": X, "targets": T, "parameters": INITIAL, what: value}
    if what in Parameters._fields:
        given["parameters"] = INITIAL._replace(**{what: given.pop(what)})
    doors = [module.train, module.gradient, module.outputs]
    doors = doors[: 1 if what in ("epochs", "learning_rate") else 3]
    if what in ("targets", "ties"):
        doors.pop()
    for door in doors:
        if door is module.outputs:
            given.pop("targets")
        with pytest.raises(ValueError, match="expected .*" + words):
            door(**given)


@pytest.mark.parametrize(
    "function, given, words",
    [
        (network.forward, (X, INITIAL), r"image .*\(96, 6, 6\)"),
        (network.forward, (X[0].ravel(), INITIAL), r"image .*\(36,\)"),
        (network.forward, (X[0] * np.nan, INITIAL), "image finite"),
        (network.outputs, (X, INITIAL._replace(out_b=1j * T[0])), "out_b to be real"),
        (network.accuracy, (T[0], T[0]), "out_a "),
        (network.accuracy, (T, DIGITS.labels), "targets "),
        (network.accuracy, (T, T[:5]), "targets "),
        (network.accuracy, (T, T * np.nan), "targets "),
        (network.pool_side, ((4, 4), (0, 0)), ".*4 x 4 .* 0 x 0"),
        (network.pool_side, ((5, 4), (2, 2)), ".*5 x 4 .* 2 x 2"),
        (network.pool_side, ((1, 1), (2, 2)), ".*1 x 1 .* 2 x 2"),
    ],
)
def test_what_a_single_function_refuses(function, given, words):
    with pytest.raises(ValueError, match="expected " + words):
        function(*given)


@both
def test_training_stops_at_the_first_number_that_is_not_finite(module):
    huge = INITIAL._replace(conv_w=INITIAL.conv_w * 1e200)
    with pytest.raises(ValueError, match="finite"), np.errstate(all="ignore"):
        module.train(X * 1e200, T, huge, epochs=2)


@both
@pytest.mark.parametrize("kind", [bool, np.uint8, int, list])
def test_numbers_of_other_types(module, kind):
    other = X[:9].tolist() if kind is list else X[:9].astype(kind)
    whole = Parameters(*(np.round(20 * part).astype(np.int8) for part in INITIAL))
    computed = module.gradient(other, T[:9].tolist(), whole)
    floats = Parameters(*(part.astype(float) for part in whole))
    assert_equal_parameters(computed, module.gradient(X[:9], T[:9], floats), 0)
