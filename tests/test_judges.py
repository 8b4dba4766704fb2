"""Judges nobody here wrote: PyTorch and JAX differentiate the same network, SciPy and
PyTorch convolve and pool."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from cases import INITIAL, SIZES, assert_equal_parameters, random_case, whole_weights
from judges import jax_gradient, require, torch_gradient

from helpers import arrays, network
from helpers.checks import relative_error
from helpers.data import load_digits

DIGITS = load_digits()
COURSE = DIGITS.images, DIGITS.targets, INITIAL
IMAGES, TARGETS, PARAMETERS = random_case(8)
CASES = {
    "course": (*COURSE, 2),
    "different windows tie": (IMAGES, TARGETS, whole_weights(PARAMETERS), 2),
} | {
    f"{'binary' if binary else 'real'}, {name}": (
        *random_case(7, binary=binary, **sizes),
        sizes["side"],
    )
    for binary in (True, False)
    for name, sizes in SIZES.items()
}
JUDGES = [(torch_gradient, ties) for ties in network.TIES]
JUDGES += [(jax_gradient, ties) for ties in ("share", "first")]

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
@pytest.mark.parametrize("judge, ties", JUDGES)
def test_gradient(case, judge, ties):
    expected = judge(*case, ties)
    for module in (network, arrays):
        assert_equal_parameters(module.gradient(*case[:3], ties), expected)


def test_training():
    images, targets, judged = COURSE
    for _ in range(50):
        gradient = torch_gradient(images, targets, judged, 2, "first")
        judged = network.update(judged, gradient, 0.2)
    trained = arrays.train(*COURSE, "first", 50, 0.2)[-1]
    assert_equal_parameters(trained, judged, 1e-9)


def by_scipy(images, parameters, side):
    conv_z = [
        [
            scipy.signal.correlate(image, w, mode="valid", method="direct") + b
            for w, b in zip(parameters.conv_w, parameters.conv_b)
        ]
        for image in images
    ]
    conv_a = 1 / (1 + np.exp(-np.array(conv_z)))
    largest = scipy.ndimage.maximum_filter(conv_a, size=(1, 1, side, side))
    return conv_z, largest[:, :, side // 2 :: side, side // 2 :: side]


def by_torch(images, parameters, side):
    torch = require("torch")
    layers = torch.nn.functional
    w, b = torch.tensor(parameters.conv_w)[:, None], torch.tensor(parameters.conv_b)
    conv_z = layers.conv2d(torch.tensor(images)[:, None], w, b)
    return conv_z.numpy(), layers.max_pool2d(torch.sigmoid(conv_z), side).numpy()


@each_case
@pytest.mark.parametrize("judge", [by_scipy, by_torch])
def test_convolution_and_pooling(case, judge):
    images, _, parameters, side = case
    conv_z, pooled = judge(images, parameters, side)
    for n in range(3):
        passed = network.forward(images[n], parameters)
        assert relative_error(passed.conv_z, conv_z[n]) < 1e-13
        assert relative_error(passed.pooled, pooled[n]) < 1e-13
    windows = arrays.as_windows(images, parameters)
    columns = arrays.step_forward(windows, parameters)[1]
    together = columns.T.reshape(pooled.shape)
    assert relative_error(together, pooled) < 1e-13
