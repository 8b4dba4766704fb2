"""What the published notebook printed, cell by cell.

Cells 2, 10, 11 and 12 depend only on images 0 to 4, which are known. Cells 13 to 16 are
checked where --original names the file of digits that is lost; the course's own images
only come near them.
"""

import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from cases import INITIAL
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from regenerate import ROOT

from helpers import arrays, data, network
from helpers.checks import check_published

PUBLISHED = data.load_published()
DIGITS = data.load_digits()
APPENDIX = ROOT / "notebooks" / "reference_cell_by_cell.ipynb"


@pytest.fixture
def original(pytestconfig):
    """The path of the lost file, from its owner; nobody here has it."""
    path = pytestconfig.getoption("--original")
    if not path:
        pytest.skip("the file is lost; --original names it where somebody has it")
    return Path(path).resolve()


def test_cell_2():
    assert np.array_equal(DIGITS.images[0], PUBLISHED["cell 2"]["image"])
    assert np.array_equal(DIGITS.targets[0], PUBLISHED["cell 2"]["target"])


def test_cells_10_to_12():
    passed = network.forward(DIGITS.images[0], INITIAL)
    check_published("cell 10", passed.out_a, PUBLISHED["cell 10"], decimals=15)
    out_a = network.outputs(DIGITS.images[:5], INITIAL)
    delta = network.output_delta(out_a, DIGITS.targets[:5])
    check_published("cell 11", delta, PUBLISHED["cell 11"])
    passed = network.forward(DIGITS.images[1], INITIAL)
    shares = network.winner_shares(passed.conv_a, passed.pooled, "all")
    reaching = network.pooled_gradient(delta[1], INITIAL.out_w)
    slope = network.sigmoid_slope(passed.conv_a)
    conv_delta = network.unpool(reaching, shares) * slope
    check_published("cell 12", conv_delta[1], PUBLISHED["cell 12"])


def figures(digits):
    """What cells 13 to 17 print for some digits: names with arrays by parameter."""
    rate, epochs = PUBLISHED["learning_rate"], PUBLISHED["epochs"]
    case = digits.images, digits.targets, INITIAL, "all"
    gradient = network.gradient(*case)._asdict()
    history = arrays.train(*case, epochs, rate)
    yield "cell 13", {name: gradient[name] for name in ("conv_w", "conv_b")}
    yield "cell 14", {name: gradient[name] for name in ("out_w", "out_b")}
    for cell, epoch in (("cell 15", 1), ("cell 16", epochs)):
        parts = history[epoch]._asdict()
        yield cell, {name: part[0] for name, part in parts.items()}
    out_a = network.outputs(digits.images, history[-1])
    yield "cell 17", {"accuracy": network.accuracy(out_a, digits.targets)}


def test_cells_13_to_17_of_the_original(original):
    for cell, parts in figures(data.load_digits(original)):
        for name, part in parts.items():
            figure = PUBLISHED[cell] if cell == "cell 17" else PUBLISHED[cell][name]
            check_published(f"{cell} {name}", part, figure)


def test_the_data_readme_says_how_near_the_course_images_come():
    *cells, (_, last) = figures(DIGITS)
    assert last["accuracy"] == PUBLISHED["cell 17"]
    far = []
    for cell, parts in cells:
        differences = [
            np.max(np.abs(part - PUBLISHED[cell][name])) for name, part in parts.items()
        ]
        one_row = cell in ("cell 15", "cell 16")
        for difference in [max(differences)] if one_row else differences:
            far.append((cell, f"{difference:.3f}"))
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    row = r"^\| .*?(cell 1[3-6])\) \| \d+ \| ([\d.]+) \|$"
    assert re.findall(row, readme, re.M) == far


def run_appendix(path, monkeypatch):
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(path))
    notebook = nbformat.read(APPENDIX, as_version=4)
    NotebookClient(notebook, timeout=60).execute()


def test_the_appendix_passes_with_the_original(original, monkeypatch):
    run_appendix(original, monkeypatch)


def test_the_appendix_refuses_a_file_that_is_not_the_original(tmp_path, monkeypatch):
    copy = shutil.copy(data.DIGITS_FILE, tmp_path / "claims to be.txt")
    with pytest.raises(CellExecutionError, match="cell 13.*from what was published"):
        run_appendix(copy, monkeypatch)
