"""Judges nobody here wrote: PyTorch and JAX differentiate the same network, SciPy convolves and pools.

A framework that is missing skips its tests; with REQUIRE_FRAMEWORKS=1 in the environment it fails them.
"""

import os

import judges
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from cases import INITIAL, SIZES, random_case

from helpers import arrays, network
from helpers.checks import relative_error
from helpers.data import load_digits


def require(name):
    """Skip where a framework is not installed, or fail where it has to be."""
    if name in judges.MISSING:
        reason = f"{name} is not installed: {judges.INSTALL}"
        pytest.fail(reason) if os.environ.get("REQUIRE_FRAMEWORKS") == "1" else pytest.skip(reason)


def course_case():
    digits = load_digits()
    return digits.images, digits.targets, INITIAL


def case_of_ties():
    """Weights -1, 0 and 1: sums are exact, so different windows tie in every framework."""
    images, targets, parameters = random_case(8)
    return images, targets, parameters._replace(conv_w=np.clip(np.round(parameters.conv_w), -1, 1), conv_b=np.round(parameters.conv_b))


CASES = {"course": (course_case, 2), "different windows tie": (case_of_ties, 2)} | {
    f"{kind}, {name}": (lambda sizes=sizes, binary=kind == "binary": random_case(7, binary=binary, **sizes), sizes.get("side", 2))
    for kind in ("binary", "real") for name, sizes in SIZES.items()}


def assert_same(case, judged):
    """Both implementations here against a judge's gradient, under every tie rule he knows."""
    make, side = CASES[case]
    images, targets, parameters = make()
    for ties, judge in judged.items():
        expected = judge(images, targets, parameters, side, ties)
        for implementation in (network, arrays):
            for derived, part in zip(implementation.gradient(images, targets, parameters, ties), expected):
                assert relative_error(derived, part) < 1e-12, (implementation.__name__, ties)


@pytest.mark.parametrize("case", CASES)
def test_gradient_by_pytorch(case):
    require("PyTorch")
    assert_same(case, dict.fromkeys(network.TIES, judges.torch_gradient))


@pytest.mark.parametrize("case", CASES)
def test_gradient_by_jax(case):
    require("JAX")
    assert_same(case, dict.fromkeys(("first", "share"), judges.jax_gradient))


def test_training_by_pytorch():
    require("PyTorch")
    images, targets, judged = course_case()
    for _ in range(50):
        judged = network.update(judged, judges.torch_gradient(images, targets, judged, 2, "first"), 0.2)
    for trained, part in zip(arrays.train(images, targets, INITIAL, "first")[-1], judged):
        assert relative_error(trained, part) < 1e-9


def feature_maps(images, parameters):
    """The weighted inputs and the pooled maps that arrays.py computes on the way, for each image: (N, K, B, S) and (N, K, B)."""
    conv_z, pooled = [], []
    for part, blocks in arrays.batches(images, parameters):
        passed, count = arrays.forward(blocks, parameters), len(images[part])
        values = np.array([arrays.gather(z, blocks.index) for z in passed.conv_z])
        conv_z.append(values.reshape(len(values), len(parameters.conv_w), -1, count).transpose(3, 1, 2, 0))
        pooled.append(passed.pooled.reshape(len(parameters.conv_w), -1, count).transpose(2, 0, 1))
    return np.concatenate(conv_z) + parameters.conv_b[:, None, None], np.concatenate(pooled)


def by_blocks(maps, side):
    """(N, K, I, J) as (N, K, B, S): the positions of each pool block, row by row."""
    n, filters, rows, columns = maps.shape
    blocks = maps.reshape(n, filters, rows // side, side, columns // side, side).transpose(0, 1, 2, 4, 3, 5)
    return blocks.reshape(n, filters, -1, side * side)


def assert_same_maps(case, conv_z, pooled):
    """Convolution (N, K, I, J) and pooled maps (N, K, U, V) of a judge against both implementations."""
    make, side = CASES[case]
    images, _, parameters = make()
    computed_z, computed_pooled = feature_maps(images, parameters)
    assert relative_error(computed_z, by_blocks(conv_z, side)) < 1e-13
    assert relative_error(computed_pooled, pooled.reshape(computed_pooled.shape)) < 1e-13
    for n in range(3):
        passed = network.forward(images[n], parameters)
        assert relative_error(passed.conv_z, conv_z[n]) < 1e-13
        assert relative_error(passed.pooled, pooled[n]) < 1e-13


@pytest.mark.parametrize("case", CASES)
def test_convolution_and_pooling_by_scipy(case):
    make, side = CASES[case]
    images, _, parameters = make()
    conv_z = np.array([[scipy.signal.correlate(image, w, mode="valid", method="direct") + b
                        for w, b in zip(parameters.conv_w, parameters.conv_b)] for image in images])
    largest = scipy.ndimage.maximum_filter(1 / (1 + np.exp(-conv_z)), size=(1, 1, side, side))
    assert_same_maps(case, conv_z, largest[:, :, side // 2::side, side // 2::side])


@pytest.mark.parametrize("case", CASES)
def test_convolution_and_pooling_by_pytorch(case):
    require("PyTorch")
    make, side = CASES[case]
    images, _, parameters = make()
    conv_w, conv_b = judges.torch.tensor(parameters.conv_w), judges.torch.tensor(parameters.conv_b)
    conv_z = judges.torch.nn.functional.conv2d(judges.torch.tensor(images)[:, None], conv_w[:, None], conv_b)
    pooled = judges.torch.nn.functional.max_pool2d(judges.torch.sigmoid(conv_z), side)
    assert_same_maps(case, conv_z.numpy(), pooled.numpy())
