"""The data files and their loader: unchanged, valid, and loud about damage."""

import hashlib
import json

import numpy as np
import pytest

from helpers import data

CHECKSUMS = {
    "digits123.txt": "13019ef08fa3ff03c769a09f4f659f7b8e1e41828fd1153c445cb9801214cc0c",
    "heldout123.txt": "4f8fb04660e01b99e57f167822a9df02e1345a6463d67a708e3ba11d291e1db1",
    "published_outputs.json": "903b83dffb44c44a1643e5297836102501e1993226c1d4f406f407698de5e805",
}
GOOD = "0,0,0,1,0,0," * 6 + "1"


@pytest.fixture
def digit_file(tmp_path):
    def write(content):
        path = tmp_path / "digits.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("name", CHECKSUMS)
def test_data_files_are_unchanged(name):
    content = (data.FOLDER / name).read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize("path, count", [(data.DIGITS_FILE, 96), (data.HELDOUT_FILE, 48)])
def test_images_are_valid(path, count):
    digits = data.load_digits(path)
    assert digits.images.shape == (count, 6, 6) and digits.images.dtype == float
    assert set(np.unique(digits.images)) == {0.0, 1.0}
    assert digits.targets.shape == (count, 3) and np.all(digits.targets.sum(axis=1) == 1)
    assert [int(np.sum(digits.labels == label)) for label in data.CLASSES] == [count // 3] * 3
    assert np.array_equal(np.argmax(digits.targets, axis=1) + 1, digits.labels)
    assert digits.own


def test_no_heldout_image_is_a_training_image():
    seen = {image.tobytes() for image in data.load_digits(data.DIGITS_FILE).images}
    assert not seen & {image.tobytes() for image in data.load_digits(data.HELDOUT_FILE).images}


def test_pixels_are_row_major(digit_file):
    pixels = ["0"] * 36
    pixels[6 * 2 + 5] = "1"
    digits = data.load_digits(digit_file(",".join(pixels) + ",3\r\n"))
    assert np.argwhere(digits.images[0]).tolist() == [[2, 5]]
    assert digits.targets.tolist() == [[0, 0, 1]]
    assert not digits.own


def test_the_environment_variable_names_the_file(digit_file, monkeypatch):
    path = digit_file(GOOD)
    monkeypatch.setenv(data.ENVIRONMENT_VARIABLE, str(path))
    assert len(data.load_digits().images) == 1 and not data.load_digits().own
    assert len(data.load_digits(data.HELDOUT_FILE).images) == 48


@pytest.mark.parametrize("content, line, expected, found", [
    (GOOD + "\n" + GOOD[2:], 2, "36 pixels and a label", "found 36"),
    (GOOD + ",0", 1, "37 comma-separated fields", "found 38"),
    (GOOD + "\n\n" + GOOD, 2, "37 comma-separated fields", "found 1"),
    (GOOD.replace("1", "x", 1), 1, "an integer in field 4", "'x'"),
    (GOOD.replace("1", "1.0", 1), 1, "an integer in field 4", "'1.0'"),
    (GOOD.replace("1", "", 1), 1, "an integer in field 4", "''"),
    (GOOD + "\n" + GOOD.replace("1", "2", 1), 2, "pixel 4 to be 0 or 1", "found 2"),
    (GOOD.replace("1", "-1", 1), 1, "pixel 4 to be 0 or 1", "found -1"),
    (GOOD[:-1] + "4", 1, "a label from (1, 2, 3)", "found 4"),
    (GOOD[:-1] + "0", 1, "a label from (1, 2, 3)", "found 0"),
    ("", 1, "at least one image", "an empty file"),
    (GOOD.encode("utf-16"), 1, "plain ASCII", "another encoding"),
    (GOOD.encode("utf-16-be"), 1, "plain ASCII", "another encoding"),
    (GOOD.encode("utf-8-sig"), 1, "plain ASCII", "another encoding"),
    (GOOD + "\n" + GOOD.replace("1", "１", 1), 2, "plain ASCII", "another encoding"),
])
def test_damage_is_named(digit_file, content, line, expected, found):
    path = digit_file(content)
    with pytest.raises(ValueError) as error:
        data.load_digits(path)
    message = str(error.value)
    assert message.startswith(f"{path}, line {line}: expected ")
    assert expected in message and found in message


def test_missing_files_are_named(tmp_path):
    for load in (data.load_digits, data.load_published):
        for path in (tmp_path / "none", tmp_path):
            with pytest.raises(FileNotFoundError, match="no such file; expected") as error:
                load(path)
            assert str(path) in str(error.value)


@pytest.mark.parametrize("content, expected", [
    ('{"epochs": ', "line 1: expected JSON"),
    ('{"epochs": 50}', "expected the entry 'initial_parameters'"),
    ("数", "expected plain ASCII"),
])
def test_damaged_published_figures_are_named(tmp_path, content, expected):
    path = tmp_path / "published.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="published.json") as error:
        data.load_published(path)
    assert expected in str(error.value)


def test_published_figures_keep_their_numbers():
    raw = json.loads(data.PUBLISHED_FILE.read_text(encoding="ascii"))
    published = data.load_published()
    assert published["initial"]["out_w"].shape == (3, 3, 2, 2)
    assert published["cell 14"]["out_w"][1, 2].tolist() == [[-1.00859612, -0.32069493], [-0.29414387, -0.40720453]]
    assert published["cell 15"]["out_w"].shape == (3, 2, 2) and published["cell 15"]["out_b"].shape == ()
    assert published["cell 12"].tolist() == raw["In[12] delta_conv of image 1, filter 1"]
    assert (published["learning_rate"], published["epochs"], published["cell 17"]) == (0.2, 50, 1.0)
