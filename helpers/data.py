"""The digits and the published figures, with errors a person can act on.

Knows nothing of the network.
"""

import json
import os
import re
import reprlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

PARAMETERS = ("conv_w", "conv_b", "out_w", "out_b")
HERE = Path(__file__).resolve().parent
FOLDER = HERE / "_data" if (HERE / "_data").is_dir() else HERE.parent / "data"
DIGITS_FILE = FOLDER / "digits123.txt"
HANDWRITTEN_FILE = FOLDER / "handwritten123.txt"
PUBLISHED_FILE = FOLDER / "published_outputs.json"
ENVIRONMENT_VARIABLE = "DIGITS123"
PUBLISHED_ENTRIES = {"learning_rate": (), "epochs": (), "cell 2": ("image", "target")}
PUBLISHED_ENTRIES |= {f"cell {n}": () for n in (10, 11, 12, 17)}
PUBLISHED_ENTRIES |= dict.fromkeys(("initial", "cell 15", "cell 16"), PARAMETERS)
PUBLISHED_ENTRIES |= {"cell 13": PARAMETERS[:2], "cell 14": PARAMETERS[2:]}
IMAGE_SHAPE = (6, 6)
CLASSES = (1, 2, 3)


class Digits(NamedTuple):
    """images: (N, 6, 6) floats, 0 or 1. labels: (N,) integers from CLASSES. targets:
    (N, 3) one-hot floats. own: False for a file that a reader brought along."""

    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray
    own: bool


def one_hot(labels):
    """One-hot targets (N, 3): 1 where labels[n] is the o-th of CLASSES, else 0.

    labels: (N,) integers. Raises ValueError, naming the label, for any not of CLASSES.
    """
    targets = np.zeros((len(labels), len(CLASSES)))
    for n, label in enumerate(labels):
        if label not in CLASSES:
            raise ValueError(f"expected labels from {CLASSES}, found {label!r}")
        targets[n, CLASSES.index(label)] = 1.0
    return targets


def parse_line(line, place):
    """One line of a digit file as 37 integers: 36 pixels, row by row, then the label.

    line: bytes. place: names file and line in errors. Raises ValueError for anything
    but 36 pixels of 0 or 1 and a label from CLASSES, in ASCII, separated by commas.
    """
    fields = line.split(b",")
    pixels = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
    if not line.isascii() or b"\0" in line:
        raise ValueError(f"{place}: expected ASCII digits, found another encoding")
    if len(fields) != pixels + 1:
        found = f"({pixels + 1} fields, comma-separated), found {len(fields)}"
        raise ValueError(f"{place}: expected {pixels} pixels and a label {found}")
    for number, field in enumerate(fields, start=1):
        choices = (0, 1) if number <= pixels else CLASSES
        text = field.decode().strip(" ")
        if not re.fullmatch(r"[+-]?0*[0-9]", text) or int(text) not in choices:
            what = f"pixel {number}" if number <= pixels else "the label"
            found = f"one of {choices}, found {reprlib.repr(text)}"
            raise ValueError(f"{place}: expected {what} to be {found}")
    return [int(field) for field in fields]


def load_digits(path=None):
    """Load a digit file: one image a line, 36 pixels row by row, then the label.

    path: by default the course's 96 training images. Returns Digits. Raises
    FileNotFoundError; ValueError, naming file and line, for an empty file and for any
    line that parse_line refuses.
    """
    path = Path(path or DIGITS_FILE).expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a digit file")
    lines = path.read_bytes().splitlines()
    if not lines:
        raise ValueError(f"{path}, line 1: expected an image, found an empty file")
    numbered = enumerate(lines, start=1)
    rows = [parse_line(line, f"{path}, line {number}") for number, line in numbered]
    *pixels, labels = np.array(rows).T
    images = np.array(pixels, dtype=float).T.reshape(-1, *IMAGE_SHAPE)
    own = path in (DIGITS_FILE, HANDWRITTEN_FILE)
    return Digits(images, labels, one_hot(labels), own)


def load_original():
    """Load the lost file of the published notebook, for whoever has it.

    The environment variable DIGITS123 names it, relative to the folder the course
    stands in (~ is home). Without it, the course's images. Returns Digits.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return load_digits(HERE.parent / Path(named).expanduser() if named else None)


def load_handwritten():
    """Load the 542 digits that people wrote. Returns Digits."""
    return load_digits(HANDWRITTEN_FILE)


def load_published(path=PUBLISHED_FILE):
    """Load the reference notebook's initial parameters and printed outputs.

    Returns a dict: "initial", "cell 13" to "cell 16" are dicts of arrays (or a number)
    by parameter name; "cell 10" (3,), "cell 11" (5, 3), "cell 12" (4, 4) arrays; "cell
    2" has "image" (6, 6), "target" (3,); "cell 17", "learning_rate", "epochs" numbers.
    Raises FileNotFoundError, or ValueError naming what is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected the published figures")
    try:
        published = json.loads(path.read_text(encoding="ascii"), object_hook=_arrays)
    except json.JSONDecodeError as error:
        where = f"{path}, line {error.lineno}"
        raise ValueError(f"{where}: expected JSON, found {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected ASCII, found another encoding") from None
    for entry, names in PUBLISHED_ENTRIES.items():
        found = published.get(entry)
        if found is None or names and not set(names) <= set(found):
            wanted = f"the entry {entry!r} {names or ''}".strip()
            raise ValueError(f"{path}: expected {wanted}, found none")
    return published


def _arrays(entries):
    """A JSON object with its lists as arrays."""
    return {
        name: np.array(entry, float) if isinstance(entry, list) else entry
        for name, entry in entries.items()
    }
