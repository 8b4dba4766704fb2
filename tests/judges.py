"""The network once more, as users of PyTorch and of JAX write it: their differentiation
judges the gradients derived by hand.

A step is a function that computes the gradient once, its arrays made beforehand. Shapes
and `ties` as in helpers.arrays. A framework is imported when it is first used.
"""

import importlib
import os

import pytest

from helpers.network import Parameters


def missing(what, reason):
    """Skip a test; fail where REQUIRE_FRAMEWORKS=1, or _BROWSER=1, is set."""
    required = os.environ.get(f"REQUIRE_{what.upper()}") == "1"
    (pytest.fail if required else pytest.skip)(reason)


def require(name, what="frameworks"):
    """A package that the course can do without, or the test ends as missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        how = f"pip install -r tests/requirements-{what}.txt"
        missing(what, f"{name} is not installed: {how}")


def load_jax():
    jax = require("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def side_of(images, parameters):
    """The side of the pool blocks."""
    rows = images.shape[1] - parameters.conv_w.shape[1] + 1
    return rows // parameters.out_w.shape[2]


def torch_step(images, targets, parameters, ties="first"):
    """By PyTorch: its max pooling gives the first winner all, its amax shares."""
    torch = require("torch")
    layers, side = torch.nn.functional, side_of(images, parameters)
    images, targets = torch.tensor(images)[:, None], torch.tensor(targets)
    tensors = [torch.tensor(part, requires_grad=True) for part in parameters]
    conv_w, conv_b, out_w, out_b = tensors

    def step():
        for part in tensors:
            part.grad = None
        conv_a = torch.sigmoid(layers.conv2d(images, conv_w[:, None], conv_b))
        if ties == "first":
            pooled = layers.max_pool2d(conv_a, side)
        else:
            blocks = conv_a.unfold(2, side, side).unfold(3, side, side)
            pooled = blocks.amax(dim=(4, 5))
        out_z = layers.linear(pooled.flatten(1), out_w.flatten(1), out_b)
        (0.5 * ((torch.sigmoid(out_z) - targets) ** 2).sum()).backward()
        return Parameters(*(part.grad for part in tensors))

    return step


def jax_step(images, targets, parameters, ties="first"):
    """By JAX, compiled: its own pooling gives the first winner all, its max shares."""
    jax, side = load_jax(), side_of(images, parameters)
    images, targets = jax.numpy.array(images)[:, None], jax.numpy.array(targets)
    parameters = Parameters(*map(jax.numpy.array, parameters))

    def pool(conv_a):
        if ties == "first":
            window, largest = (1, 1, side, side), (-jax.numpy.inf, jax.lax.max)
            return jax.lax.reduce_window(conv_a, *largest, window, window, "VALID")
        n, filters, rows, columns = conv_a.shape
        split = conv_a.reshape(n, filters, rows // side, side, columns // side, side)
        return split.max(axis=(3, 5))

    def cost(parameters, images, targets):
        conv_w, conv_b, out_w, out_b = parameters
        convolve = jax.lax.conv_general_dilated
        conv_z = convolve(images, conv_w[:, None], (1, 1), "VALID")
        pooled = pool(jax.nn.sigmoid(conv_z + conv_b[:, None, None]))
        axes = (1, 2, 3), (1, 2, 3)
        out_a = jax.nn.sigmoid(jax.numpy.tensordot(pooled, out_w, axes=axes) + out_b)
        return 0.5 * jax.numpy.sum((out_a - targets) ** 2)

    compiled = jax.jit(jax.grad(cost))
    return lambda: jax.block_until_ready(compiled(parameters, images, targets))
