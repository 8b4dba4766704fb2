"""The data files and their loader: unchanged, valid, and loud about damage."""

import hashlib
import re

import numpy as np
import pytest
from judges import require
from regenerate import ROOT

from helpers import data

CHECKSUMS = {
    "digits123.txt": "13019ef08fa3ff03c769a09f4f659f7b",
    "handwritten123.txt": "aedaf55d6f7bd38241051c5ca5bc1c06",
    "handwriting.txt": "6ebb3d2fee246a4e99363262ddf8a00a",
    "published_outputs.json": "731512012771e3748cb129b62ad0e910",
}
GOOD = "0,0,0,1,0,0," * 6 + "1"


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "digits.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("name", CHECKSUMS)
def test_data_files_are_unchanged(name):
    content = (data.FOLDER / name).read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(content).hexdigest()[:32] == CHECKSUMS[name]


@pytest.mark.parametrize(
    "load, counts",
    [(data.load_digits, [32] * 3), (data.load_handwritten, [182, 177, 183])],
)
def test_images_are_valid(load, counts):
    digits = load()
    assert digits.images.shape == (sum(counts), 6, 6) and digits.images.dtype == float
    assert set(np.unique(digits.images)) == {0.0, 1.0} and digits.own
    assert [np.sum(digits.labels == label) for label in data.CLASSES] == counts
    assert np.array_equal(digits.targets, np.eye(3)[digits.labels - 1])


def test_no_handwritten_image_is_a_training_image():
    seen = {image.tobytes() for image in data.load_digits().images}
    assert not seen & {image.tobytes() for image in data.load_handwritten().images}


def test_handwriting_is_what_its_recipe_makes():
    """As data/README.md says it, from the digits that scikit-learn ships. Where a mean
    is just 1/2, rounding decides, so the arithmetic here is that of the recipe."""
    found = require("sklearn.datasets").load_digits()
    lines = []
    for image, label in zip(found.images / 16, found.target):
        if label in data.CLASSES:
            rows = np.flatnonzero(image.max(axis=1) > 0.25)
            cut = image[rows[0] : rows[-1] + 1, 1:7]
            edges, row = np.arange(7) * len(cut) / 6, np.arange(len(cut))
            inside = np.minimum(edges[1:, None], row + 1)
            inside = np.clip(inside - np.maximum(edges[:-1, None], row), 0, None)
            pixels = inside / (len(cut) / 6) @ cut > 0.5
            lines.append(",".join(map(str, [*pixels.ravel().astype(int), label])))
    assert data.HANDWRITTEN_FILE.read_text(encoding="ascii").splitlines() == lines


def test_pixels_are_row_major(written):
    digits = data.load_digits(written("0," * 17 + "1," + "0," * 18 + "3\r\n"))
    assert np.argwhere(digits.images[0]).tolist() == [[2, 5]]
    assert digits.targets.tolist() == [[0, 0, 1]] and not digits.own


def test_one_meaning_of_the_environment_variable(written, monkeypatch):
    """Relative to the folder of the course, wherever Python was started; ~ is home."""
    path = written(GOOD)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(path.parent))
    files = {path: 1, "~/digits.txt": 1, "data/handwritten123.txt": 542}
    for value, count in files.items():
        monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(value))
        for folder in (path.parent, data.HERE):
            monkeypatch.chdir(folder)
            assert len(data.load_original().images) == count
            assert len(data.load_digits().images) == 96
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, "none.txt")
    with pytest.raises(FileNotFoundError, match=re.escape(str(ROOT / "none.txt"))):
        data.load_original()
    assert len(data.load_handwritten().images) == 542


LONG = GOOD.replace("1", "1" * 5000, 1)


@pytest.mark.parametrize(
    "content, line, words",
    [
        (GOOD + "\n" + GOOD[2:], 2, "36 pixels and a label.*found 36"),
        (GOOD + ",0", 1, "37 fields.*found 38"),
        (GOOD + "\n\n" + GOOD, 2, "37 fields.*found 1"),
        (GOOD.replace("1", "x", 1), 1, "pixel 4 .*'x'"),
        (GOOD.replace("1", "1.0", 1), 1, "pixel 4 .*'1.0'"),
        (GOOD.replace("1", "", 1), 1, "pixel 4 .*''"),
        (GOOD.replace("1", "-1", 1), 1, "pixel 4 .*'-1'"),
        (GOOD + "\n" + GOOD.replace("1", "2", 1), 2, r"pixel 4 .*\(0, 1\), found '2'"),
        (GOOD + "\n" + LONG, 2, r"pixel 4 .*'1+\.\.\.1+'$"),
        (GOOD[:-1] + "1" * 5000, 1, r"the label .*'1+\.\.\.1+'$"),
        (GOOD[:-1] + "4", 1, r"the label .*\(1, 2, 3\), found '4'"),
        (GOOD[:-1] + "0", 1, "the label .*found '0'"),
        ("", 1, "an image, found an empty file"),
        (GOOD.encode("utf-16"), 1, "another encoding"),
        (GOOD.encode("utf-16-be"), 1, "another encoding"),
        (GOOD.encode("utf-8-sig"), 1, "another encoding"),
        (GOOD + "\n" + GOOD.replace("1", "１", 1), 2, "another encoding"),
    ],
)
def test_damage_is_named(written, content, line, words):
    path = written(content)
    with pytest.raises(ValueError, match=f"line {line}: expected .*{words}") as error:
        data.load_digits(path)
    assert str(error.value).startswith(str(path)) and len(str(error.value)) < 300


@pytest.mark.parametrize(
    "labels, found", [([1, 4], "4"), (["1"], "'1'"), ([2.5], "2.5"), ([[1]], r"\[1\]")]
)
def test_labels_that_are_none_are_named(labels, found):
    with pytest.raises(ValueError, match=f"expected labels .*found {found}"):
        data.one_hot(labels)


@pytest.mark.parametrize("load", [data.load_digits, data.load_published])
def test_missing_files_are_named(tmp_path, load):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileNotFoundError, match="no such file; expected") as error:
            load(path)
        assert str(path) in str(error.value)


PUBLISHED = data.PUBLISHED_FILE.read_text(encoding="ascii")


@pytest.mark.parametrize(
    "content, words",
    [
        ('{"epochs": ', ", line 1: expected JSON"),
        ('{"epochs": 50}', ": expected the entry 'learning_rate'"),
        (PUBLISHED.replace("out_b", "b"), ": expected the entry 'initial' ('conv_w', "),
        ("数", ": expected ASCII"),
    ],
)
def test_damaged_published_figures_are_named(written, content, words):
    path = written(content)
    with pytest.raises(ValueError) as error:
        data.load_published(path)
    assert str(error.value).startswith(f"{path}{words}")
