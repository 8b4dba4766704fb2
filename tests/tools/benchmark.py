"""How long one gradient of the network takes, several ways side by side.

    python tests/tools/benchmark.py

One gradient with respect to all 69 numbers, rule "first" (that of all contenders),
64-bit floats, one thread. The contenders take turns, round after round, so that what
slows the machine hits all alike; medians over the rounds, of times and of the ratios
within a round. PyTorch and JAX have their tensors made, JAX and Numba their code
compiled, beforehand. What is not installed is named and left out.

Writes data/benchmark.json, which notebook 08 draws. Needs
tests/requirements-frameworks.txt.
"""

import inspect
import json
import os
import platform
import sys
import types
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

# The libraries read these when they are imported.
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
sys.path[:0] = [str(Path(__file__).parents[n]) for n in (1, 2)]

import numpy as np  # noqa: E402
from cases import random_case  # noqa: E402
from numpy.lib.stride_tricks import sliding_window_view  # noqa: E402

from helpers import arrays, network  # noqa: E402
from helpers.data import FOLDER  # noqa: E402

COUNTS = (96, 1_000, 10_000, 100_000)
LOOPS_UP_TO = 1_000
TURN = 0.02  # seconds a contender computes in one turn, at least one gradient
SECONDS, ROUNDS = 15, 15  # at least so many for each count
PARAMETERS = random_case(19)[2]
OURS = "this course's arrays"


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
    """The functions of network.py, compiled by Numba as they stand: images, targets,
    parameters -> gradient. The door, and what Numba does not know, are replaced."""
    import numba

    text = inspect.getsource(network).replace("dtype=bool", "dtype=np.bool_")
    text = text.replace(".astype(float)", ".astype(np.float64)")
    first = "first = np.unravel_index(np.argmax(part), part.shape)"
    text = text.replace(first, "n = np.argmax(part); first = (n // side, n % side)")
    module = types.ModuleType("compiled")
    exec(compile(text + COMPILED_BATCH, "compiled", "exec"), module.__dict__)
    module.as_floats = lambda what, values, shape: values
    module.as_parameters = lambda parameters, image_shape: parameters
    module.pool_side = lambda map_shape, pooled: map_shape[-2] // pooled[-2]
    for name in (
        "as_floats as_parameters pool_side sigmoid sigmoid_slope convolve block pool "
        "winners winner_shares unpool fully_connect output_gradient pooled_gradient "
        "filter_gradient output_delta forward backward batch"
    ).split():
        setattr(module, name, numba.njit(getattr(module, name)))
    return module.batch


COMPILED_BATCH = """

def batch(images, targets, parameters):
    conv_w, conv_b, out_w, out_b = parameters
    total = Parameters(0 * conv_w, 0 * conv_b, 0 * out_w, 0 * out_b)
    for n in range(len(images)):
        passed = forward(images[n], parameters)
        shares = winner_shares(passed.conv_a, passed.pooled, "first")
        one = backward(images[n], targets[n], parameters, passed, shares)
        total.conv_w[:] += one.conv_w
        total.conv_b[:] += one.conv_b
        total.out_w[:] += one.out_w
        total.out_b[:] += one.out_b
    return total
"""


def contenders(images, targets):
    """What takes part: a dict from name to a function that computes one gradient."""
    from judges import jax_step, torch_step

    batch = images, targets, PARAMETERS
    steps = {OURS: lambda: arrays.gradient(*batch, "first")}
    if len(images) <= LOOPS_UP_TO:
        steps["loops"] = lambda: network.gradient(*batch, "first")
    steps["textbook layout"] = lambda: textbook(images, targets)
    if find_spec("numba"):
        compiled = compiled_loops()
        steps["compiled loops"] = lambda: compiled(*batch)
    if find_spec("torch"):
        steps["PyTorch"] = torch_step(*batch)
    if find_spec("jax"):
        steps["JAX"] = jax_step(*batch)
    for name, step in steps.items():
        for part, truth in zip(step(), steps[OURS]()):
            close = np.allclose(part, truth, rtol=0, atol=1e-11 * np.max(np.abs(truth)))
            assert close, f"{name} computes something else"
    return steps


def measure(steps):
    """Medians of µs for one gradient, and of this course's arrays over each, round by
    round: a dict from name to both."""
    times, start = {name: [] for name in steps}, perf_counter()
    while perf_counter() - start < SECONDS or len(times[OURS]) < ROUNDS:
        for name, step in steps.items():
            before = perf_counter()
            step()
            repeats = max(round(TURN / (perf_counter() - before)), 1)
            before = perf_counter()
            for _ in range(repeats):
                step()
            times[name].append(1e6 * (perf_counter() - before) / repeats)
    return {
        name: [float(np.median(of)), float(np.median(np.divide(times[OURS], of)))]
        for name, of in times.items()
    }


def main():
    results = {}
    for count in COUNTS:
        images, targets, _ = random_case(20, count)
        results[count] = measure(contenders(images, targets))
        print(f"{count:,}:", results[count], flush=True)
    wanted = ("numpy", "numba", "torch", "jax")
    used = {name: version(name) for name in wanted if find_spec(name)}
    print(*(f"{n} is not installed" for n in wanted if n not in used), sep="\n")
    machine = f"Python {platform.python_version()}, {platform.system()}, {used}"
    stored = {"machine": machine, "results": results}
    file = FOLDER / "benchmark.json"
    file.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
