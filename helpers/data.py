"""The digits and the published figures, with errors a person can act on. Knows nothing of the network."""

import json
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "data"
DIGITS_FILE = FOLDER / "digits123.txt"
HELDOUT_FILE = FOLDER / "heldout123.txt"
PUBLISHED_FILE = FOLDER / "published_outputs.json"
ENVIRONMENT_VARIABLE = "DIGITS123"
IMAGE_SHAPE = (6, 6)
PIXELS = 36
CLASSES = (1, 2, 3)


class Digits(NamedTuple):
    """Images with their labels.

    images: (N, 6, 6) floats, 0 or 1. labels: (N,) integers from CLASSES. targets: (N, 3) one-hot floats.
    own: True when they come from the course's own files, False when a reader brought the file.
    """

    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray
    own: bool


def parse_line(line, place):
    """Turn one line of a digit file into its pixels (a list of 36 integers) and its label (an integer).

    `place` names the file and line in errors. Raises ValueError: wrong number of fields, a field that is not an
    integer, a pixel other than 0 or 1, a label other than 1, 2 or 3.
    """
    fields = line.split(",")
    if len(fields) != PIXELS + 1:
        raise ValueError(f"{place}: expected {PIXELS} pixels and a label ({PIXELS + 1} comma-separated fields), found {len(fields)}")
    for position, field in enumerate(fields, start=1):
        if not re.fullmatch(r" *[+-]?[0-9]+ *", field):
            raise ValueError(f"{place}: expected an integer in field {position}, found {field!r}")
    *pixels, label = (int(field) for field in fields)
    for position, pixel in enumerate(pixels, start=1):
        if pixel not in (0, 1):
            raise ValueError(f"{place}: expected pixel {position} to be 0 or 1, found {pixel}")
    if label not in CLASSES:
        raise ValueError(f"{place}: expected a label from {CLASSES}, found {label}")
    return pixels, label


def one_hot(labels):
    """One-hot targets: targets[n, o] is 1 where labels[n] is the o-th of CLASSES, else 0.

    labels: (N,) integers from CLASSES. Returns (N, 3) floats.
    """
    targets = np.zeros((len(labels), len(CLASSES)))
    for n, label in enumerate(labels):
        targets[n, CLASSES.index(label)] = 1.0
    return targets


def read_lines(path):
    """The lines of a text file, as a list of strings without line ends.

    Raises FileNotFoundError for a missing file; ValueError, naming file and line, for an empty one and for text that
    is not plain ASCII.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a digit file ({PIXELS} pixels and a label a line)")
    lines = path.read_bytes().splitlines()
    if not lines:
        raise ValueError(f"{path}, line 1: expected at least one image, found an empty file")
    for number, line in enumerate(lines, start=1):
        if not line.isascii() or b"\0" in line:
            raise ValueError(f"{path}, line {number}: expected plain ASCII text (digits and commas), found another encoding")
    return [line.decode("ascii") for line in lines]


def load_digits(path=None):
    """Load a digit file: one image a line, 36 comma-separated pixels (row-major), then the label.

    path: the file; by default the one the environment variable DIGITS123 names, else the course's 96 training
    images. Returns Digits. Raises what read_lines and parse_line raise.
    """
    path = Path(path or os.environ.get(ENVIRONMENT_VARIABLE) or DIGITS_FILE)
    parsed = [parse_line(line, f"{path}, line {number}") for number, line in enumerate(read_lines(path), start=1)]
    images = np.array([pixels for pixels, _ in parsed], dtype=float).reshape(-1, *IMAGE_SHAPE)
    labels = np.array([label for _, label in parsed])
    return Digits(images, labels, one_hot(labels), own=path.resolve() in (DIGITS_FILE, HELDOUT_FILE))


def load_published(path=PUBLISHED_FILE):
    """Load the reference notebook's initial parameters and printed outputs.

    Returns a dict. "initial", "cell 13", "cell 14", "cell 15" and "cell 16" are dicts of arrays by parameter name;
    "cell 10" (3,), "cell 11" (5, 3) and "cell 12" (4, 4) are arrays; "cell 2" is a dict with "image" (6, 6) and
    "target" (3,); "cell 17", "learning_rate" and "epochs" are numbers. The reference flattens each pooled map;
    here its four weights get their (2, 2) back. Raises FileNotFoundError, or ValueError naming what is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected the published figures")
    try:
        raw = json.loads(path.read_text(encoding="ascii"))
        return _arrange(raw)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: expected JSON, found {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected plain ASCII JSON, found another encoding") from None
    except KeyError as error:
        raise ValueError(f"{path}: expected the entry {error}, found none") from None


def _arrange(raw):
    """Name the published figures by cell and parameter, as arrays of the course's shapes."""

    def named(names, values):
        arrays = {name: np.array(value, dtype=float) for name, value in zip(names, values)}
        if "out_w" in arrays:
            arrays["out_w"] = arrays["out_w"].reshape(*arrays["out_w"].shape[:-1], 2, 2)
        return arrays

    initial = raw["initial_parameters"]
    all_names = ("conv_w", "conv_b", "out_w", "out_b")
    return {
        "learning_rate": raw["learning_rate"],
        "epochs": raw["epochs"],
        "initial": named(all_names, [initial[name] for name in all_names]),
        "cell 2": named(("image", "target"), [raw["data"]["first_image"], raw["data"]["first_target"]]),
        "cell 10": np.array(raw["In[10] output of image 0"]),
        "cell 11": np.array(raw["In[11] delta_out of images 0..4"]),
        "cell 12": np.array(raw["In[12] delta_conv of image 1, filter 1"]),
        "cell 13": named(("conv_w", "conv_b"), raw["In[13] gradient_conv_w, gradient_conv_b"]),
        "cell 14": named(("out_w", "out_b"), raw["In[14] gradient_out_w, gradient_out_b"]),
        "cell 15": named(all_names, raw["In[15] after 1 epoch: conv_w[0], conv_b[0], out_w[0], out_b[0]"]),
        "cell 16": named(all_names, raw["In[16] after 50 epochs: conv_w[0], conv_b[0], out_w[0], out_b[0]"]),
        "cell 17": raw["In[17] training accuracy"],
    }
