"""How long one gradient of the network takes, several ways side by side.

    python tests/tools/benchmark.py [--quick] [FOLDER]

One gradient with respect to all 69 numbers, rule "first" (that of all contenders),
64-bit floats, one thread. The contenders take turns, round after round, so that what
slows the machine hits all alike; medians over the rounds, of times and of the ratios
within a round. PyTorch and JAX have their tensors made, JAX and Numba their code
compiled, beforehand. What is not installed is named and left out.

Writes benchmark.json and benchmark.md into FOLDER (default: beside this file). Needs
tests/requirements-frameworks.txt. --quick: few rounds, nothing above 10,000 images.
"""

import argparse
import inspect
import json
import os
import platform
import subprocess
import sys
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

# The libraries read these when they are imported.
for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMBA"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
sys.path[:0] = [str(Path(__file__).parents[n]) for n in (1, 2)]

import numpy as np  # noqa: E402
from cases import peak_memory, random_case  # noqa: E402
from numpy.lib.stride_tricks import sliding_window_view  # noqa: E402

from helpers import arrays, network  # noqa: E402

COUNTS = (96, 1_000, 10_000, 100_000)
LOOPS_UP_TO = 1_000
MEMORY_COUNT = 1_000_000
TURN = 0.02  # seconds a contender computes in one turn, at least one gradient
PARAMETERS = random_case(19)[2]
OURS = "this course's arrays"


def random_batch(count):
    """Binary images, 35 % black, and random targets."""
    rng = np.random.default_rng(20)
    images = (rng.random((count, 6, 6), dtype=np.float32) < 0.35).astype(float)
    return images, np.eye(3)[rng.integers(3, size=count)]


def textbook(images, targets):
    """The layout of most books: images first, a window a row, one product a layer."""
    conv_w, conv_b, out_w, out_b = PARAMETERS
    n, rows = len(images), out_w.transpose(0, 2, 3, 1).reshape(3, 12)
    windows = sliding_window_view(images, (3, 3), axis=(1, 2)).reshape(-1, 9)
    conv_a = network.sigmoid(windows @ conv_w.reshape(3, 9).T + conv_b)
    blocks = conv_a.reshape(n, 2, 2, 2, 2, 3).swapaxes(2, 3).reshape(n, 2, 2, 4, 3)
    pooled = blocks.max(axis=3)
    out_a = network.sigmoid(pooled.reshape(n, 12) @ rows.T + out_b)
    out_delta = network.output_delta(out_a, targets)
    first = blocks.argmax(axis=3)[..., None, :] == np.arange(4)[:, None]
    reaching = (out_delta @ rows).reshape(n, 2, 2, 1, 3)
    delta = first * reaching * network.sigmoid_slope(blocks)
    delta = delta.reshape(n, 2, 2, 2, 2, 3).swapaxes(2, 3).reshape(-1, 3)
    out_w_gradient = (out_delta.T @ pooled.reshape(n, 12)).reshape(3, 2, 2, 3)
    return network.Parameters(
        (delta.T @ windows).reshape(3, 3, 3),
        delta.sum(axis=0),
        out_w_gradient.transpose(0, 3, 1, 2),
        out_delta.sum(axis=0),
    )


def compiled_loops():
    """The functions of network.py, compiled by Numba as they stand: images, targets ->
    gradient. The door, and what Numba does not know, are left out."""
    import numba

    text = inspect.getsource(network).replace("dtype=bool", "dtype=np.bool_")
    text = text.replace(".astype(float)", ".astype(np.float64)")
    first = "first = np.unravel_index(np.argmax(part), part.shape)"
    text = text.replace(first, "n = np.argmax(part); first = (n // side, n % side)")
    module = types.ModuleType("compiled")
    exec(compile(text, "compiled", "exec"), module.__dict__)
    module.pool_side = numba.njit(lambda map_shape, pooled: map_shape[-2] // pooled[-2])
    for name in (
        "sigmoid sigmoid_slope convolve filter_gradient block pool winners winner_shares "
        "unpool fully_connect output_gradient pooled_gradient output_delta backward"
    ).split():
        setattr(module, name, numba.njit(getattr(module, name)))
    exec(COMPILED_BATCH, module.__dict__)
    return numba.njit(module.batch)


COMPILED_BATCH = '''
def batch(images, targets, parameters):
    conv_w, conv_b, out_w, out_b = parameters
    total_conv_w, total_conv_b = np.zeros_like(conv_w), np.zeros_like(conv_b)
    total_out_w, total_out_b = np.zeros_like(out_w), np.zeros_like(out_b)
    for n in range(len(images)):
        conv_z = convolve(images[n], conv_w, conv_b)
        conv_a = sigmoid(conv_z)
        pooled = pool(conv_a, 2)
        out_z = fully_connect(pooled, out_w, out_b)
        passed = Forward(conv_z, conv_a, pooled, out_z, sigmoid(out_z))
        shares = winner_shares(conv_a, pooled, "first")
        one = backward(images[n], targets[n], parameters, passed, shares)
        total_conv_w += one[0]
        total_conv_b += one[1]
        total_out_w += one[2]
        total_out_b += one[3]
    return total_conv_w, total_conv_b, total_out_w, total_out_b
'''
