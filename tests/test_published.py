"""What the reference notebook printed, cell by cell.

Cells 2, 10, 11, 12 depend only on images 0 to 4, which are known. Cells 13 to 16 are checked when the environment
variable DIGITS123 names the reference's own file; the course's images only come near them.
"""

import os
import re
import shutil

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from notebooks import ROOT

from helpers import data
from helpers.checks import check_published
from helpers.network import (Parameters, accuracy, convolution_delta, forward, gradient, output_delta, outputs, train, winners)

PUBLISHED = data.load_published()
INITIAL = Parameters(**PUBLISHED["initial"])
ORIGINAL = os.environ.get(data.ENVIRONMENT_VARIABLE)


@pytest.fixture(scope="module")
def digits():
    return data.load_digits()


@pytest.fixture(scope="module")
def history(digits):
    return train(digits.images, digits.targets, INITIAL, "all", PUBLISHED["epochs"], PUBLISHED["learning_rate"])


def test_cell_2(digits):
    assert np.array_equal(digits.images[0], PUBLISHED["cell 2"]["image"])
    assert np.array_equal(digits.targets[0], PUBLISHED["cell 2"]["target"])
    assert digits.images.shape == (96, 6, 6) and digits.targets.shape == (96, 3)


def test_cell_10(digits):
    check_published("cell 10", forward(digits.images[0], INITIAL).out_a, PUBLISHED["cell 10"], decimals=15)


def test_cell_11(digits):
    check_published("cell 11", output_delta(outputs(digits.images[:5], INITIAL), digits.targets[:5]), PUBLISHED["cell 11"])


def test_cell_12(digits):
    passed = forward(digits.images[1], INITIAL)
    shares = winners(passed.conv_a, passed.pooled)
    delta = convolution_delta(output_delta(passed.out_a, digits.targets[1]), INITIAL.out_w, passed.conv_a, shares)
    check_published("cell 12", delta[1], PUBLISHED["cell 12"])


def figures(digits, history):
    """Cells 13 to 16 as the reference printed them: names with values."""
    slope = gradient(digits.images, digits.targets, INITIAL, "all")
    yield "cell 13", {"conv_w": slope.conv_w, "conv_b": slope.conv_b}
    yield "cell 14", {"out_w": slope.out_w, "out_b": slope.out_b}
    yield "cell 15", {name: part[0] for name, part in history[1]._asdict().items()}
    yield "cell 16", {name: part[0] for name, part in history[50]._asdict().items()}


def test_cells_13_to_16_with_the_original_file(digits, history):
    """Skipped without the file: nobody here has it."""
    if not ORIGINAL:
        pytest.skip(f"the reference's own file is lost; set {data.ENVIRONMENT_VARIABLE} to it to check these cells")
    for cell, parts in figures(digits, history):
        for name, part in parts.items():
            check_published(f"{cell} {name}", part, PUBLISHED[cell][name])


@pytest.mark.skipif(bool(ORIGINAL), reason="another file is in use")
def test_the_data_readme_says_how_near_the_course_images_come(digits, history):
    far = {}
    for cell, parts in figures(digits, history):
        differences = {name: np.max(np.abs(part - PUBLISHED[cell][name])) for name, part in parts.items()}
        one_row = cell in ("cell 15", "cell 16")
        far[cell] = [max(differences.values())] if one_row else list(differences.values())
    table = re.findall(r"^\| .*?(cell 1[3-6])\) \| \d+ \| ([\d.]+) \|$", readme(), re.M)
    assert table == [(cell, f"{difference:.3f}") for cell, differences in far.items() for difference in differences]


@pytest.mark.skipif(bool(ORIGINAL), reason="another file is in use")
def test_the_data_readme_says_how_many_heldout_images_are_right(history):
    heldout = data.load_digits(data.HELDOUT_FILE)
    for parameters in (history[0], history[50]):
        right = np.sum(np.argmax(outputs(heldout.images, parameters), axis=1) + 1 == heldout.labels)
        assert f"gets {right} of the {len(heldout.labels)} right" in readme()


def readme():
    return (data.FOLDER / "README.md").read_text(encoding="utf-8")


def test_cell_17(digits, history):
    assert accuracy(outputs(digits.images, history[50]), digits.targets) == PUBLISHED["cell 17"]


@pytest.mark.parametrize("name, cell", [("05_gradients.ipynb", "cell 13"), ("07_training.ipynb", "cell 15")])
def test_the_notebooks_check_a_file_that_claims_to_be_the_original(tmp_path, monkeypatch, name, cell):
    copy = shutil.copy(data.DIGITS_FILE, tmp_path / "claims.txt")
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(copy))
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    with pytest.raises(CellExecutionError, match=f"{cell}.*differs from the published numbers"):
        NotebookClient(notebook, timeout=60).execute()
