"""Exercises to notebook 11, images from numbers."""

import numpy as np

from exercises import random_cases
from helpers.answers import Exercise

WRONG_NUMBERS = {
    "the empty row forgotten": 21,
    "runs that leave the row at its end": 25,
    "single pixels only": 9,
}
WRONG_LINES = {
    **{
        f"line {n}, but each image is off by the same, whatever its pixels": n
        for n in (1, 2, 4, 5, 6)
    },
    "line 3, but what a filter's bias does to an output depends on the pixels": 3,
}

SENT = tuple(
    ((z > 0) * delta, delta)
    for z, delta in random_cases(((3, 3), -0.0741), ((2, 4), 0.25), ((5, 3), 1.5))
)


def rows_of(columns, longest):
    """Rows that are empty or one run of at most `longest` pixels, (R, columns)."""
    rows = [np.zeros(columns)]
    for length in range(1, longest + 1):
        for start in range(columns - length + 1):
            rows.append(np.zeros(columns))
            rows[-1][start : start + length] = 1.0
    return np.array(rows)


def window(conv_w_gradient, conv_b_gradient):
    """The window (Fr, Fc) of 0 and 1 that made one image's gradient of a filter."""
    return np.abs(conv_w_gradient / conv_b_gradient)


def _wrong_rows(columns, longest):
    right = rows_of(columns, longest)
    leaving = [np.zeros(columns)]
    for length in range(1, longest + 1):
        run = np.arange(columns) < length
        leaving += [1.0 * np.roll(run, start) for start in range(columns)]
    return {
        "the empty row forgotten": right[1:],
        "a last place that is never reached": right[right[:, -1] == 0],
        "runs that leave the row at its end": np.array(leaving),
        "a longest run that is left out": rows_of(columns, longest - 1),
    }


def _wrong_windows(w, b):
    return {
        "the gradient itself, still times the delta": w,
        "multiplied by the bias, not divided": w * b,
        "divided by the sum of the weights' gradient": w / np.abs(w).sum(),
        "a window that is turned round": window(w, b)[::-1, ::-1],
    }


EXERCISES = {
    "11.1 rows of eight pixels": Exercise(22, WRONG_NUMBERS, "notebook 11, section 2"),
    "11.2 the plausible rows": Exercise(
        rows_of, _wrong_rows, "notebook 11, section 2", ((6, 3), (8, 3), (5, 2))
    ),
    "11.3 the window in a gradient": Exercise(
        window, _wrong_windows, "notebook 11, section 7", SENT
    ),
    "11.4 the wrong line": Exercise(
        7, WRONG_LINES, "notebook 11, section 3, and compare four images"
    ),
}
