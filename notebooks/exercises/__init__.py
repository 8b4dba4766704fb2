"""Right answers to the exercises, and the wrong ones they are told apart from.

One module for each notebook beside it; its `EXERCISES` go to `check`. Functions named
_wrong_... return, for the arguments of an exercise, what each usual mistake makes of
them: a dict by the mistake's name.
"""

import numpy as np


def random_cases(*cases):
    """The same cases, with a normally distributed array in the place of each shape.

    cases: tuples; what is a tuple in them is a shape. Returns a tuple of tuples.
    """
    rng = np.random.default_rng(0)
    return tuple(
        tuple(rng.normal(size=x) if isinstance(x, tuple) else x for x in case)
        for case in cases
    )
