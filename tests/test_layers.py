"""Layers: each backward function against measured derivatives, the network of the
course put together from them, and deeper networks against PyTorch and JAX."""

import nbformat
import numpy as np
import pytest
from cases import COURSE, INITIAL, SIZES, assert_equal_parameters, random_case
from cases import whole_weights as whole
from judges import load_jax, require
from nbclient import NotebookClient

from helpers import handwriting, layers, network
from helpers.checks import complex_step, relative_error
from helpers.network import TIES, Parameters, sigmoid, sigmoid_slope

seeded = np.random.default_rng
# K, L, rows and columns of a filter and of a map, N, to put shapes together from.
SEVEN = seeded(0).integers(1, 5, (30, 7)).tolist()


def draw(*shape, seed=0):
    return seeded([seed, *shape]).normal(size=shape)


def measured(cost, arguments):
    """The derivatives of a number by each of its arguments, by the complex step."""

    def along(q):
        return lambda values: cost(*arguments[:q], values, *arguments[q + 1 :])

    return [complex_step(along(q), point) for q, point in enumerate(arguments)]


def assert_equal(computed, expected):
    for q, (one, other) in enumerate(zip(computed, expected, strict=True)):
        assert relative_error(one, other) < 1e-12, q


def shares(z):
    """Targets for z, no column one-hot."""
    return (np.eye(*z.shape) + 0.1) / (np.eye(*z.shape) + 0.1).sum(axis=0)


def convolve_back(delta, maps, w, b):
    return layers.input_gradient(delta, w), *layers.filter_gradient(delta, maps)


def dense_back(delta, maps, w, b):
    return layers.dense_input_gradient(delta, w), *layers.dense_gradient(delta, maps)


# A forward function; the derivatives, from delta and its arguments; their shapes.
BACKWARD = {
    "convolve": (
        layers.convolve,
        convolve_back,
        lambda K, L, r, c, h, w, N: [(L, h + r - 1, w + c - 1, N), (K, L, r, c), (K,)],
    ),
    "max_pool": (
        lambda maps: layers.max_pool(maps, 2),
        lambda delta, maps: [layers.max_unpool(delta, maps, 2)],
        lambda K, L, r, c, h, w, N: [(K, 2 * h, 2 * w, N)],
    ),
    "average_pool": (
        lambda maps: layers.average_pool(maps, 3),
        lambda delta, maps: [layers.average_unpool(delta, 3)],
        lambda K, L, r, c, h, w, N: [(K, 3 * h, 3 * w, N)],
    ),
    "dense": (
        layers.dense,
        dense_back,
        lambda K, L, r, c, h, w, N: [(L, h, w, N), (K, L, h, w), (K,)],
    ),
    "relu": (
        layers.relu,
        lambda delta, z: [delta * layers.relu_slope(layers.relu(z))],
        lambda *sizes: [sizes],
    ),
    "cross_entropy": (
        lambda z: layers.cross_entropy(z, shares(z)),
        lambda delta, z: [delta * layers.softmax_delta(z, shares(z))],
        lambda K, *sizes: [(K + 1, sizes[-1])],
    ),
}


@pytest.mark.parametrize("forward, backward, shapes", BACKWARD.values(), ids=BACKWARD)
def test_backward_is_what_is_measured(forward, backward, shapes):
    for sizes in SEVEN:
        arguments = [draw(*shape) for shape in shapes(*sizes)]
        delta = draw(*np.shape(forward(*arguments)), seed=1)
        expected = measured(lambda *x, d=delta: np.sum(d * forward(*x)), arguments)
        assert_equal(backward(delta, *arguments), expected)


def test_convolution_adds_up_the_channels():
    for sizes in SEVEN:
        maps, w, b = (draw(*shape) for shape in BACKWARD["convolve"][2](*sizes))
        for n, found in enumerate(np.moveaxis(layers.convolve(maps, w, b), 3, 0)):
            each = zip(maps[..., n], w.swapaxes(0, 1))
            looped = sum(network.convolve(x, of_x, 0 * b) for x, of_x in each)
            assert relative_error(found, looped + b[:, None, None]) < 1e-12


def test_relu_and_its_kink():
    a = layers.relu(np.array([-2.0, -1e-9, 0.0, 1e-9, 3.0]))
    assert a.tolist() == [0, 0, 0, 1e-9, 3]
    assert layers.relu_slope(a).tolist() == [0, 0, 0, 1, 1]


def test_softmax_and_cross_entropy_near_zero_and_far_out():
    z = 3 * draw(4, 3)
    a, targets = np.exp(z) / np.exp(z).sum(axis=0), shares(z)
    assert relative_error(layers.softmax(z - 50), a) < 1e-12
    assert abs(layers.cross_entropy(z, targets) + np.sum(targets * np.log(a))) < 1e-12
    z, targets = np.array([[2000.0, 0.0], [0.0, -2000.0]]), np.eye(2)[:, [1, 1]]
    with np.errstate(all="raise", under="ignore"):
        assert layers.softmax(z)[:, 0].tolist() == [1, 0]
        assert layers.cross_entropy(z, targets) == 4000


def test_what_does_not_fit_is_refused():
    maps, w, b = draw(3, 5, 5, 5), draw(2, 3, 2, 2), draw(2)
    for function, *arguments in (
        (layers.convolve, maps[:2], w, b),
        (layers.convolve, maps, w, draw(3)),
        (layers.convolve, maps[:, :1], w, b),
        (layers.max_pool, maps, 2),
        (layers.max_unpool, maps[:, :2, :2], maps[:, :4, :4], 2, "none"),
        (layers.dense, maps, draw(4, 3, 5, 4), draw(4)),
        (layers.softmax_delta, draw(3, 4), np.ones((1, 4))),
        (layers.cross_entropy, draw(3, 4), np.ones((1, 4))),
    ):
        with pytest.raises(ValueError):
            function(*arguments)


# The network of the course: images, targets and parameters, the side of a pool block.
CASES = {"given": (COURSE, 2), "many ties": ((*COURSE[:2], whole(INITIAL)), 2)}
for name, sizes in SIZES.items():
    CASES[name] = random_case(7, sizes=sizes), sizes[0]
    CASES[f"{name}, grey"] = random_case(7, sizes=sizes, binary=False), sizes[0]


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("case, side", CASES.values(), ids=CASES)
def test_the_network_of_the_course_rebuilt(case, side, ties):
    images, targets, (conv_w, conv_b, out_w, out_b) = case
    maps = images.transpose(1, 2, 0)[None]
    conv_a = sigmoid(layers.convolve(maps, conv_w[:, None], conv_b))
    pooled = layers.max_pool(conv_a, side)
    out_a = sigmoid(layers.dense(pooled, out_w, out_b))
    out_delta = network.output_delta(out_a, targets.T)
    reaching = layers.dense_input_gradient(out_delta, out_w)
    unpooled = layers.max_unpool(reaching, conv_a, side, ties)
    w, b = layers.filter_gradient(unpooled * sigmoid_slope(conv_a), maps)
    computed = Parameters(w[:, 0], b, *layers.dense_gradient(out_delta, pooled))
    assert_equal_parameters(computed, network.gradient(*case, ties))


IMAGES, TARGETS = np.abs(draw(1, 8, 8, 6)), np.eye(10)[:, [3, 1, 4, 1, 5, 9]]
ONE = handwriting.start_values(seeded(3), [(3, 1, 5, 5)], (10, 3, 2, 2), 2.0)
SHAPES = [(3, 1, 3, 3), (4, 3, 3, 3)]
TWO = handwriting.start_values(seeded(3), SHAPES, (10, 4, 2, 2), 2.0)
KEPT = handwriting.dropout_mask(seeded(3), (4, 2, 2, 6), 0.3)


@pytest.mark.parametrize(
    "name, start, more, how, cost",
    [
        ("one", ONE, [], {}, layers.cross_entropy),
        ("one", ONE, [], {"out_delta": np.subtract}, network.cost),
        ("two", TWO, [], {}, layers.cross_entropy),
        ("two", TWO, [KEPT], {"rng": seeded(3)}, layers.cross_entropy),
    ],
)
def test_gradients_of_the_networks_for_handwriting(name, start, more, how, cost):
    forward = getattr(handwriting, f"forward_{name}")
    computed = getattr(handwriting, f"gradient_{name}")(IMAGES, TARGETS, start, **how)

    def cost_of(*parts):
        return cost(forward(IMAGES, start._make(parts), *more)[-1], TARGETS)

    assert type(computed) is type(start)
    assert_equal(computed, measured(cost_of, start))


def torch_gradient(start):
    torch = require("torch")
    of = torch.nn.functional
    w = [torch.tensor(part, requires_grad=True) for part in start]
    a = torch.tensor(IMAGES.transpose(3, 0, 1, 2).copy())
    if len(w) == 6:
        a = torch.relu(of.conv2d(a, *w[:2]))
    pooled = of.max_pool2d(of.conv2d(a, *w[-4:-2]), 2)
    pooled = torch.relu(pooled) if len(w) == 6 else torch.sigmoid(pooled)
    z = of.linear(pooled.flatten(1), w[-2].flatten(1), w[-1])
    of.cross_entropy(z, torch.tensor(TARGETS.T), reduction="sum").backward()
    return [part.grad.numpy() for part in w]


def jax_gradient(start):
    jax = load_jax()

    def convolve(a, w, b):
        return jax.lax.conv_general_dilated(a, w, (1, 1), "VALID") + b[:, None, None]

    def cost(w):
        a = jax.numpy.array(IMAGES.transpose(3, 0, 1, 2))
        if len(w) == 6:
            a = jax.nn.relu(convolve(a, *w[:2]))
        z = convolve(a, *w[-4:-2])
        pooled = z.reshape(*z.shape[:2], 2, 2, 2, 2).max(axis=(3, 5))
        pooled = jax.nn.relu(pooled) if len(w) == 6 else jax.nn.sigmoid(pooled)
        z = jax.numpy.einsum("nkij,okij->no", pooled, w[-2]) + w[-1]
        return -jax.numpy.sum(TARGETS.T * jax.nn.log_softmax(z, axis=1))

    return [np.asarray(part) for part in jax.grad(cost)([*start])]


@pytest.mark.parametrize("judge", [torch_gradient, jax_gradient])
def test_gradients_of_the_networks_are_judged(judge):
    assert_equal(handwriting.gradient_one(IMAGES, TARGETS, ONE), judge(ONE))
    assert_equal(handwriting.gradient_two(IMAGES, TARGETS, TWO), judge(TWO))


def test_dropout_keeps_the_mean():
    mask = handwriting.dropout_mask(seeded(3), (10_000,), 0.3)
    assert set(np.unique(mask)) == {0, 1 / 0.7} and abs(mask.mean() - 1) < 0.02


def test_start_values_and_their_spread():
    one = handwriting.start_values(seeded(3), [(200, 1, 5, 5)], (10, 200, 2, 2), 1.0)
    shapes = [(80, 1, 3, 3), (90, 80, 3, 3)]
    two = handwriting.start_values(seeded(3), shapes, (9, 90, 2, 2), 2.0)
    assert isinstance(one, Parameters) and isinstance(two, handwriting.Deep)
    for start, gain in ((one, 1), (two, 2)):
        for w, b in zip(start[::2], start[1::2]):
            assert not b.any() and b.shape == w.shape[:1]
            assert abs(w.var() * w[0].size / gain - 1) < 0.2


def test_moved_images():
    images = draw(1, 8, 8, 4)
    down = handwriting.moved(images, 0.0, np.full(4, 2), np.full(4, -1))
    expected = np.pad(images[:, :-2, 1:], [(0, 0), (2, 0), (0, 1), (0, 0)])
    assert np.allclose(down, expected, atol=1e-14)
    quarter = handwriting.moved(images, np.pi / 2, 0, 0)
    assert np.allclose(quarter, np.rot90(images, axes=(1, 2)), atol=1e-12)
    part = handwriting.moved(images, 0.0, 0.25, 0)[:, 1:]
    assert np.allclose(part, 0.75 * images[:, 1:] + 0.25 * images[:, :-1], atol=1e-12)


def test_how_far_images_are_moved(monkeypatch):
    taken = []
    monkeypatch.setattr(handwriting, "moved", lambda *given: taken.append(given))
    handwriting.shifted(seeded(3), draw(1, 8, 8, 400))
    handwriting.jiggled(seeded(3), draw(1, 8, 8, 400))
    (_, still, *steps), (_, turns, *shifts) = taken
    sides = [(-1, 0), (0, -1), (0, 0), (0, 1), (1, 0)]
    assert not still.any() and sorted(set(zip(*steps))) == sides
    for values, most in ((turns, np.radians(10)), *((v, 0.7) for v in shifts)):
        assert 0.9 * most < values.max() <= most and -most <= values.min() < -0.9 * most


def test_adam_step_by_step():
    w, memory = Parameters(*draw(4, 2)), None
    expected, m, v = np.array(w), 0.0, 0.0
    for t in (1, 2, 3):
        g = draw(4, 2, seed=t)
        w, memory = handwriting.adam(w, Parameters(*g), memory, 0.1)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        expected -= 0.1 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
    assert relative_error(np.array(w), expected) < 1e-6


def test_training_step_by_step(monkeypatch, capsys):
    """New batches each epoch, mean gradients, falling rates, a memory, and stopping."""
    images, orders, taken, moving = np.arange(5.0).reshape(1, 1, 1, 5), [], [], []

    def gradient(seen, targets, parameters, rng):
        assert np.array_equal(seen[0, 0], 10 + targets) and rng is moving[-1]
        orders.append(targets[0])
        if len(orders) == 25:
            raise KeyboardInterrupt
        return [np.full(2, 3.0 * seen.shape[-1])]

    def move(rng, seen):
        moving.append(rng)
        return seen + 10

    def step(parameters, mean, memory, rate):
        taken.append((*mean[0], memory, rate))
        return parameters + 1, (memory or 0) + 1

    def train(epochs=3, rate=0.4):
        data = images, images[0, 0]
        return handwriting.train(data, 0, gradient, epochs, rate, 2, move)

    monkeypatch.setattr(handwriting, "adam", step)
    assert train() == train() == [0, 3, 6, 9]
    first, second, memories, rates = zip(*taken)
    assert set(first + second) == {3.0} and memories == (None, *range(1, 9)) * 2
    expected = np.repeat(0.4 * np.cos([0, np.pi / 6, np.pi / 3]), 3)
    assert np.allclose(rates, [*expected, *expected], rtol=1e-12)
    assert [len(order) for order in orders] == [2, 2, 1] * 6
    run, again = (np.concatenate(orders[n : n + 9]) for n in (0, 9))
    assert sorted(run) == sorted([0, 1, 2, 3, 4] * 3) and np.array_equal(run, again)
    assert not np.array_equal(run[:5], run[5:10])
    assert train() == [0, 3, 6] and "stopped after 2 of 3" in capsys.readouterr().out
    for wrong in ({"epochs": -1}, {"rate": 0.0}):
        with pytest.raises(ValueError):
            train(**wrong)


def test_images_of_handwriting():
    images, labels = handwriting.load_handwriting()
    shipped = require("sklearn.datasets").load_digits()
    assert np.array_equal(images * 16, shipped.images.transpose(1, 2, 0)[None])
    assert np.array_equal(labels, shipped.target)


def test_the_bar_leaves_nothing_in_a_notebook(monkeypatch):
    """Not even where nobody turns it off."""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    source = "from helpers import handwriting as h\nprint('trained', [*h.progress(3)])"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60).execute()
    outputs = [(one.name, one.text) for one in notebook.cells[0].outputs]
    assert outputs == [("stdout", "trained [0, 1, 2]\n")]
