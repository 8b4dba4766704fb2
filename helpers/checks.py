"""Checks that fail: derivatives measured without a derivation, and comparison with what was published.

They take functions and arrays, and know nothing of the network.
"""

import math

import numpy as np


def finite_differences(function, point, step=1e-5):
    """The gradient of a function, measured by central differences: (f(x + h) - f(x - h)) / 2h, one entry at a time.

    function: takes an array like point, returns a number. point: an array of any shape, left unchanged.
    step: h, in the units of point. Returns an array of point's shape. The error is of order step squared, plus
    rounding of order 1e-16 |f| / step.
    """
    slopes = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        nudge = np.zeros(point.shape)
        nudge[index] = step
        slopes[index] = (function(point + nudge) - function(point - nudge)) / (2 * step)
    return slopes


def complex_step(function, point, step=1e-20):
    """The gradient of a function, measured by complex steps: Im f(x + ih) / h, one entry at a time.

    Since f(x + ih) = f(x) + ih f'(x) - h^2 f''(x) / 2 - ..., the imaginary part over h is f'(x) up to a term of order h^2.
    Nothing is subtracted, so nothing cancels: h can be so small that this term vanishes, and the slope is exact to rounding.
    function: takes a complex array like point, returns a complex number; analytic at point (no ties, no abs), and made of
    operations that accept complex numbers. point: an array of any shape, left unchanged. Returns an array of its shape.
    """
    slopes = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        moved = point.astype(complex)
        moved[index] += 1j * step
        slopes[index] = function(moved).imag / step
    return slopes


def parameter_differences(function, parameters, step=1e-5):
    """finite_differences for a named tuple of arrays: one array at a time moves, the others stay.

    function: takes a named tuple like parameters, returns a number. Returns the same type.
    """
    measured = {}
    for name, part in zip(parameters._fields, parameters):
        def moved(values, name=name):
            return function(parameters._replace(**{name: values}))
        measured[name] = finite_differences(moved, part, step)
    return parameters._replace(**measured)


def relative_error(computed, expected):
    """The largest difference between two arrays of one shape, divided by the largest entry expected (by 1 where all are 0).

    Raises ValueError where the shapes differ.
    """
    computed, expected = np.asarray(computed), np.asarray(expected)
    if computed.shape != expected.shape:
        raise ValueError(f"expected shape {expected.shape}, found {computed.shape}")
    return np.max(np.abs(computed - expected)) / (np.max(np.abs(expected)) or 1.0)


def power_above(number):
    """The smallest power of ten not below a positive number, as text: rounding noise printed so that it repeats."""
    return "0" if number == 0 else f"1e{math.ceil(math.log10(number)):+03d}"


def check_close(what, computed, expected, tolerance=1e-8):
    """Print how close two arrays are, and fail where the relative error is above the tolerance.

    Raises AssertionError, naming what was compared; ValueError where the shapes differ.
    """
    error = relative_error(computed, expected)
    if not error <= tolerance:
        raise AssertionError(f"{what}: relative error {error:.2g}, allowed {tolerance:g}")
    closeness = f"relative error below {tolerance:g}" if tolerance else "all equal"
    print(f"ok: {what}: {np.size(computed)} compared, {closeness}")


def check_published(what, computed, published, must_match=True, decimals=8):
    """Compare with published numbers, printed to some decimals: equal means a difference of at most half the last one.

    must_match=False, for figures that depend on images the course does not have, prints both and how far apart they
    are. Raises AssertionError where they must match and do not; ValueError where the shapes differ.
    """
    computed, published = np.asarray(computed, dtype=float), np.asarray(published, dtype=float)
    if computed.shape != published.shape:
        raise ValueError(f"{what}: expected shape {published.shape}, found {computed.shape}")
    difference = np.max(np.abs(computed - published))
    allowed = 0.5 * 10.0**-decimals * (1 + 1e-6)
    if difference <= allowed:
        print(f"ok: {what}: {computed.size} equal to the published, to {decimals} decimals")
    elif must_match or np.isnan(difference):
        raise AssertionError(f"{what}: differs from the published numbers by {difference:.2g}, allowed {allowed:.1g}")
    else:
        print(f"other images: {what}: {computed.size} compared, at most {difference:.3f} from the published")
