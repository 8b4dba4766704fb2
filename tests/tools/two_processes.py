"""The gradient of the network from two processes, each with half of the images.

    python tests/tools/two_processes.py [--kill] [--store]

Starts itself twice on this machine, joined by jax.distributed. JAX adds up the parts;
each process compares the sum, 69 numbers, with what the course's arrays compute from
all images, and finds a hundred more. Needs tests/requirements-frameworks.txt.

--kill: process 1 kills itself after fifty. The other one says so, in a sentence, and
ends with 1: at once when the connection breaks, after PATIENCE seconds of silence when
it does not.
--store: write data/frameworks.json, what PyTorch and JAX compute, for notebook 12 where
they are not installed.

On a cluster each process is started by itself, on the devices it finds, with
--coordinator HOST:PORT --processes N --process n. The images, 96, are dealt out evenly:
all devices together must divide them.
"""

import argparse
import contextlib
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from helpers import arrays, network  # noqa: E402
from helpers.checks import relative_error  # noqa: E402
from helpers.data import load_digits, load_published  # noqa: E402
from helpers.frameworks import jax_cost  # noqa: E402

STORED = ROOT / "data" / "frameworks.json"
NOTEBOOK = ROOT / "notebooks" / "12_frameworks_and_many_devices.ipynb"
PATIENCE = 15  # seconds
GIVEN_UP = "another process has died or fallen silent, so there is no gradient"
WITHIN = 1e-12
DIGITS = load_digits()
PARAMETERS = network.Parameters(**load_published()["initial"])


def start(options):
    """Start both processes here; 0 if both ended well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, __file__, "--coordinator", coordinator]
    command += ["--kill"] * options.kill + ["--store"] * options.store
    environment = {"JAX_PLATFORMS": "cpu", **os.environ}
    both = [
        subprocess.Popen([*command, "--process", f"{n}"], env=environment)
        for n in range(2)
    ]
    try:
        while all(process.poll() is None for process in both):
            time.sleep(0.1)
        for process in both:
            process.wait(2 * PATIENCE)
    except subprocess.TimeoutExpired:
        pass  # it neither works nor ends
    finally:
        for process in both:
            process.kill()
    codes = [process.wait() for process in both]
    for n, code in enumerate(codes):
        if code == -signal.SIGABRT:
            print(f"process {n}: {GIVEN_UP}")  # the runtime was quicker
    if any(codes):
        return 1
    if options.store:
        store()
    return 0


class Teller:
    """Prints sentences of one process, and what Python says of errors; nothing of what
    libraries print."""

    def __init__(self, process):
        self.process = process
        self.stdout, sys.stderr = (os.fdopen(os.dup(n), "w", 1) for n in (1, 2))
        for n in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), n)

    def say(self, sentence):
        print(f"process {self.process}: {sentence}", file=self.stdout)

    def give_up(self):
        """End without waiting for a process that is no longer there."""
        self.say(GIVEN_UP)
        os._exit(1)

    def waited(self, compute, *given, **how):
        """What compute returns, ready, or give up: at an error of the connection, or
        when nothing has come after PATIENCE."""
        import jax

        watch = threading.Timer(PATIENCE, self.give_up)
        watch.daemon = True
        watch.start()
        try:
            return jax.block_until_ready(compute(*given, **how))
        except (ValueError, RuntimeError) as error:
            if not re.search("gloo|nccl|unavailable|deadline", str(error), re.I):
                raise
            self.give_up()
        finally:
            watch.cancel()


def work(options):
    """One process: its part of the images, the sum over all, the comparison. Ends."""
    # Or else the runtime ends the process with a stack trace before it can speak.
    os.environ["JAX_ENABLE_RECOVERABILITY"] = "1"

    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    teller = Teller(options.process)
    jax.config.update("jax_enable_x64", True)
    teller.say(f"number {os.getpid()} on {platform.node()}, joining")
    who = options.coordinator, options.processes, options.process
    join = jax.distributed.initialize
    teller.waited(join, *who, initialization_timeout=2 * PATIENCE)
    mesh = Mesh(np.array(jax.devices()), ("images",))
    dealt = NamedSharding(mesh, PartitionSpec("images"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    mine = np.array_split(np.arange(len(DIGITS.images)), options.processes)
    mine = mine[options.process]
    teller.say(f"images {mine[0]} to {mine[-1]}, {jax.devices()[0].platform}")

    parts = DIGITS.images[mine], DIGITS.targets[mine]
    data = [jax.make_array_from_process_local_data(dealt, part) for part in parts]
    gradient = jax.jit(jax.grad(jax_cost), out_shardings=everywhere)
    computed = teller.waited(gradient, PARAMETERS, *data)
    expected = network.flat(arrays.gradient(DIGITS.images, DIGITS.targets, PARAMETERS))
    error = relative_error(network.flat(computed), expected)
    close = "below" if error < WITHIN else "NOT below"
    teller.say(f"{expected.size} numbers, relative error {close} {WITHIN:g}")

    ones = np.ones((len(jax.local_devices()), expected.size))
    ones = jax.make_array_from_process_local_data(dealt, ones)
    add = jax.jit(lambda part: part.sum(axis=0), out_shardings=everywhere)
    times = []
    for n in range(100):
        if options.kill and options.process == 1 and n == 50:
            teller.say("kills itself")
            os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        teller.waited(gradient, PARAMETERS, *data)
        before = time.perf_counter()
        teller.waited(add, ones)
        times.append(time.perf_counter() - before)
    took = 1e3 * min(times)
    teller.say(f"{len(times)} gradients more; the fastest sum took {took:.3f} ms")
    if options.store and options.process == 0:
        two = {"gradient": network.flat(computed).tolist(), "sum, ms": took}
        STORED.write_text(json.dumps({"two processes": two}))
    # No shutdown: who asks for it when process 0 has gone ends with a stack trace.
    if options.process == 0:
        time.sleep(1)
    os._exit(0 if error < WITHIN else 1)


def store():
    """Add to what process 0 stored what notebook 12 computes with the frameworks."""
    stored, found = json.loads(STORED.read_text()), {}
    machine = {name: version(name) for name in ("numpy", "torch", "jax")}
    stored["machine"] = machine | {"cores": f"{os.cpu_count()}"}
    many = [np.tile(part, (100, *[1] * (part.ndim - 1))) for part in DIGITS[0:3:2]]
    before = time.perf_counter()
    arrays.gradient(*many, PARAMETERS)
    stored["image, ms"] = 1e3 * (time.perf_counter() - before) / len(many[0])
    STORED.write_text(json.dumps(stored))
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with contextlib.redirect_stdout(None):
        for cell in code:
            exec("".join(cell["source"]), found)
    STORED.write_text(json.dumps(stored | found["computed"], indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kill", action="store_true", help="process 1, half way")
    parser.add_argument("--store", action="store_true", help=f"write {STORED.name}")
    parser.add_argument("--coordinator", metavar="HOST:PORT")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--process", type=int)
    options = parser.parse_args()
    missing = [name for name in ("jax", "torch") if not find_spec(name)]
    if "jax" in missing or options.store and missing:
        how = "pip install -r tests/requirements-frameworks.txt"
        return f"{missing[0]} is not installed: {how}"
    if options.process is None:
        return start(options)
    work(options)


if __name__ == "__main__":
    sys.exit(main())
