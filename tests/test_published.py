"""What the published notebook printed, cell by cell.

Cells 2, 10, 11 and 12 need only images 0 to 4, which are known. Cells 13 to 17 need its
own 96 images, which are lost: `pytest --original FILE tests/test_published.py` checks
them too, for whoever has the file; the course's images only come near.
"""

import re
import shutil

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from regenerate import ROOT

from helpers import arrays, data, network
from helpers.checks import check_published

PUBLISHED = data.load_published()
INITIAL = network.Parameters(**PUBLISHED["initial"])


@pytest.fixture(scope="module")
def original(pytestconfig):
    return pytestconfig.getoption("original")


@pytest.fixture(scope="module")
def digits(original):
    return data.load_digits(original)


@pytest.fixture(scope="module")
def computed(digits):
    """Cells 13 to 17 as the published notebook computed them, by cell and name."""
    images, targets = digits.images, digits.targets
    gradient = network.gradient(images, targets, INITIAL, "all")._asdict()
    rate, epochs = PUBLISHED["learning_rate"], PUBLISHED["epochs"]
    history = arrays.train(images, targets, INITIAL, "all", epochs, rate)
    out_a = arrays.outputs(images, history[-1])
    return {
        "cell 13": {name: gradient[name] for name in ("conv_w", "conv_b")},
        "cell 14": {name: gradient[name] for name in ("out_w", "out_b")},
        "cell 15": {name: part[0] for name, part in history[1]._asdict().items()},
        "cell 16": {name: part[0] for name, part in history[-1]._asdict().items()},
        "cell 17": {"accuracy": network.accuracy(out_a, targets)},
    }


def test_cell_2(digits):
    assert np.array_equal(digits.images[0], PUBLISHED["cell 2"]["image"])
    assert np.array_equal(digits.targets[0], PUBLISHED["cell 2"]["target"])
    assert digits.images.shape == (96, 6, 6) and digits.targets.shape == (96, 3)


def test_cells_10_to_12(digits):
    out_a = network.outputs(digits.images[:5], INITIAL)
    out_delta = network.output_delta(out_a, digits.targets[:5])
    passed = network.forward(digits.images[1], INITIAL)
    shares = network.winner_shares(passed.conv_a, passed.pooled, "all")
    reaching = network.pooled_gradient(out_delta[1], INITIAL.out_w)
    unpooled = network.unpool(reaching, shares)
    delta = unpooled * network.sigmoid_slope(passed.conv_a)
    check_published("cell 10", out_a[0], PUBLISHED["cell 10"], decimals=15)
    check_published("cell 11", out_delta, PUBLISHED["cell 11"])
    check_published("cell 12", delta[1], PUBLISHED["cell 12"])


def test_cells_13_to_17_with_the_original_file(computed, original):
    if not original:
        pytest.skip("the file is lost; whoever has it: pytest --original FILE")
    for cell, parts in computed.items():
        for name, part in parts.items():
            expected = PUBLISHED[cell] if cell == "cell 17" else PUBLISHED[cell][name]
            check_published(f"{cell} {name}", part, expected)


def test_the_data_readme_says_how_near_the_course_images_come(computed, original):
    if original:
        pytest.skip("about the course's images")
    assert computed["cell 17"]["accuracy"] == PUBLISHED["cell 17"]
    far = []
    for cell in ("cell 13", "cell 14", "cell 15", "cell 16"):
        pairs = ((part, PUBLISHED[cell][name]) for name, part in computed[cell].items())
        largest = [np.max(np.abs(part - published)) for part, published in pairs]
        together = [max(largest)] if cell in ("cell 15", "cell 16") else largest
        far += [(cell, f"{difference:.3f}") for difference in together]
    readme = (data.FOLDER / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| .*?(cell 1[3-6])\) \| \d+ \| ([\d.]+) \|$", readme, re.M)
    assert found == far


def test_the_appendix_refuses_a_file_that_only_claims_to_be_the_original(
    tmp_path, monkeypatch
):
    copy = shutil.copy(data.DIGITS_FILE, tmp_path / "claims.txt")
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(copy))
    path = ROOT / "notebooks" / "reference_cell_by_cell.ipynb"
    notebook = nbformat.read(path, as_version=4)
    with pytest.raises(CellExecutionError, match="cell 13.*from what was published"):
        NotebookClient(notebook, timeout=60).execute()
