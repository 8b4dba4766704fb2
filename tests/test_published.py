"""What the published notebook printed, cell by cell.

Cells 2, 10, 11 and 12 need only images 0 to 4, which are known. Cells 13 to 17 need its
own 96 images, which are lost: `pytest --original FILE tests/test_published.py` checks
them too, for whoever has the file; the course's images only come near.
"""

import re
import shutil

import numpy as np
import pytest
import regenerate
from cases import INITIAL
from nbclient.exceptions import CellExecutionError

from helpers import arrays, data, network
from helpers.checks import check_published

PUBLISHED = data.load_published()
NOTEBOOK = regenerate.ROOT / "notebooks" / "reference_cell_by_cell.ipynb"


@pytest.fixture(scope="module")
def original(pytestconfig):
    return pytestconfig.getoption("original")


@pytest.fixture(scope="module")
def digits(original):
    return data.load_digits(original)


@pytest.fixture(scope="module")
def computed(digits):
    """Cells 13 to 17 as the published notebook computed them: by cell and name, the
    number and the published one."""
    batch = digits.images, digits.targets, INITIAL, "all"
    gradient = network.gradient(*batch)
    history = arrays.train(*batch, PUBLISHED["epochs"], PUBLISHED["learning_rate"])
    out_a = arrays.outputs(digits.images, history[-1])
    accuracy = network.accuracy(out_a, digits.targets)
    found = {"cell 13": gradient, "cell 14": gradient}
    for cell, n in (("cell 15", 1), ("cell 16", -1)):
        found[cell] = network.part_by_part(lambda part: part[0], history[n])
    pairs = {"cell 17": {"accuracy": (accuracy, PUBLISHED["cell 17"])}}
    for cell, parts in found.items():
        published = PUBLISHED[cell].items()
        pairs[cell] = {name: (getattr(parts, name), truth) for name, truth in published}
    return pairs


def test_cells_2_and_10_to_12(digits):
    assert np.array_equal(digits.images[0], PUBLISHED["cell 2"]["image"])
    assert np.array_equal(digits.targets[0], PUBLISHED["cell 2"]["target"])
    assert digits.images.shape == (96, 6, 6) and digits.targets.shape == (96, 3)
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
        for name, pair in parts.items():
            check_published(f"{cell} {name}", *pair)


def test_the_data_readme_says_how_near_the_course_images_come(computed, original):
    if original:
        pytest.skip("about the course's images")
    accuracy, published = computed["cell 17"]["accuracy"]
    assert accuracy == published
    far = []
    for cell in ("cell 13", "cell 14", "cell 15", "cell 16"):
        pairs = computed[cell].values()
        largest = [np.max(np.abs(part - truth)) for part, truth in pairs]
        together = [max(largest)] if cell in ("cell 15", "cell 16") else largest
        far += [(cell, f"{difference:.3f}") for difference in together]
    readme = (data.FOLDER / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| .*?(cell 1[3-6])\) \| \d+ \| ([\d.]+) \|$", readme, re.M)
    assert said == far


def test_the_appendix_refuses_a_file_that_only_claims_to_be_the_original(
    tmp_path, monkeypatch
):
    copy = shutil.copy(data.DIGITS_FILE, tmp_path / "claims.txt")
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(copy))
    with pytest.raises(CellExecutionError, match="cell 13.*from what was published"):
        regenerate.run(regenerate.read(NOTEBOOK), NOTEBOOK.parent)
