"""The network once more, as users of PyTorch and of JAX write it: their differentiation judges the gradients derived by hand.

Shapes and `ties` as in helpers/arrays.py. A framework that is not installed is None here. JAX reads its environment
variables when this module is imported.
"""

import numpy as np

from helpers.network import Parameters

try:
    import torch
except ImportError:
    torch = None
try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = None
else:
    jax.config.update("jax_enable_x64", True)

INSTALL = "pip install -r tests/requirements-frameworks.txt"
MISSING = [name for name, framework in (("PyTorch", torch), ("JAX", jax)) if framework is None]


def torch_pool(conv_a, side, ties):
    """Max pooling under each tie rule. conv_a: (N, K, I, J). Returns (N, K, I/side, J/side)."""
    if ties == "first":
        return torch.nn.functional.max_pool2d(conv_a, side)
    positions = torch.nn.functional.unfold(conv_a.flatten(0, 1)[:, None], side, stride=side)
    pooled = positions.amax(dim=1)
    if ties == "all":
        won = positions == pooled[:, None]
        pooled = pooled.detach() + (won * (positions - positions.detach())).sum(dim=1)
    return pooled.reshape(*conv_a.shape[:2], conv_a.shape[2] // side, conv_a.shape[3] // side)


def torch_cost(images, targets, parameters, side, ties):
    """The cost. All arrays are tensors; parameters is a tuple of four. Returns a tensor of one number."""
    conv_w, conv_b, out_w, out_b = parameters
    conv_z = torch.nn.functional.conv2d(images[:, None], conv_w[:, None], conv_b)
    pooled = torch_pool(torch.sigmoid(conv_z), side, ties)
    out_a = torch.sigmoid(torch.nn.functional.linear(pooled.flatten(1), out_w.flatten(1), out_b))
    return 0.5 * ((out_a - targets) ** 2).sum()


def torch_step(images, targets, parameters, side, ties="first"):
    """A function without arguments that computes the gradient once, all tensors made beforehand. It returns four tensors."""
    images, targets = torch.tensor(images), torch.tensor(targets)
    tensors = [torch.tensor(part, requires_grad=True) for part in parameters]

    def step():
        for part in tensors:
            part.grad = None
        torch_cost(images, targets, tensors, side, ties).backward()
        return [part.grad for part in tensors]

    return step


def torch_gradient(images, targets, parameters, side, ties):
    """The gradient, as Parameters of NumPy arrays."""
    return Parameters(*(part.numpy() for part in torch_step(images, targets, parameters, side, ties)()))


def jax_pool(conv_a, side, ties):
    """Max pooling: JAX's own pooling gives the first winner everything, its maximum shares. conv_a: (N, K, I, J)."""
    if ties == "first":
        return jax.lax.reduce_window(conv_a, -jnp.inf, jax.lax.max, (1, 1, side, side), (1, 1, side, side), "VALID")
    n, filters, rows, columns = conv_a.shape
    return conv_a.reshape(n, filters, rows // side, side, columns // side, side).max(axis=(3, 5))


def jax_cost(parameters, images, targets, side, ties):
    """The cost. ties: "first" or "share". Returns a number."""
    conv_w, conv_b, out_w, out_b = parameters
    conv_z = jax.lax.conv_general_dilated(images[:, None], conv_w[:, None], (1, 1), "VALID") + conv_b[:, None, None]
    pooled = jax_pool(jax.nn.sigmoid(conv_z), side, ties)
    out_a = jax.nn.sigmoid(jnp.tensordot(pooled, out_w, axes=((1, 2, 3), (1, 2, 3))) + out_b)
    return 0.5 * jnp.sum((out_a - targets) ** 2)


def jax_step(images, targets, parameters, side, ties="first"):
    """A function without arguments that computes the gradient once, compiled and all arrays made beforehand. It returns Parameters."""
    images, targets = jnp.array(images), jnp.array(targets)
    parameters = Parameters(*map(jnp.array, parameters))
    compiled = jax.jit(jax.grad(jax_cost), static_argnames=("side", "ties"))
    return lambda: jax.block_until_ready(compiled(parameters, images, targets, side=side, ties=ties))


def jax_gradient(images, targets, parameters, side, ties):
    """The gradient, as Parameters of NumPy arrays."""
    return Parameters(*map(np.asarray, jax_step(images, targets, parameters, side, ties)()))
