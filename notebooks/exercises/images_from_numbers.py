"""Exercises to notebook 11, images from numbers."""

import numpy as np

from helpers.answers import Exercise

_rng = np.random.default_rng(11)
_sent = tuple(
    ((_rng.random(shape) < 0.4) * delta, delta)
    for shape, delta in (((3, 3), -0.0741), ((2, 4), 0.25), ((5, 3), 1.5))
)


def rows_of(columns, longest):
    """Rows that are empty or one run of at most `longest` pixels, (R, columns)."""
    runs = [
        (length, start)
        for length in range(1, longest + 1)
        for start in range(columns - length + 1)
    ]
    rows = np.zeros((1 + len(runs), columns))
    for row, (length, start) in zip(rows[1:], runs):
        row[start : start + length] = 1.0
    return rows


def _circular(columns, longest):
    """As rows_of, with runs that leave at the right and come in at the left."""
    first = [rows_of(columns, length)[-1][::-1] for length in range(1, longest + 1)]
    turned = [np.roll(row, n) for row in first for n in range(columns)]
    return np.array([np.zeros(columns), *turned])


EXERCISES = {
    "11.1 rows of eight pixels": Exercise(
        22,
        {
            "the empty row forgotten": 21,
            "runs that leave the row at its end": 25,
            "single pixels only": 9,
        },
        "notebook 11, section 2",
    ),
    "11.2 the plausible rows": Exercise(
        rows_of,
        {
            "the empty row forgotten": lambda c, n: rows_of(c, n)[1:],
            "a last place that is never reached": (
                lambda c, n: np.array([r for r in rows_of(c, n) if not r[-1]])
            ),
            "runs that leave the row at its end": _circular,
            "a longest run that is left out": lambda c, n: rows_of(c, n - 1),
        },
        "notebook 11, section 2",
        cases=((6, 3), (8, 3), (5, 2)),
    ),
    "11.3 the window in a gradient": Exercise(
        lambda w, b: np.abs(w / b),
        {
            "the gradient itself, still times the delta": lambda w, b: w,
            "multiplied by the bias, not divided": lambda w, b: w * b,
            "divided by the sum of the weights' gradient": (
                lambda w, b: w / np.abs(w).sum()
            ),
            "a window that is turned round": lambda w, b: np.abs(w / b)[::-1, ::-1],
        },
        "notebook 11, section 7",
        cases=_sent,
    ),
}
