"""The loops against an independent statement of the network and against measurement,
and what both modules refuse at the door."""

import numpy as np
import pytest
from cases import INITIAL, SIZES, assert_equal_parameters, random_case

from helpers import arrays, network
from helpers.checks import parameter_differences, relative_error
from helpers.data import load_digits
from helpers.network import TIES, Parameters

DIGITS = load_digits()
X, T, LABELS = DIGITS.images, DIGITS.targets, DIGITS.labels


def stated_forward(images, parameters, side):
    """The forward pass once more, in another way: einsum over windows, split blocks."""
    shape = parameters.conv_w.shape[1:]
    windows = np.lib.stride_tricks.sliding_window_view(images, shape, axis=(1, 2))
    conv_z = np.einsum("nijrc,krc->nkij", windows, parameters.conv_w)
    conv_z += parameters.conv_b[:, None, None]
    conv_a = 1 / (1 + np.exp(-conv_z))
    n, k, i, j = conv_a.shape
    split = conv_a.reshape(n, k, i // side, side, j // side, side)
    pooled = split.max(axis=(3, 5))
    out_z = np.einsum("nkuv,okuv->no", pooled, parameters.out_w) + parameters.out_b
    return network.Forward(conv_z, conv_a, pooled, out_z, 1 / (1 + np.exp(-out_z)))


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_forward_equals_an_independent_statement(sizes):
    for seed in range(3):
        images, _, parameters = random_case(seed, count=3, binary=False, **sizes)
        stated = stated_forward(images, parameters, sizes["side"])
        for n, image in enumerate(images):
            for part, truth in zip(network.forward(image, parameters), stated):
                assert relative_error(part, truth[n]) < 1e-13
        out_a = network.outputs(images, parameters)
        assert relative_error(out_a, stated.out_a) < 1e-13


def measured(images, targets, parameters):
    def cost(moved):
        return network.cost(network.outputs(images, moved), targets)

    return parameter_differences(cost, parameters)


@pytest.mark.parametrize("ties", TIES)
def test_gradient_without_ties_equals_the_measured_one(ties):
    sizes = {**SIZES["larger"], "classes": 4, "count": 3, "binary": False}
    images, targets, parameters = random_case(1, **sizes)
    derived = network.gradient(images, targets, parameters, ties)
    assert_equal_parameters(derived, measured(images, targets, parameters), 1e-8)


@pytest.mark.parametrize("ties, error", [("share", 0), ("first", 0), ("all", 0.12)])
def test_gradient_where_winners_tie(ties, error):
    truth = measured(X[:5], T[:5], INITIAL)
    derived = network.gradient(X[:5], T[:5], INITIAL, ties)
    assert round(relative_error(derived.conv_w, truth.conv_w), 2) == error
    assert relative_error(derived.out_w, truth.out_w) < 1e-8


def test_sharing_is_what_is_computed_unless_told_otherwise():
    for module in (network, arrays):
        default = module.gradient(X[:5], T[:5], INITIAL)
        shared = module.gradient(X[:5], T[:5], INITIAL, "share")
        assert_equal_parameters(default, shared, 0)
        trained = module.train(X[:5], T[:5], INITIAL, epochs=2)
        shared = module.train(X[:5], T[:5], INITIAL, "share", 2, 0.1)
        assert_equal_parameters(trained[-1], shared[-1], 0)
        assert len(module.train(X[:1], T[:1], INITIAL)) == 51


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
    assert network.pool_side((2, 6, 9), (2, 2, 3)) == 3


@pytest.mark.parametrize(
    "maps, pooled",
    [
        ((4, 4), (3, 2)),
        ((4, 6), (2, 2)),
        ((4, 4), (0, 0)),
        ((1, 1), (2, 2)),
        ((5, 5), (2, 2)),
    ],
)
def test_blocks_that_do_not_cover_a_map_are_refused(maps, pooled):
    with pytest.raises(ValueError, match=f"found {maps[0]} x {maps[1]}"):
        network.pool_side(maps, pooled)


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
    assert row.shape == (69,)
    assert (row[26], row[29], row[65]) == (
        INITIAL.conv_w[2, 2, 2],
        INITIAL.conv_b[2],
        INITIAL.out_w[2, 2, 1, 1],
    )


@pytest.mark.parametrize("module", [network, arrays])
def test_training_keeps_every_epoch(module):
    images, targets, parameters = random_case(2)
    history = module.train(images, targets, parameters, "all", 3, 0.1)
    assert len(history) == 4
    assert_equal_parameters(history[0], parameters, 0)
    gradient = module.gradient(images, targets, history[2], "all")
    assert_equal_parameters(history[3], network.update(history[2], gradient, 0.1), 0)
    assert len(module.train(images, targets, parameters, epochs=0)) == 1


def test_accuracy_and_cost():
    out_a, targets = np.array([[0.2, 0.1], [0.3, 0.4]]), np.array([[1, 0], [1, 0]])
    assert network.accuracy(out_a, targets) == 0.5
    assert network.cost(out_a, targets) == pytest.approx(
        0.5 * (0.64 + 0.01 + 0.49 + 0.16)
    )


def test_random_parameters():
    one, same, other = (network.random_parameters(seed) for seed in (3, 3, 4))
    assert_equal_parameters(one, same, 0)
    assert [part.shape for part in one] == [part.shape for part in INITIAL]
    assert not np.any(one.conv_b) and not np.any(one.out_b)
    assert not np.any(one.conv_w == other.conv_w)
    wide = network.flat(network.random_parameters(3, spread=5.0))
    assert np.allclose(wide, 10 * network.flat(one))
    draws = [network.random_parameters(seed) for seed in range(100)]
    weights = np.array([[*p.conv_w.ravel(), *p.out_w.ravel()] for p in draws])
    assert abs(np.std(weights) - 0.5) < 0.02 and abs(np.mean(weights)) < 0.02


def bad(name, value):
    return INITIAL._replace(**{name: value})


NAN = np.where(np.arange(96) == 7, np.nan, X.T).T
# what is wrong: images, targets, parameters, and words of the sentence
REFUSED = {
    "a channel axis": (X[..., None], T, INITIAL, r"images .*\(96, 6, 6, 1\)"),
    "flat images": (X.reshape(96, 36), T, INITIAL, r"images .*\(96, 36\)"),
    "one image": (X[0], T, INITIAL, r"images .*\(6, 6\)"),
    "no images": (X[:0], T[:0], INITIAL, r"images .*\(0, 6, 6\)"),
    "images of text": (
        X.astype(str),
        T,
        INITIAL,
        "images to be real numbers, found <U",
    ),
    "complex images": (X * 1j, T, INITIAL, "images to be real numbers, found complex"),
    "nan": (NAN, T, INITIAL, r"images finite, found nan at \(7, 0, 0\)"),
    "infinity": (X, T, bad("out_b", [0, 1, np.inf]), "out_b finite, found inf"),
    "smaller images": (X[:, :5], T, INITIAL, "pool blocks cover, found 3 x 4"),
    "tiny images": (X[:, :2], T, INITIAL, "found 0 x 4"),
    "labels": (X, LABELS, INITIAL, r"targets .*\(96, 3\), found \(96,\)"),
    "too few targets": (X, T[:95], INITIAL, r"targets .*\(96, 3\), found \(95, 3\)"),
    "targets to broadcast": (X, T[:, :1], INITIAL, r"targets .*found \(96, 1\)"),
    "a bias as a column": (X, T, bad("conv_b", np.ones((3, 1))), r"conv_b .*\(3, 1\)"),
    "a bias too many": (
        X,
        T,
        bad("conv_b", np.ones(4)),
        r"conv_b .*\(3\), found \(4,\)",
    ),
    "outputs' biases": (X, T, bad("out_b", np.ones(4)), r"out_b .*\(3\), found \(4,\)"),
    "output weights": (
        X,
        T,
        bad("out_w", np.ones((3, 2, 2, 2))),
        r"out_w .*\(3, 2, 2, 2\)",
    ),
    "flat output weights": (X, T, bad("out_w", np.ones((3, 12))), r"out_w .*\(3, 12\)"),
    "other blocks": (X, T, bad("out_w", np.ones((3, 3, 3, 3))), "4 x 4 .* 3 x 3"),
    "oblong blocks": (X, T, bad("out_w", np.ones((3, 3, 2, 1))), "4 x 4 .* 2 x 1"),
    "filters too large": (X, T, bad("conv_w", np.ones((3, 7, 7))), "found 0 x 0"),
}


@pytest.mark.parametrize(
    "images, targets, parameters, words", REFUSED.values(), ids=REFUSED
)
@pytest.mark.parametrize("module", [network, arrays])
def test_what_does_not_fit_is_refused_at_the_door(
    module, images, targets, parameters, words
):
    doors = [module.gradient, module.train]
    calls = [lambda door=door: door(images, targets, parameters) for door in doors]
    if "targets" not in words:
        calls.append(lambda: module.outputs(images, parameters))
    for call in calls:
        with pytest.raises(ValueError, match="expected .*" + words):
            call()


@pytest.mark.parametrize("module", [network, arrays])
@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"ties": "any"}, "ties to be one of .*'any'"),
        ({"ties": None}, "ties to be one of .*None"),
        ({"epochs": -1}, "epochs to be at least 0, found -1"),
        ({"epochs": 2.5}, "epochs to be a whole number, found 2.5"),
        ({"epochs": True}, "epochs to be a whole number, found True"),
        ({"learning_rate": 0}, "learning_rate to be above 0, found 0"),
        ({"learning_rate": -0.1}, "learning_rate to be above 0"),
        ({"learning_rate": np.nan}, "learning_rate finite"),
    ],
)
def test_how_to_train_is_checked_at_the_door(module, arguments, words):
    with pytest.raises(ValueError, match="expected " + words):
        module.train(X, T, INITIAL, **{"epochs": 1, **arguments})
    if "ties" in arguments:
        with pytest.raises(ValueError, match="expected " + words):
            module.gradient(X, T, INITIAL, **arguments)


def test_one_image_and_accuracy_at_the_door():
    for image in (X, X[0].ravel(), X[0] * np.nan):
        with pytest.raises(ValueError, match="expected image "):
            network.forward(image, INITIAL)
    for targets in (LABELS, T[:5], T * np.nan):
        with pytest.raises(ValueError, match="expected targets "):
            network.accuracy(T, targets)


@pytest.mark.parametrize("module", [network, arrays])
def test_training_stops_at_the_first_number_that_is_not_finite(module):
    with pytest.raises(ValueError, match="finite"), np.errstate(all="ignore"):
        module.train(X * 1e200, T, bad("conv_w", INITIAL.conv_w * 1e200), epochs=2)


@pytest.mark.parametrize("module", [network, arrays])
@pytest.mark.parametrize("kind", [bool, np.uint8, int, list])
def test_numbers_of_other_types(module, kind):
    other = X[:9].tolist() if kind is list else X[:9].astype(kind)
    whole = Parameters(*(np.round(3 * part).astype(int) for part in INITIAL))
    computed = module.gradient(other, T[:9].tolist(), whole)
    floats = Parameters(*(part.astype(float) for part in whole))
    assert_equal_parameters(computed, module.gradient(X[:9], T[:9], floats), 0)
