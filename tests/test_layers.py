"""Layers: each backward function against measured derivatives, the network of the
course put together from them, and deeper networks against PyTorch and JAX."""

import nbformat
import numpy as np
import pytest
from cases import INITIAL, SIZES, assert_equal_parameters, random_case, whole_weights
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import load_jax, require
from nbclient import NotebookClient

from helpers import handwriting, layers, network
from helpers.checks import complex_step, finite_differences, relative_error
from helpers.data import load_digits
from helpers.handwriting import Deep
from helpers.network import TIES, Parameters, sigmoid, sigmoid_slope

PROPERTY = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
COUNT = st.integers(1, 4)
CONVOLUTIONS = st.tuples(*[COUNT] * 7)  # K, L, Fr, Fc, I, J, N


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def convolution(K, L, Fr, Fc, rows, columns, N):
    """Maps, filters, biases, and something for the maps' gradient to be measured by."""
    maps = draw(L, rows + Fr - 1, columns + Fc - 1, N)
    return maps, draw(K, L, Fr, Fc, seed=1), draw(K), draw(K, rows, columns, N)


def measured(function, delta, *arguments):
    """Each argument's gradient of sum(delta * function), by the complex step."""
    gradients = []
    for q, point in enumerate(arguments):

        def weighed(values, q=q):
            changed = [*arguments[:q], values, *arguments[q + 1 :]]
            return np.sum(delta * function(*changed))

        gradients.append(complex_step(weighed, point))
    return gradients


@PROPERTY
@given(CONVOLUTIONS)
def test_convolution(sizes):
    maps, w, b, delta = convolution(*sizes)
    expected = measured(layers.convolve, delta, maps, w, b)
    computed = layers.input_gradient(delta, w), *layers.filter_gradient(delta, maps)
    for one, other in zip(computed, expected):
        assert relative_error(one, other) < 1e-12


@PROPERTY
@given(CONVOLUTIONS)
def test_input_gradient_is_the_convolution_turned_round(sizes):
    """The two are adjoint: <delta, convolve(x)> = <input_gradient(delta), x>; and the
    gradient is a convolution of the framed delta with the turned filters."""
    maps, w, b, delta = convolution(*sizes)
    forth = np.sum(delta * layers.convolve(maps, w, 0 * b))
    back = np.sum(layers.input_gradient(delta, w) * maps)
    assert abs(forth - back) < 1e-12 * np.sum(np.abs(delta)) * np.abs(w).sum() * 10
    margin = [(0, 0), *((n - 1, n - 1) for n in w.shape[2:]), (0, 0)]
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    framed = layers.convolve(np.pad(delta, margin), turned, np.zeros(len(turned)))
    assert relative_error(framed, layers.input_gradient(delta, w)) < 1e-12


@PROPERTY
@given(CONVOLUTIONS)
def test_convolution_equals_the_loops_channel_by_channel(sizes):
    maps, w, b, _ = convolution(*sizes)
    computed = layers.convolve(maps, w, b)
    for n in range(maps.shape[3]):
        looped = [
            network.convolve(maps[channel, ..., n], w[:, channel], 0 * b)
            for channel in range(len(maps))
        ]
        assert relative_error(computed[..., n], sum(looped) + b[:, None, None]) < 1e-12


@PROPERTY
@given(st.tuples(COUNT, COUNT, COUNT, COUNT), st.integers(1, 3))
def test_pooling(sizes, side):
    K, U, V, N = sizes
    maps, reaching = draw(K, U * side, V * side, N), draw(K, U, V, N, seed=2)
    for ties in TIES:
        (expected,) = measured(lambda m: layers.max_pool(m, side), reaching, maps)
        computed = layers.max_unpool(reaching, maps, side, ties)
        assert relative_error(computed, expected) < 1e-12
    (expected,) = measured(lambda m: layers.average_pool(m, side), reaching, maps)
    assert relative_error(layers.average_unpool(reaching, side), expected) < 1e-12
    assert np.array_equal(layers.unsplit(layers.split(maps, side), side), maps)


@PROPERTY
@given(st.tuples(COUNT, COUNT, COUNT, COUNT), st.integers(1, 3), st.integers(0, 99))
def test_tie_rules_equal_the_loops(sizes, side, seed):
    K, U, V, N = sizes
    maps = np.random.default_rng(seed).integers(0, 2, (K, U * side, V * side, N)) / 2
    reaching = draw(K, U, V, N)
    for ties, n in ((ties, n) for ties in TIES for n in range(N)):
        one = maps[..., n]
        shares = network.winner_shares(one, network.pool(one, side), ties)
        expected = network.unpool(reaching[..., n], shares)
        computed = layers.max_unpool(reaching, maps, side, ties)[..., n]
        assert relative_error(computed, expected) < 1e-14
    shared = layers.max_unpool(np.ones((K, U, V, N)), maps, side)
    assert abs(shared.sum() - K * U * V * N) < 1e-9


@PROPERTY
@given(st.lists(COUNT, min_size=1, max_size=3), COUNT, COUNT)
def test_dense(shape, outputs, count):
    maps, w, b = draw(*shape, count), draw(outputs, *shape), draw(outputs)
    delta = draw(outputs, count, seed=3)
    expected = measured(layers.dense, delta, maps, w, b)
    computed = (
        layers.dense_input_gradient(delta, w),
        *layers.dense_gradient(delta, maps),
    )
    for one, other in zip(computed, expected):
        assert relative_error(one, other) < 1e-12


def test_relu_and_its_kink():
    z = np.array([-2.0, -1e-9, 0.0, 1e-9, 3.0])
    a = layers.relu(z)
    assert a.tolist() == [0, 0, 0, 1e-9, 3]
    assert layers.relu_slope(a).tolist() == [0, 0, 0, 1, 1]
    (slopes,) = measured(layers.relu, 1.0, z[[0, 1, 3, 4]])
    assert slopes.tolist() == [0, 0, 1, 1]


@PROPERTY
@given(COUNT, COUNT, st.floats(-50, 50))
def test_softmax_and_cross_entropy(outputs, count, shift):
    z = 3 * draw(outputs, count)
    targets = np.eye(outputs)[:, np.arange(count) % outputs]
    a = layers.softmax(z)
    assert np.allclose(a.sum(axis=0), 1, rtol=0, atol=1e-14)
    assert relative_error(layers.softmax(z + shift), a) < 1e-12
    naive = -np.sum(targets * np.log(np.exp(z) / np.exp(z).sum(axis=0)))
    assert abs(layers.cross_entropy(z, targets) - naive) < 1e-12 * (1 + naive)
    soft = 0.9 * targets + 0.1 / outputs
    for y in (targets, soft):
        exact = complex_step(lambda z, y=y: layers.cross_entropy(z, y), z)
        assert np.max(np.abs(layers.softmax_delta(z, y) - exact)) < 1e-13


def test_softmax_far_out():
    z, targets = np.array([[2000.0, 0.0], [0.0, -2000.0]]), np.eye(2)[:, [1, 1]]
    with np.errstate(all="raise", under="ignore"):
        assert layers.softmax(z)[:, 0].tolist() == [1, 0]
        assert layers.cross_entropy(z, targets) == 4000


def test_what_does_not_fit_is_refused():
    maps, w, b, delta = convolution(2, 3, 2, 2, 4, 4, 5)
    for wrong in (
        lambda: layers.convolve(maps[:2], w, b),
        lambda: layers.convolve(maps, w, b[:1].repeat(3)),
        lambda: layers.convolve(maps[:, :1], w, b),
        lambda: layers.max_pool(maps, 2),
        lambda: layers.dense(maps, draw(4, 3, 5, 4), draw(4)),
        lambda: layers.softmax_delta(draw(3, 4), np.ones((4, 3))),
        lambda: layers.cross_entropy(draw(3, 4), np.ones((1, 4))),
    ):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError, match="ties"):
        layers.max_unpool(delta[:, ::2, ::2], delta, 2, "none")


def rebuilt(images, targets, parameters, side, ties):
    """The network of the course, from layers."""
    maps, (conv_w, conv_b, out_w, out_b) = images.transpose(1, 2, 0)[None], parameters
    conv_a = sigmoid(layers.convolve(maps, conv_w[:, None], conv_b))
    pooled = layers.max_pool(conv_a, side)
    out_delta = network.output_delta(
        sigmoid(layers.dense(pooled, out_w, out_b)), targets.T
    )
    reaching = layers.dense_input_gradient(out_delta, out_w)
    unpooled = layers.max_unpool(reaching, conv_a, side, ties)
    w, b = layers.filter_gradient(unpooled * sigmoid_slope(conv_a), maps)
    return Parameters(w[:, 0], b, *layers.dense_gradient(out_delta, pooled))


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("binary", [True, False])
def test_the_network_rebuilt(ties, sizes, binary):
    case = random_case(7, sizes=sizes, binary=binary)
    computed = rebuilt(*case, sizes[0], ties)
    assert_equal_parameters(computed, network.gradient(*case, ties))


@pytest.mark.parametrize("ties", TIES)
def test_the_course_rebuilt(ties):
    digits = load_digits()
    for parameters in (INITIAL, whole_weights(INITIAL), network.random_parameters(3)):
        case = digits.images, digits.targets, parameters
        computed = rebuilt(*case, 2, ties)
        assert_equal_parameters(computed, network.gradient(*case, ties))


# Three convolution layers of other sizes, then two dense ones: name, shapes.
SHAPES = [(3, 2, 2, 3), (4, 3, 3, 2), (2, 4, 2, 2), (5, 2, 2, 1), (3, 5)]


def stack(pool, unpool, bend, slope):
    """A network of five layers: its outputs z, and its gradient, a list of w and b."""

    def forward(maps, parameters):
        (w0, b0, w1, b1, w2, b2, w3, b3, w4, b4) = parameters
        first = bend(layers.convolve(maps, w0, b0))
        pooled = pool(first, 2)
        second = bend(layers.convolve(pooled, w1, b1))
        third = bend(layers.convolve(second, w2, b2))
        hidden = sigmoid(layers.dense(third, w3, b3))
        return first, pooled, second, third, hidden, layers.dense(hidden, w4, b4)

    def gradient(maps, targets, parameters):
        w1, w2, w3, w4 = parameters[2::2]
        first, pooled, second, third, hidden, z = forward(maps, parameters)
        delta4 = layers.softmax_delta(z, targets)
        delta3 = layers.dense_input_gradient(delta4, w4) * sigmoid_slope(hidden)
        delta2 = layers.dense_input_gradient(delta3, w3) * slope(third)
        delta1 = layers.input_gradient(delta2, w2) * slope(second)
        delta0 = unpool(layers.input_gradient(delta1, w1), first, 2) * slope(first)
        return [
            *layers.filter_gradient(delta0, maps),
            *layers.filter_gradient(delta1, pooled),
            *layers.filter_gradient(delta2, second),
            *layers.dense_gradient(delta3, third),
            *layers.dense_gradient(delta4, hidden),
        ]

    return lambda maps, parameters: forward(maps, parameters)[-1], gradient


def stack_case(seed=0):
    rng = np.random.default_rng(seed)
    parameters = [
        part
        for shape in SHAPES
        for part in (0.7 * rng.normal(size=shape), 0.3 * rng.normal(size=shape[0]))
    ]
    targets = np.eye(3)[:, rng.integers(3, size=6)]
    return rng.random((2, 11, 8, 6)), targets, parameters


KINDS = {
    f"{pool}, {bend.__name__}": (pool, bend, slope)
    for pool in ("max", "average")
    for bend, slope in ((layers.relu, layers.relu_slope), (sigmoid, sigmoid_slope))
}
POOLS = {
    "max": (layers.max_pool, layers.max_unpool),
    "average": (
        layers.average_pool,
        lambda reaching, maps, side: layers.average_unpool(reaching, side),
    ),
}
each_kind = pytest.mark.parametrize("pool, bend, slope", KINDS.values(), ids=KINDS)


@each_kind
def test_five_layers_measured(pool, bend, slope):
    maps, targets, parameters = stack_case()
    outputs, gradient = stack(*POOLS[pool], bend, slope)
    computed = gradient(maps, targets, parameters)
    for q, part in enumerate(parameters):

        def cost(values, q=q):
            changed = [*parameters[:q], values, *parameters[q + 1 :]]
            return layers.cross_entropy(outputs(maps, changed), targets)

        assert relative_error(computed[q], complex_step(cost, part)) < 1e-12
        assert relative_error(computed[q], finite_differences(cost, part)) < 1e-6


def torch_stack(maps, targets, parameters, pool, bend):
    torch = require("torch")
    functions = torch.nn.functional
    bend = {"relu": torch.relu, "sigmoid": torch.sigmoid}[bend]
    pool = {"max": functions.max_pool2d, "average": functions.avg_pool2d}[pool]
    w = [torch.tensor(part, requires_grad=True) for part in parameters]
    a = torch.tensor(maps.transpose(3, 0, 1, 2).copy())
    a = pool(bend(functions.conv2d(a, w[0], w[1])), 2)
    a = bend(functions.conv2d(a, w[2], w[3]))
    a = bend(functions.conv2d(a, w[4], w[5]))
    a = torch.sigmoid(functions.linear(a.flatten(1), w[6].flatten(1), w[7]))
    z = functions.linear(a, w[8], w[9])
    labels = torch.tensor(np.argmax(targets, axis=0))
    functions.cross_entropy(z, labels, reduction="sum").backward()
    return [part.grad.numpy() for part in w]


def jax_stack(maps, targets, parameters, pool, bend):
    jax = load_jax()
    bend = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[bend]

    def convolve(a, w, b):
        z = jax.lax.conv_general_dilated(a, w, (1, 1), "VALID")
        return bend(z + b[:, None, None])

    def cost(w):
        a = convolve(jax.numpy.array(maps.transpose(3, 0, 1, 2)), w[0], w[1])
        n, k, rows, columns = a.shape
        cut = a.reshape(n, k, rows // 2, 2, columns // 2, 2)
        a = cut.max(axis=(3, 5)) if pool == "max" else cut.mean(axis=(3, 5))
        a = convolve(convolve(a, w[2], w[3]), w[4], w[5])
        a = jax.nn.sigmoid(jax.numpy.einsum("nkij,okij->no", a, w[6]) + w[7])
        z = a @ w[8].T + w[9]
        return -jax.numpy.sum(targets.T * jax.nn.log_softmax(z, axis=1))

    return [np.asarray(part) for part in jax.grad(cost)(parameters)]


@each_kind
@pytest.mark.parametrize("judge", [torch_stack, jax_stack])
def test_five_layers_judged(judge, pool, bend, slope):
    case = stack_case(1)
    computed = stack(*POOLS[pool], bend, slope)[1](*case)
    for one, other in zip(computed, judge(*case, pool, bend.__name__)):
        assert relative_error(one, other) < 1e-12


def small_case(name):
    rng = np.random.default_rng(5)
    images, targets = rng.random((1, 8, 8, 6)), np.eye(10)[:, rng.integers(10, size=6)]
    shapes = {"one": [(3, 1, 5, 5)], "two": [(3, 1, 3, 3), (4, 3, 3, 3)]}[name]
    out = (10, shapes[-1][0], 2, 2)
    parameters = handwriting.start_values(rng, shapes, out, 2.0)
    return (
        images,
        targets,
        parameters._make(p + 0.1 * draw(*p.shape) for p in parameters),
    )


@pytest.mark.parametrize("name", ["one", "two"])
def test_gradient_of_the_networks_for_handwriting(name):
    images, targets, parameters = small_case(name)
    gradient = getattr(handwriting, f"gradient_{name}")
    forward = getattr(handwriting, f"forward_{name}")
    computed = gradient(images, targets, parameters)
    for field, part, one in zip(parameters._fields, parameters, computed):

        def cost(values, field=field):
            moved = parameters._replace(**{field: values})
            return layers.cross_entropy(forward(images, moved)[-1], targets)

        assert relative_error(one, complex_step(cost, part)) < 1e-12, field


def test_gradient_with_dropout_and_with_squared_error():
    images, targets, parameters = small_case("two")
    shape = 4, 2, 2, 6
    kept = handwriting.dropout_mask(np.random.default_rng(3), shape, 0.3)
    computed = handwriting.gradient_two(
        images, targets, parameters, np.random.default_rng(3)
    )

    def cost(values):
        moved = parameters._replace(conv_w=values)
        z = handwriting.forward_two(images, moved, kept)[-1]
        return layers.cross_entropy(z, targets)

    exact = complex_step(cost, parameters.conv_w)
    assert relative_error(computed.conv_w, exact) < 1e-12
    assert 0 < np.mean(kept == 0) < 1 and set(np.unique(kept)) == {0, 1 / 0.7}
    images, targets, parameters = small_case("one")

    def squared_delta(z, y):
        return network.output_delta(sigmoid(z), y)

    computed = handwriting.gradient_one(
        images, targets, parameters, out_delta=squared_delta
    )

    def squared(values):
        moved = parameters._replace(out_w=values)
        z = handwriting.forward_one(images, moved)[-1]
        return network.cost(sigmoid(z), targets)

    exact = complex_step(squared, parameters.out_w)
    assert relative_error(computed.out_w, exact) < 1e-12


def test_start_values_and_their_spread():
    rng = np.random.default_rng(0)
    one = handwriting.start_values(rng, [(200, 1, 5, 5)], (10, 200, 2, 2), 1.0)
    two = handwriting.start_values(
        rng, [(80, 1, 3, 3), (90, 80, 3, 3)], (9, 90, 2, 2), 2.0
    )
    assert isinstance(one, Parameters) and isinstance(two, Deep)
    for start, gain in ((one, 1), (two, 2)):
        for w, b in zip(start[::2], start[1::2]):
            assert not b.any() and b.shape == w.shape[:1]
            assert abs(w.var() * w[0].size / gain - 1) < 0.2


def test_moved_images():
    images = draw(1, 8, 8, 4)
    assert np.allclose(handwriting.moved(images, 0.0, 0, 0), images, atol=1e-14)
    down = handwriting.moved(images, 0.0, np.full(4, 2), np.full(4, -1))
    assert np.allclose(down[:, 2:, :-1], images[:, :-2, 1:], atol=1e-14)
    assert not down[:, :2].any() and not down[:, :, -1].any()
    quarter = handwriting.moved(images, np.pi / 2, 0, 0)
    assert np.allclose(quarter, np.rot90(images, axes=(1, 2)), atol=1e-12)
    half = handwriting.moved(images, 0.0, 0.5, 0)[:, 1:]
    assert np.allclose(half, (images[:, 1:] + images[:, :-1]) / 2, atol=1e-12)


def test_how_far_images_are_moved(monkeypatch):
    taken = []
    monkeypatch.setattr(handwriting, "moved", lambda *given: taken.append(given))
    rng, images = np.random.default_rng(1), draw(1, 8, 8, 400)
    handwriting.shifted(rng, images)
    handwriting.jiggled(rng, images)
    (_, still, *steps), (_, turns, *shifts) = taken
    sides = [(-1, 0), (0, -1), (0, 0), (0, 1), (1, 0)]
    assert not still.any() and sorted(set(zip(*steps))) == sides
    for values, most in ((turns, np.radians(10)), *((v, 0.7) for v in shifts)):
        assert 0.9 * most < values.max() <= most and -most <= values.min() < -0.9 * most


def test_adam_and_momentum_step_by_step():
    w, g = Parameters(*draw(4, 2)), [Parameters(*draw(4, 2, seed=s)) for s in (1, 2, 3)]
    adam = momentum = (w, None)
    m = v = last = 0.0
    expected_adam = expected_momentum = np.array(w)
    for t, gradient in enumerate(np.array(g), start=1):
        adam = handwriting.adam(adam[0], gradient, adam[1], 0.1)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        root = np.sqrt(v / (1 - 0.999**t))
        expected_adam = expected_adam - 0.1 * m / (1 - 0.9**t) / root
        momentum = handwriting.momentum(momentum[0], gradient, momentum[1], 0.1)
        last = 0.9 * last - 0.1 * gradient
        expected_momentum = expected_momentum + last
    assert relative_error(np.array(adam[0]), expected_adam) < 1e-6
    assert relative_error(np.array(momentum[0]), expected_momentum) < 1e-14


def test_batches_hold_each_image_once():
    cut = handwriting.batches(np.random.default_rng(0), 23, 5)
    assert [len(part) for part in cut] == [5, 5, 5, 5, 3]
    assert sorted(np.concatenate(cut)) == list(range(23))


def test_training_learns_repeats_and_can_be_stopped(capsys):
    images, labels = handwriting.load_handwriting()
    images, targets = images[..., :100], np.eye(10)[:, labels[:100]]
    parameters = small_case("one")[2]
    data, gradient = (images, targets), handwriting.gradient_one
    history = handwriting.train(data, parameters, gradient, 30, 0.02, batch=25)
    again = handwriting.train(data, parameters, gradient, 30, 0.02, batch=25)
    assert len(history) == 31 and history[0] is parameters
    assert_equal_parameters(again[-1], history[-1], 0)
    costs = [
        layers.cross_entropy(handwriting.forward_one(images, p)[-1], targets)
        for p in (history[0], history[-1])
    ]
    assert costs[1] < 0.5 * costs[0]

    calls = []

    def stopped(*arguments):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return gradient(*arguments)

    kept = handwriting.train(data, parameters, stopped, 30, 0.02, batch=50)
    assert len(kept) == 3 and "stopped after 2 of 30" in capsys.readouterr().out
    assert_equal_parameters(kept[0], history[0], 0)
    for wrong in ({"epochs": -1, "rate": 1.0}, {"epochs": 1, "rate": 0.0}):
        with pytest.raises(ValueError):
            handwriting.train(data, parameters, gradient, **wrong)


def test_training_hands_on_means_falling_rates_and_memory():
    taken, rng = [], []

    def gradient(images, targets, parameters, generator):
        rng.append(generator)
        return [np.full(2, 3.0 * images.shape[-1])]

    def step(parameters, mean, memory, rate):
        taken.append((*mean[0], memory, rate))
        return parameters, len(taken)

    data, moves = (draw(1, 2, 2, 5), draw(3, 5)), []

    def move(generator, images):
        moves.append(images.shape[-1])
        return images

    handwriting.train(data, None, gradient, 3, 0.4, 2, step, move)
    first, second, memories, rates = zip(*taken)
    assert set(first + second) == {3.0} and moves == [2, 2, 1] * 3
    assert memories == (None, *range(1, 9)) and len({id(one) for one in rng}) == 1
    expected = np.repeat(0.4 * np.cos([0, np.pi / 6, np.pi / 3]), 3)
    assert np.allclose(rates, expected, rtol=1e-12)


def test_images_of_handwriting():
    images, labels = handwriting.load_handwriting()
    assert images.shape == (1, 8, 8, 1797) and labels.shape == (1797,)
    assert images.min() == 0 and images.max() == 1
    shipped = require("sklearn.datasets").load_digits()
    assert np.array_equal(images[0].transpose(2, 0, 1) * 16, shipped.images)
    assert np.array_equal(labels, shipped.target)


def test_the_bar_leaves_nothing_in_a_notebook(monkeypatch):
    """Not even where nobody turns it off."""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    source = """if True:
        from helpers.handwriting import progress
        for epoch in progress(3):
            pass
        print("trained")
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60).execute()
    outputs = [(one.name, one.text) for one in notebook.cells[0].outputs]
    assert outputs == [("stdout", "trained\n")]
