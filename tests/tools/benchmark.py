"""How long one gradient of the network takes: the loops, the arrays, PyTorch and JAX, side by side.

    python tests/benchmark.py [FOLDER] [--quick]

One full gradient with respect to all 69 parameters, float64, one thread. The arrays start from the images in every
step, or, as `train` does, from blocks found once; PyTorch and JAX have their tensors made, and JAX its code compiled,
beforehand. The contenders take turns, one round after another, so that whatever slows the machine hits all alike; in
each turn one call warms up and the mean of a few more counts. Reported are medians over the rounds, of times and of the
ratios within a round. (pytest-benchmark times one contender after the other, so it does not fit here.)

Writes benchmark.md and benchmark.png into FOLDER (default: tests/benchmark_results). Needs what
tests/requirements-frameworks.txt lists. --quick: few rounds, and nothing above 10,000 images.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time

# The libraries read these when they are imported.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"))
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"

import judges
import numpy as np
from cases import peak_memory, random_case
from matplotlib.figure import Figure

from helpers import arrays, network
from helpers.data import load_digits

COUNTS = (96, 1_000, 10_000, 100_000)
LOOPS_UP_TO = 1_000
MEMORY_COUNT = 1_000_000
DENSITY = 0.35
# Random ones: sums of the published initial weights, which have three decimals, can tie, and then rounding decides in each framework.
PARAMETERS = random_case(19)[2]
TURN = 0.02
NAMES = ("loops", "arrays", "arrays, blocks found once", "PyTorch", "JAX", "JAX, pooling by max")
LOOPS, ARRAYS, PREPARED, TORCH, JAX, JAX_MAX = NAMES


def random_images(count):
    """Binary images of density 0.35, made in pieces so that making them takes no more memory than they do, and random targets."""
    rng = np.random.default_rng(20)
    images = np.empty((count, 6, 6))
    for part in np.array_split(images, max(count // 1000, 1)):
        part[...] = rng.random(part.shape) < DENSITY
    return images, np.eye(3)[rng.integers(3, size=count)]


def drawn_digits(count):
    """Images of the course, drawn at random, and their targets."""
    digits, drawn = load_digits(), np.random.default_rng(21).integers(96, size=count)
    return digits.images[drawn], digits.targets[drawn]


def contenders(images, targets):
    """What takes part with these images: a dict from name to a function without arguments that computes one gradient."""
    blocks = list(arrays.batches(images, PARAMETERS))
    steps = {ARRAYS: lambda: arrays.gradient(images, targets, PARAMETERS, "first"),
             PREPARED: lambda: arrays.summed_gradient(blocks, targets, PARAMETERS, "first"),
             TORCH: judges.torch_step(images, targets, PARAMETERS, 2, "first"),
             JAX: judges.jax_step(images, targets, PARAMETERS, 2, "first"),
             JAX_MAX: judges.jax_step(images, targets, PARAMETERS, 2, "share")}
    if len(images) <= LOOPS_UP_TO:
        steps[LOOPS] = lambda: network.gradient(images, targets, PARAMETERS, "first")
    return steps


def check_agreement(steps):
    """Raise AssertionError where one of the contenders computes something else."""
    expected = steps[ARRAYS]()
    for name, step in steps.items():
        for part, truth in zip(step(), expected):
            assert np.allclose(part, truth, rtol=0, atol=1e-11 * np.max(np.abs(truth))), name


def measure(steps, seconds, least):
    """Times in rounds of turns, at least so many, for about so many seconds.

    Returns two dicts by name: seconds for one gradient in each round, (rounds,), and the number of cores used, their median.
    """
    times, cores = {name: [] for name in steps}, {name: [] for name in steps}
    start = perf_counter()
    while perf_counter() - start < seconds or len(times[ARRAYS]) < least:
        for name, step in steps.items():
            before = perf_counter()
            step()
            repeats = max(round(TURN / (perf_counter() - before)), 1)
            before, cpu_before = perf_counter(), process_time()
            for _ in range(repeats):
                step()
            elapsed = perf_counter() - before
            times[name].append(elapsed / repeats)
            cores[name].append((process_time() - cpu_before) / elapsed)
    return {name: np.array(values) for name, values in times.items()}, {name: np.median(values) for name, values in cores.items()}


def table(first, columns, rows):
    """A markdown table as a list of lines. rows: lists of texts."""
    lines = [[first, *columns], ["---:"] * (len(columns) + 1), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def ratio(times, ours, theirs):
    """The median over rounds of the quotient of two contenders' times, as text; empty where one of them did not take part."""
    return f"{np.median(times[ours] / times[theirs]):.3g}" if theirs in times and ours in times else ""


def time_all(make, counts, seconds, least):
    """Times one kind of images. make: count -> images, targets. Returns lines of markdown, and a dict from count to a dict of times."""
    results, busiest = {}, 0.0
    for count in counts:
        steps = contenders(*make(count))
        check_agreement(steps)
        results[count], cores = measure(steps, seconds, least)
        busiest = max(busiest, *cores.values())
        print(f"{count:,}:", {name: f"{1e6 * np.median(values):,.0f} µs" for name, values in results[count].items()}, flush=True)
    pairs = [(ours, theirs) for ours in (ARRAYS, PREPARED) for theirs in (TORCH, JAX, JAX_MAX)] + [(LOOPS, ARRAYS)]
    times = table("µs, N =", NAMES, [[f"{count:,}", *(f"{1e6 * np.median(of[name]):,.0f}" if name in of else "" for name in NAMES)]
                                     for count, of in results.items()])
    ratios = table("ratio, N =", [f"{ours} / {theirs}" for ours, theirs in pairs],
                   [[f"{count:,}", *(ratio(of, *pair) for pair in pairs)] for count, of in results.items()])
    return [*times, "", *ratios, "", f"Cores used, the most of any contender: {busiest:.2f} (median over rounds)."], results


def memory_of(what):
    """The peak memory of one gradient of a million images beyond the images and targets, in MiB. Run in a process of its own."""
    images, targets = random_images(MEMORY_COUNT)
    if what in network.TIES:
        def step():
            arrays.gradient(images, targets, PARAMETERS, what)
    else:
        step = {TORCH: judges.torch_step, JAX: judges.jax_step}[what](images, targets, PARAMETERS, 2)
    before = peak_memory()
    step()
    return peak_memory() - before


def memory_table():
    """A table of peak memory, each line measured in a new process."""
    rows = []
    for what in (*network.TIES, TORCH, JAX):
        run = subprocess.run([sys.executable, __file__, "--peak-memory-of", what], stdout=subprocess.PIPE, text=True, check=True)
        rows.append([f'arrays, ties="{what}"' if what in network.TIES else what, f"{float(run.stdout):,.0f}"])
        print(*rows[-1], "MiB", flush=True)
    return table("one gradient", ["peak beyond the images, MiB"], rows)


def plot(panels):
    """Cost per image against N, both axes logarithmic: a panel for each kind of images."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    for ax, (title, results) in zip(figure.subplots(1, len(panels), sharey=True), panels.items()):
        for name, marker in zip(NAMES, "xosv^d"):
            counts = [count for count in results if name in results[count]]
            ax.loglog(counts, [1e6 * np.median(results[count][name]) / count for count in counts], marker=marker, label=name)
        ax.set(title=title, xlabel="images in the batch, N", ylabel="µs for each image")
        ax.grid(alpha=0.3)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def main(folder, quick):
    counts, seconds, least = (COUNTS[:3], 1, 5) if quick else (COUNTS, 15, 15)
    folder.mkdir(parents=True, exist_ok=True)
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (np, judges.torch, judges.jax))
    text = ["# One gradient of the network, float64, one thread", "",
            f"Python {platform.python_version()}, {versions}, {platform.system()} {platform.machine()}.",
            "Medians over rounds in which the contenders take turns; what is measured and how stands in tests/benchmark.py."]
    panels = {}
    for title, make in ((f"random binary images of density {DENSITY}", random_images), ("digits drawn from the course's 96", drawn_digits)):
        lines, panels[title] = time_all(make, counts, seconds, least)
        text += ["", f"## {title[0].upper()}{title[1:]}", "", *lines]
    if not quick and sys.platform != "win32":
        text += ["", f"## Memory, {MEMORY_COUNT:,} images", "", *memory_table()]
    (folder / "benchmark.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    plot(panels).savefig(folder / "benchmark.png", dpi=120)
    print(f"wrote {folder / 'benchmark.md'} and {folder / 'benchmark.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Time one gradient of the network: loops, arrays, PyTorch, JAX.")
    default = Path(__file__).parent / "benchmark_results"
    parser.add_argument("folder", nargs="?", type=Path, default=default, help="where the table and the plot go")
    parser.add_argument("--quick", action="store_true", help="few rounds, nothing above 10,000 images")
    parser.add_argument("--peak-memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if judges.MISSING:
        sys.exit(f"{' and '.join(judges.MISSING)} not installed: {judges.INSTALL}")
    if options.peak_memory_of:
        print(memory_of(options.peak_memory_of))
    else:
        main(options.folder, options.quick)
