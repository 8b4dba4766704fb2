"""Checks that fail: derivatives measured without a derivation, and comparisons.

They take functions and arrays, and know nothing of the network.
"""

import numpy as np

from helpers.door import as_positive

LOOSEST = 1e-2  # a tolerance above this passes what is wrong


def as_point(point):
    """A point to measure at. Raises ValueError unless it is an array of 64-bit floats:
    in 32 bits the differences drown in rounding, and integers cannot be nudged."""
    if not isinstance(point, np.ndarray) or point.dtype != np.float64:
        found = getattr(point, "dtype", type(point).__name__)
        raise ValueError(f"expected point to be 64-bit floats, found {found}")
    return point


def finite_differences(function, point, step=1e-5):
    """The gradient of a function, measured: (f(x + h) - f(x - h)) / 2h, entry by entry.

    function: takes an array like point, returns a number. point: of any shape, left
    unchanged. step: h, in the units of point. Returns an array of point's shape, with
    an error of order h^2 from the curve, plus 1e-16 |f| / h from rounding.
    Raises ValueError for a step of 0 and a point that is not of 64-bit floats.
    """
    point, step = as_point(point), as_positive("step", step)
    derivatives = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        nudge = np.zeros(point.shape)
        nudge[index] = step
        change = function(point + nudge) - function(point - nudge)
        derivatives[index] = change / (2 * step)
    return derivatives


def complex_step(function, point, step=1e-20):
    """The gradient of a function, measured: Im f(x + ih) / h, entry by entry.

    f(x + ih) = f(x) + ih f'(x) - h^2 f''(x) / 2 - ...: nothing is subtracted, nothing
    cancels, and h can be so small that the derivative is exact to rounding.
    function: takes a complex array like point, returns a complex number; analytic at
    point. point: of any shape, left unchanged. Returns an array of point's shape.
    Raises ValueError as finite_differences does, and where a function returns a real
    number, because it has lost the imaginary part.
    """
    point, step = as_point(point), as_positive("step", step)
    derivatives = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        nudged = point.astype(complex)
        nudged[index] += 1j * step
        value = function(nudged)
        if not np.iscomplexobj(value):
            raise ValueError("expected function to return complex, found real")
        derivatives[index] = value.imag / step
    return derivatives


def parameter_differences(function, parameters, step=1e-5):
    """finite_differences for a named tuple of arrays: one array moves, the others stay.

    function: takes a named tuple like parameters, returns a number. Returns that type.
    """
    measured = {}
    for name, part in zip(parameters._fields, parameters):

        def with_part(values, name=name):
            return function(parameters._replace(**{name: values}))

        measured[name] = finite_differences(with_part, part, step)
    return parameters._replace(**measured)


def relative_error(computed, expected):
    """The largest difference over the largest entry expected (over 1 if all are 0).

    Booleans count as 0 and 1. Raises ValueError where the shapes differ.
    """
    computed, expected = (np.asarray(x) for x in (computed, expected))
    if computed.shape != expected.shape:
        raise ValueError(f"expected shape {expected.shape}, found {computed.shape}")
    difference = np.abs(computed.astype(complex) - expected)
    return float(np.max(difference) / (np.max(np.abs(expected.astype(complex))) or 1.0))


def check_close(what, computed, expected, tolerance=1e-8):
    """Print how close two arrays are, and fail where the error is above the tolerance.

    Raises AssertionError, naming what was compared; ValueError where it could not fail:
    for a tolerance above 0.01, an array compared with itself, and shapes that differ.
    """
    if tolerance != 0:
        as_positive("tolerance", tolerance, most=LOOSEST)
    if np.shares_memory(np.asarray(computed), np.asarray(expected)):
        raise ValueError(f"{what}: expected two arrays, found one, with itself")
    error = relative_error(computed, expected)
    if not error <= tolerance:
        raise AssertionError(f"{what}: error {error:.2g}, allowed {tolerance:g}")
    closeness = f"relative error below {tolerance:g}" if tolerance else "all equal"
    print(f"ok: {what}: {np.size(computed)} compared, {closeness}")


def check_published(what, computed, published, must_match=True, decimals=8):
    """Compare with published numbers: equal to half a unit of the last printed decimal.

    must_match=False, for figures that depend on images the course does not have, prints
    how far apart they are. Raises AssertionError where they must match and do not;
    ValueError where the shapes differ, and where more of eight decimals are published.
    """
    computed, published = (np.asarray(x, dtype=float) for x in (computed, published))
    if computed.shape != published.shape:
        raise ValueError(f"{what}: expected {published.shape}, found {computed.shape}")
    if np.any(np.abs(np.round(published, decimals) - published) > 1e-8):
        raise ValueError(f"{what}: expected all that is published, found {decimals=}")
    difference = np.max(np.abs(computed - published))
    allowed = 0.5 * 10.0**-decimals * (1 + 1e-6)
    if difference <= allowed:
        print(f"ok: {what}: {computed.size} as published, to {decimals} decimals")
    elif must_match or np.isnan(difference):
        raise AssertionError(f"{what}: {difference:.2g} from what was published")
    else:
        print(f"other images: {what}: at most {difference:.3f} from what was published")
