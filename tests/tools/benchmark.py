"""How long one gradient of the network takes, several ways side by side.

    python tests/tools/benchmark.py [--quick] [FOLDER]

One gradient with respect to all 69 numbers, rule "first" (that of all contenders),
64-bit floats, one thread. The contenders take turns, round after round, so that what
slows the machine hits all alike; medians over the rounds, of times and of the ratios
within a round. PyTorch and JAX have their tensors made, JAX and Numba their code
compiled, beforehand. What is not installed is named and left out.

Writes benchmark.json, which notebook 08 draws, and benchmark.md into FOLDER (default:
data/). Needs tests/requirements-frameworks.txt. --quick: few rounds, nothing above
10,000 images.
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
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
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
        "sigmoid sigmoid_slope convolve filter_gradient block pool winners unpool "
        "winner_shares fully_connect output_gradient pooled_gradient output_delta "
        "backward"
    ).split():
        setattr(module, name, numba.njit(getattr(module, name)))
    exec(COMPILED_BATCH, module.__dict__)
    return numba.njit(module.batch)


COMPILED_BATCH = """
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
        steps["PyTorch"] = torch_step(*batch, 2, "first")
    if find_spec("jax"):
        steps["JAX"] = jax_step(*batch, 2, "first")
    for name, step in steps.items():
        for part, truth in zip(step(), steps[OURS]()):
            close = np.allclose(part, truth, rtol=0, atol=1e-11 * np.max(np.abs(truth)))
            assert close, f"{name} computes something else"
    return steps


def measure(steps, seconds, least):
    """Seconds for one gradient, round by round: a dict from name to a list."""
    times, start = {name: [] for name in steps}, perf_counter()
    while perf_counter() - start < seconds or len(times[OURS]) < least:
        for name, step in steps.items():
            before = perf_counter()
            step()
            repeats = max(round(TURN / (perf_counter() - before)), 1)
            before = perf_counter()
            for _ in range(repeats):
                step()
            times[name].append((perf_counter() - before) / repeats)
    return times


def result(times):
    """Medians: µs, and this course's arrays over each, a dict from name to both."""
    ours = np.array(times[OURS])
    return {
        name: [1e6 * float(np.median(of)), float(np.median(ours / np.array(of)))]
        for name, of in times.items()
    }


def memory():
    """Peak memory in MiB of one gradient of a million images, beyond these images."""
    images, targets = random_batch(MEMORY_COUNT)
    before = peak_memory()
    arrays.gradient(images, targets, PARAMETERS)
    return peak_memory() - before


def table(results):
    """The results as Markdown."""
    names = list(dict.fromkeys(name for of in results.values() for name in of))
    head = [["N", *names], ["---:"] * (len(names) + 1)]
    lines = [*head]
    for count, of in results.items():
        shown = [f"{of[n][0]:,.0f} ({of[n][1]:.2f})" if n in of else "" for n in names]
        lines.append([f"{int(count):,}", *shown])
    return ["| " + " | ".join(line) + " |" for line in lines]


def main(folder, quick):
    results = {}
    for count in COUNTS[: 3 if quick else 4]:
        steps = contenders(*random_batch(count))
        results[count] = result(measure(steps, *((1, 5) if quick else (15, 15))))
        print(f"{count:,}:", results[count], flush=True)
    wanted = ("numpy", "numba", "torch", "jax")
    used = {name: version(name) for name in wanted if find_spec(name)}
    print(*(f"{n} is not installed" for n in wanted if n not in used), sep="\n")
    machine = f"Python {platform.python_version()}, {platform.system()}, {used}"
    run = [sys.executable, __file__, "--memory"]
    peak = float(subprocess.run(run, stdout=subprocess.PIPE, check=True).stdout)
    stored = {"machine": machine, "results": results, "peak MiB": peak}
    (folder / "benchmark.json").write_text(json.dumps(stored, indent=1) + "\n")
    lines = [
        "# One gradient of the network, float64, one thread",
        "",
        f"{machine}. Medians in µs; in brackets this course's arrays over each.",
        "",
        *table(results),
        "",
        f"Memory for {MEMORY_COUNT:,} images: {peak:.0f} MiB beyond the images.",
    ]
    (folder / "benchmark.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = Path(__file__).parents[2] / "data"
    parser.add_argument("folder", nargs="?", type=Path, default=data)
    parser.add_argument("--quick", action="store_true", help="few rounds, no 100,000")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(memory())
    else:
        main(options.folder, options.quick)
