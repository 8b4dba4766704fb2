"""Answers of the reader: said before a run, and told afterwards what came out."""

from textwrap import fill

import numpy as np

_said = {}


def predict(question, your=None):
    """Say what will come out, before it is computed; `reveal` takes it up.

    your: a number or a word; None says that nothing is predicted yet.
    """
    _said[question] = your
    told = "no prediction yet" if your is None else f"you say {your}"
    print(fill(f"{told}: {question}", 88))


def reveal(question, computed, because, within=0.0):
    """Answer a prediction: what was said, what was computed, and why.

    question: as in `predict`. computed: a number or a word. within: how far a number
    may be off to count as right, relative to the computed one.
    """
    your = _said.get(question)
    shown = f"{computed:.4g}" if isinstance(computed, float) else f"{computed}"
    if your is None:
        told = f"it is {shown}"
    elif _agree(your, computed, within):
        told = f"right, it is {shown}"
    else:
        told = f"you said {your}, it is {shown}"
    print(fill(f"{question}: {told}: {because}", 88))


def _agree(your, computed, within):
    """Whether a prediction is right; of words, the case does not matter."""
    if isinstance(your, str) or isinstance(computed, str):
        return str(your).strip().lower() == str(computed).lower()
    return bool(np.isclose(your, computed, rtol=within, atol=1e-12))
