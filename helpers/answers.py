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

    right: a function, or the answer itself (a number, an array, a word). mistakes: a
    dict from what a wrong answer looks like, in a few words, to that answer; where
    right is a function, one of the same arguments that returns such a dict. reread:
    where it is explained. cases: a function's arguments, a tuple a case, of several
    sizes. within: how far numbers may be off, relative to the largest expected.
    """

    right: Any
    mistakes: Any
    reread: str
    cases: tuple = ()
    within: float = 1e-9


def outcome(function, *arguments):
    """What a function returns, or the exception it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def agree(found, expected, within=0.0):
    """Whether an answer is the expected one.

    Words count whatever their case and spaces; arrays and numbers have one shape and
    differ by at most `within` times the largest expected; tuples agree part by part; an
    exception agrees with any other, a function with itself.
    """
    if callable(expected):
        return found is expected
    if isinstance(expected, Exception):
        return isinstance(found, Exception)
    if isinstance(found, str) or isinstance(expected, str):
        told, wanted = ("".join(str(x).lower().split()) for x in (found, expected))
        return told == wanted
    if isinstance(expected, tuple):
        same = isinstance(found, tuple | list) and len(found) == len(expected)
        return same and all(map(agree, found, expected, [within] * len(expected)))
    found, expected = _array(found), _array(expected)
    if found.shape != expected.shape or found.dtype.kind not in "biuf":
        return False
    return not np.any(_off(found, expected, within))


def _array(value):
    """An array of numbers; a single object where it is none."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.array(None)


def _off(found, expected, within):
    """Where numbers differ by more than they may; nan does everywhere."""
    largest = np.max(np.abs(expected), initial=0)
    return ~(np.abs(found - expected * 1.0) <= within * largest + 1e-15)


def judge(exercise, answer):
    """Whether an answer to an Exercise is right, and a sentence that says why not.

    answer: a function where `right` is one, else a number, an array or a word. Nothing
    it raises escapes. Returns a bool and a text.
    """
    right, mistakes, reread, cases, within = exercise
    if callable(right):
        found = []
        for case in cases:
            given = deepcopy(case)
            found.append(outcome(answer, *given))
            if found[-1] is None:
                return False, "not written yet: it returns nothing"
            if not agree(given, case):
                return False, "changes its arguments: work on a copy, or on new arrays"
        expected = [right(*case) for case in cases]
        wrong = [mistakes(*case) for case in cases]
    elif answer is None or answer is ...:
        return False, "not answered yet"
    else:
        cases, found, expected, wrong = [()], [answer], [right], [mistakes]
    fits = [agree(f, e, within) for f, e in zip(found, expected)]
    if all(fits):
        return True, "right"
    for cause in wrong[0]:
        if all(agree(f, w[cause], within) for f, w in zip(found, wrong)):
            return False, f"this looks like: {cause}. Reread {reread}"
    n = fits.index(False)
    arguments = f" for arguments {_sizes(cases[n])}" if cases[n] else ""
    if isinstance(found[n], Exception):
        return False, f"{type(found[n]).__name__}{arguments}: {found[n]}"
    place = _first_difference(found[n], expected[n], within)
    return False, f"{place}{arguments}. Reread {reread}"


def _sizes(case):
    """The arguments of a case: arrays by their shapes, numbers and words as such."""
    told = []
    for argument in case:
        plain = isinstance(argument, int | float | str)
        told.append(repr(argument) if plain else type(argument).__name__)
        if isinstance(argument, np.ndarray):
            told[-1] = f"{argument.shape}"
    return ", ".join(told)


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
    place = tuple(int(i) for i in np.argwhere(_off(found, expected, within))[0])
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
