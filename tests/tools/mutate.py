"""Break each formula in turn and see who notices: python tests/mutate.py [WORD ...]

Each mutant is one change to one formula, in a copy of the course: a sign, a missing slope, a sum made a mean, a wrong
axis, a transposed weight, a shifted window, another tie rule. It is made in helpers and in the notebook that derives the
formula, both at once, so that their equality cannot be what catches it; the copy's unit tests run first; what
they let pass, the notebooks have to catch. Prints who caught each mutant, and fails if one survives. WORDs select the mutants that contain one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("data", "helpers", "notebooks", "tests", "pyproject.toml", "README.md", ".github")

# what is broken, module, text of the formula, text of the mutant
MUTANTS = [
    ("convolution: window shifted by a row", "network", "image[i:i + filter_rows, j:j + filter_columns]\n                conv_z", "image[i - i % 2:i - i % 2 + filter_rows, j:j + filter_columns]\n                conv_z"),
    ("convolution: filter transposed", "network", "np.sum(conv_w[k] * window)", "np.sum(conv_w[k].T * window)"),
    ("convolution: bias subtracted", "network", "window) + conv_b[k]", "window) - conv_b[k]"),
    ("convolution: sum made a mean", "network", "np.sum(conv_w[k] * window)", "np.mean(conv_w[k] * window)"),
    ("sigmoid: sign of z", "network", "np.exp(-z)", "np.exp(z)"),
    ("pooling: maximum made a mean", "network", "np.max(block)", "np.mean(block)"),
    ("output layer: sum made a mean", "network", "np.sum(out_w[o] * pooled)", "np.mean(out_w[o] * pooled)"),
    ("output layer: weights transposed", "network", "np.sum(out_w[o] * pooled)", "np.sum(out_w[o].transpose(0, 2, 1) * pooled)"),
    ("output layer: bias dropped", "network", "pooled) + out_b[o]", "pooled)"),
    ("cost: factor one half dropped", "network", "0.5 * np.sum((out_a - target) ** 2)", "np.sum((out_a - target) ** 2)"),
    ("cost: sum made a mean", "network", "0.5 * np.sum((out_a", "0.5 * np.mean((out_a"),
    ("sigmoid slope: 1 + a", "network", "a * (1.0 - a)", "a * (1.0 + a)"),
    ("output delta: sign", "network", "(out_a - target) * sigmoid_slope(out_a)", "(target - out_a) * sigmoid_slope(out_a)"),
    ("output delta: slope dropped", "network", "(out_a - target) * sigmoid_slope(out_a)", "out_a - target"),
    ("pooled gradient: weights transposed", "network", "out_delta[o] * out_w[o, k, u, v]", "out_delta[o] * out_w[o, k, v, u]"),
    ("pooled gradient: sign", "network", "reaches[k, u, v] += out_delta[o]", "reaches[k, u, v] -= out_delta[o]"),
    ("winners: smallest instead of largest", "network", "conv_a[k, i, j] == pooled", "conv_a[k, i, j] != pooled"),
    ("convolution delta: slope dropped", "network", "shares[k, i, j] * sigmoid_slope(a)", "shares[k, i, j]"),
    ("convolution delta: shares dropped", "network", "* shares[k, i, j] * sigmoid_slope(a)", "* sigmoid_slope(a)"),
    ("convolution delta: wrong block", "network", "reaches[k, i // side, j // side] * shares", "reaches[k, j // side, i // side] * shares"),
    ("output gradient: delta of another neuron", "network", "out_w_gradient[o] = out_delta[o]", "out_w_gradient[o] = out_delta[o - 1]"),
    ("filter gradient: window shifted", "network", "* image[i:i + filter_rows, j:j + filter_columns]", "* image[j:j + filter_rows, i:i + filter_columns]"),
    ("filter gradient: bias a mean", "network", "conv_delta.sum(axis=(1, 2))", "conv_delta.mean(axis=(1, 2))"),
    ("filter gradient: sign", "network", "conv_w_gradient[k] += conv_delta", "conv_w_gradient[k] -= conv_delta"),
    ("tie rule: shares of all", "network", "block /= np.sum(block)", "block /= 1"),
    ("tie rule: last winner instead of first", "network", "np.argmax(block), block.shape)", "block.size - 1 - np.argmax(block.ravel()[::-1]), block.shape)"),
    ("batch: sum without the last image", "network", "total = Parameters(*(t + g for t, g in zip(total, one)))", "total = one"),
    ("update: sign", "network", "w - learning_rate * g", "w + learning_rate * g"),
    ("accuracy: axis", "network", "np.argmax(out_a, axis=1) == np.argmax(targets, axis=1)", "np.argmax(out_a, axis=0) == np.argmax(targets, axis=0)"),
    ("finite differences: one-sided", "checks", "function(point - nudge)) / (2 * step)", "function(point)) / step"),
    ("complex step: real part", "checks", ".imag", ".real"),
    ("arrays: maximum made a minimum", "arrays", "largest = conv_z.max(axis=0)", "largest = conv_z.min(axis=0)"),
    ("arrays: bias dropped", "arrays", "sigmoid(largest + conv_b[:, None])", "sigmoid(largest)"),
    ("arrays: output bias dropped", "arrays", "@ pooled + out_b[:, None]", "@ pooled"),
    ("arrays: slope dropped", "arrays", "* sigmoid_slope(passed.block_a)", ""),
    ("arrays: delta's sign", "arrays", "output_delta(passed.out_a, targets.T)", "-output_delta(passed.out_a, targets.T)"),
    ("arrays: bias summed over the wrong axis", "arrays", "conv_delta.sum(axis=(0, 2))", "conv_delta.sum(axis=0)[:, 0]"),
    ("arrays: equal shares of all", "arrays", "won / won.sum(axis=0) if ties", "won if ties"),
    ("arrays: first made all", "arrays", 'if ties == "first":', 'if ties == "none":'),
    ("arrays: gather without the index", "arrays", "values.take(index, axis=1)", "values.take(np.sort(index), axis=1)"),
    ("arrays: scatter without the weights", "arrays", "np.bincount(index, weights=row, minlength=columns)", "np.bincount(index, minlength=columns)"),
    ("arrays: parts overlap", "arrays", "part = slice(start, start + size)", "part = slice(start, start + size + 1)"),
    ("arrays: windows one step off", "arrays", "[::step, ::step]", "[::1, ::step]"),
]


def squeeze(text):
    """Python text without its spaces and line ends, so that a formatter's choices do not hide a formula."""
    return re.sub(r"[ \n]+", "", text)


def pattern(formula):
    """A pattern for a formula, whatever white space stands between its tokens."""
    return r"[ \n]*".join(re.escape(character) for character in squeeze(formula))


def mutate(folder, module, formula, mutant):
    """Change the formula in helpers, and in every notebook where a function of that name is derived."""
    path = folder / "helpers" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    found = re.findall(pattern(formula), source)
    if len(found) != 1:
        sys.exit(f"{module}: expected the formula once, found it {len(found)} times: {formula}")
    path.write_text(re.sub(pattern(formula), lambda _: mutant, source), encoding="utf-8")
    name = [line for line in source[:re.search(pattern(formula), source).start()].splitlines() if line.startswith("def ")][-1].split("(")[0]
    for notebook in sorted((folder / "notebooks").glob("*.ipynb")):
        content = json.loads(notebook.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            code = "".join(cell["source"])
            if cell["cell_type"] == "code" and f"{name}(" in code and ("08" in notebook.name) == (module == "arrays" or "complex" in name):
                cell["source"] = re.sub(pattern(formula), lambda _: mutant, code)
        notebook.write_text(json.dumps(content), encoding="utf-8")


def caught_by(folder):
    """The first test that fails, or else the first notebook cell; None if all pass."""
    unit = [f"tests/test_{name}.py" for name in ("checks", "network", "published", "arrays")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    for arguments in (["-k", "not claims_to_be", *unit], ["notebooks"]):
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *arguments]
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if run.returncode:
            failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.M)
            return failed[0] if failed else f"pytest, exit status {run.returncode}"
    return None


def judge(mutant):
    """Make one mutant in a copy of the course. Returns who caught it, or None."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        mutate(folder, *mutant[1:])
        return caught_by(folder)


def main(words):
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant[0] for word in words)]
    survivors = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (what, *_), caught in zip(chosen, pool.map(judge, chosen)):
            survivors += caught is None
            print(f"{what:45s} {caught or 'SURVIVED'}", flush=True)
    print(f"{len(chosen)} mutants, {survivors} survived")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
