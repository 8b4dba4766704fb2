"""Input is checked here, once, where it enters; what is inside then trusts it.

Every function returns what it checked, or raises a ValueError of one sentence that
names what was expected and what was found.
"""

import numpy as np


def as_floats(what, values, shape, complex_too=False):
    """Finite numbers of one shape, as an array of 64-bit floats.

    what: their name, for the sentence. shape: a size for each axis, or a letter for any
    size from 1 on. complex_too: leave complex numbers as they are, do not refuse them.
    Raises ValueError for another shape, an empty axis, text, nan or inf.
    """
    values = np.asarray(values)
    if values.dtype.kind not in ("biufc" if complex_too else "biuf"):
        raise ValueError(f"expected {what} to be real numbers, found {values.dtype}")
    fits = values.ndim == len(shape) and values.size > 0
    for axis, size in zip(shape, values.shape):
        fits = fits and (isinstance(axis, str) or axis == size)
    if not fits:
        named = ", ".join(str(axis) for axis in shape)
        raise ValueError(f"expected {what} of shape ({named}), found {values.shape}")
    if np.count_nonzero(np.isfinite(values)) < values.size:
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"expected {what} finite, found {values[place]} at {place}")
    return values if values.dtype.kind == "c" else values.astype(float, copy=False)


def as_whole(what, value, least):
    """A whole number from `least` on. Raises ValueError for any other value."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"expected {what} to be a whole number, found {value!r}")
    if value < least:
        raise ValueError(f"expected {what} to be at least {least}, found {value}")
    return int(value)


def as_positive(what, value, most=np.inf):
    """A finite number above 0, at most `most`. Raises ValueError for any other."""
    number = float(as_floats(what, value, ()))
    if not 0 < number <= most:
        limit = "" if most == np.inf else f" and at most {most:g}"
        raise ValueError(f"expected {what} to be above 0{limit}, found {value}")
    return number


def as_choice(what, value, choices):
    """One of the choices. Raises ValueError, naming them, for any other value."""
    if not isinstance(value, type(choices[0])) or value not in choices:
        raise ValueError(f"expected {what} to be one of {choices}, found {value!r}")
    return value
