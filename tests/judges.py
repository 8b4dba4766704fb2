"""The network once more, as users of PyTorch and of JAX write it: their differentiation
judges the gradients derived by hand.

Shapes and `ties` as in helpers.arrays. A framework is imported when it is first used.
"""

import importlib
import os

import numpy as np
import pytest

from helpers.network import Parameters


def require(name):
    """A package that the course can do without. Where it is not installed the test is
    skipped; with REQUIRE_FRAMEWORKS=1 in the environment it fails."""
    try:
        return importlib.import_module(name)
    except ImportError:
        how = "pip install -r tests/requirements-frameworks.txt"
        reason = f"{name} is not installed: {how}"
        required = os.environ.get("REQUIRE_FRAMEWORKS") == "1"
        (pytest.fail if required else pytest.skip)(reason)


def load_jax():
    jax = require("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def torch_pool(conv_a, side, ties):
    """Max pooling under each tie rule. conv_a: (N, K, I, J)."""
    torch = require("torch")
    if ties == "first":
        return torch.nn.functional.max_pool2d(conv_a, side)
    maps = conv_a.flatten(0, 1)[:, None]
    positions = torch.nn.functional.unfold(maps, side, stride=side)
    pooled = positions.amax(dim=1)
    if ties == "all":
        moving = (positions == pooled[:, None]) * (positions - positions.detach())
        pooled = pooled.detach() + moving.sum(dim=1)
    rows, columns = conv_a.shape[2] // side, conv_a.shape[3] // side
    return pooled.reshape(*conv_a.shape[:2], rows, columns)


def torch_step(images, targets, parameters, side, ties="first"):
    """A function that computes the gradient once, all tensors made beforehand."""
    torch = require("torch")
    layers = torch.nn.functional
    images, targets = torch.tensor(images)[:, None], torch.tensor(targets)
    tensors = [torch.tensor(part, requires_grad=True) for part in parameters]
    conv_w, conv_b, out_w, out_b = tensors

    def step():
        for part in tensors:
            part.grad = None
        conv_a = torch.sigmoid(layers.conv2d(images, conv_w[:, None], conv_b))
        pooled = torch_pool(conv_a, side, ties).flatten(1)
        out_a = torch.sigmoid(layers.linear(pooled, out_w.flatten(1), out_b))
        (0.5 * ((out_a - targets) ** 2).sum()).backward()
        return [part.grad for part in tensors]

    return step


def torch_gradient(images, targets, parameters, side, ties):
    step = torch_step(images, targets, parameters, side, ties)
    return Parameters(*(part.numpy() for part in step()))


def jax_pool(conv_a, side, ties):
    """Max pooling: JAX's own gives the first winner all, its maximum shares."""
    jax = load_jax()
    if ties == "first":
        window = (1, 1, side, side)
        lowest = -jax.numpy.inf
        return jax.lax.reduce_window(
            conv_a, lowest, jax.lax.max, window, window, "VALID"
        )
    n, filters, rows, columns = conv_a.shape
    split = conv_a.reshape(n, filters, rows // side, side, columns // side, side)
    return split.max(axis=(3, 5))


def jax_step(images, targets, parameters, side, ties="first"):
    """A function that computes the gradient once, compiled, all arrays made before."""
    jax = load_jax()
    images, targets = jax.numpy.array(images)[:, None], jax.numpy.array(targets)
    parameters = Parameters(*map(jax.numpy.array, parameters))

    def cost(parameters, images, targets):
        conv_w, conv_b, out_w, out_b = parameters
        convolve = jax.lax.conv_general_dilated
        conv_z = convolve(images, conv_w[:, None], (1, 1), "VALID")
        conv_a = jax.nn.sigmoid(conv_z + conv_b[:, None, None])
        pooled = jax_pool(conv_a, side, ties)
        axes = (1, 2, 3), (1, 2, 3)
        out_a = jax.nn.sigmoid(jax.numpy.tensordot(pooled, out_w, axes=axes) + out_b)
        return 0.5 * jax.numpy.sum((out_a - targets) ** 2)

    compiled = jax.jit(jax.grad(cost))
    return lambda: jax.block_until_ready(compiled(parameters, images, targets))


def jax_gradient(images, targets, parameters, side, ties):
    step = jax_step(images, targets, parameters, side, ties)
    return Parameters(*map(np.asarray, step()))
