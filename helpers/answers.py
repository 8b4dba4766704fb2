"""Answers of the reader: predictions, exercises, and which mistake it looks like.

Knows no network: an exercise brings its right answer and the usual wrong ones along.
"""

from copy import deepcopy
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np

_predicted = {}
_verdicts = {}


def predict(question, your=None):
    """Say what will come out, before it is computed; `reveal` takes it up.

    your: a number or a word; None says that nothing is predicted yet.
    """
    _predicted[question] = your
    told = "no prediction yet" if your is None else f"you say {your}"
    print(fill(f"{told}: {question}", 88))


def reveal(question, computed, because, within=0.0):
    """Answer a prediction: what was said, what was computed, and why.

    question: as in `predict`. computed: a number or a word. within: how far a number
    may be off to count as right, relative to the computed one.
    """
    your = _predicted.get(question)
    shown = f"{computed:.4g}" if isinstance(computed, float) else f"{computed}"
    told = f"you said {your}, it is {shown}"
    if your is None:
        told = f"it is {shown}"
    elif agree(your, computed, within):
        told = f"right, it is {shown}"
    print(fill(f"{question}: {told}: {because}", 88))


class Exercise(NamedTuple):
    """What `judge` needs to know.

    right: a function, or the answer itself (a number, an array, a word). mistakes: from
    what a wrong answer looks like, in a few words, to that wrong function or answer.
    reread: where it is explained. cases: a function's arguments, a tuple a case, of
    several sizes. within: how far numbers may be off, relative to the largest expected.
    """

    right: Any
    mistakes: dict
    reread: str
    cases: tuple = ()
    within: float = 1e-9


def agree(found, expected, within=0.0):
    """Whether an answer is the expected one.

    Words count whatever their case and spaces; arrays and numbers have one shape and
    differ by at most `within` times the largest expected; tuples agree part by part; an
    exception agrees with any other, a function with itself.
    """
    if callable(expected):
        return found is expected
    if isinstance(found, Exception) or isinstance(expected, Exception):
        return isinstance(found, Exception) and isinstance(expected, Exception)
    if isinstance(found, str) or isinstance(expected, str):
        told, wanted = ("".join(str(x).lower().split()) for x in (found, expected))
        return told == wanted
    if isinstance(expected, tuple):
        same = isinstance(found, tuple | list) and len(found) == len(expected)
        return same and all(map(agree, found, expected, [within] * len(expected)))
    found, expected = _array(found), _array(expected)
    if found.shape != expected.shape or found.dtype.kind not in "biuf":
        return False
    return bool(np.all(np.abs(found - expected * 1.0) <= _allowed(expected, within)))


def _array(value):
    """An array of numbers; a single object where it is none."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.array(None)


def _allowed(expected, within):
    return within * np.max(np.abs(expected), initial=0) + 1e-15


def judge(exercise, answer):
    """Whether an answer to an Exercise is right, and a sentence that says why not.

    answer: a function where `right` is one, else a number, an array or a word. Nothing
    it raises escapes. Returns a bool and a text.
    """
    if not callable(exercise.right):
        if answer is None or answer is ...:
            return False, "not answered yet"
        found, expected, cases = [answer], [exercise.right], ((),)
        wrong = {cause: [value] for cause, value in exercise.mistakes.items()}
    else:
        cases, found = exercise.cases, []
        for case in cases:
            given = deepcopy(case)
            found.append(_result(answer, given))
            if isinstance(found[-1], NotImplementedError):
                return False, "not written yet"
            if found[-1] is None:
                return False, "not written yet: it returns nothing"
            if not agree(given, case):
                return False, "changes its arguments: work on a copy, or on new arrays"
        expected, *others = (
            [_result(function, deepcopy(case)) for case in cases]
            for function in (exercise.right, *exercise.mistakes.values())
        )
        wrong = dict(zip(exercise.mistakes, others))
    fits = [agree(f, e, exercise.within) for f, e in zip(found, expected)]
    if all(fits):
        return True, "right"
    for cause, values in wrong.items():
        if all(agree(f, w, exercise.within) for f, w in zip(found, values)):
            return False, f"this looks like: {cause}. Reread {exercise.reread}"
    n = fits.index(False)
    if isinstance(found[n], Exception):
        name = type(found[n]).__name__
        return False, f"{name} for arguments {_sizes(cases[n])}: {found[n]}"
    place = _first_difference(found[n], expected[n], exercise.within)
    arguments = f" for arguments {_sizes(cases[n])}" if cases[n] else ""
    return False, f"{place}{arguments}. Reread {exercise.reread}"


def _result(function, arguments):
    """What a function returns, or the exception it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def _sizes(case):
    """The arguments of a case: arrays by their shapes, numbers and words as such."""
    plain = (int, float, str)
    return ", ".join(
        f"{x.shape}"
        if isinstance(x, np.ndarray)
        else (f"{x!r}" if isinstance(x, plain) else type(x).__name__)
        for x in case
    )


def _first_difference(found, expected, within):
    """The first place where an answer differs, in indices, expected and found."""
    if isinstance(expected, tuple):
        if not isinstance(found, tuple | list) or len(found) != len(expected):
            return f"expected {len(expected)} results, found {type(found).__name__}"
        n = [agree(f, e, within) for f, e in zip(found, expected)].index(False)
        return f"result {n}: {_first_difference(found[n], expected[n], within)}"
    if isinstance(expected, str) or _array(found).dtype.kind not in "biuf":
        return f"found {found!r}, which is not it"
    found, expected = _array(found) + 0.0, _array(expected) + 0.0
    if found.shape != expected.shape:
        return f"expected shape {expected.shape}, found {found.shape}"
    if not expected.shape:
        return f"found {found:.6g}, which is not it"
    off = ~(np.abs(found - expected) <= _allowed(expected, within))
    place = tuple(int(i) for i in np.argwhere(off)[0])
    return f"at {list(place)} expected {expected[place]:.6g}, found {found[place]:.6g}"


def check(exercises, name, answer):
    """Judge an answer, print the verdict and remember it for `progress`.

    exercises: a dict from name to Exercise. name: of one of them.
    """
    right, told = judge(exercises[name], answer)
    _verdicts[name] = right
    print(fill(f"{name}: {told}.", 88))


def progress(exercises):
    """Print how many of the exercises pass."""
    count = sum(_verdicts.get(name, False) for name in exercises)
    print(f"{count} of {len(exercises)} pass")


def require(name):
    """For grading: raise AssertionError unless the last answer was right."""
    if not _verdicts.get(name, False):
        raise AssertionError(f"{name}: no right answer yet")
