"""The course's images and start, and networks of many sizes, for tests and tools."""

import numpy as np

from helpers.checks import relative_error
from helpers.data import load_digits, load_published
from helpers.network import Parameters

DIGITS = load_digits()
INITIAL = Parameters(**load_published()["initial"])
COURSE = DIGITS.images, DIGITS.targets, INITIAL
# side, filters, filter shape, pooled shape, classes
SIZES = {
    "course": (2, 3, (3, 3), (2, 2), 3),
    "sides 3, filters 2 x 3": (3, 2, (2, 3), (1, 2), 4),
    "no pooling, filters 3 x 1": (1, 4, (3, 1), (3, 4), 2),
    "one of everything": (2, 1, (1, 1), (1, 1), 1),
    "larger": (2, 5, (5, 4), (3, 2), 10),
}


def random_case(seed, count=20, sizes=SIZES["course"], binary=True):
    """Random images (N, H, W), one-hot targets (N, O) and Parameters.

    sizes: as in SIZES. Binary images hold many equal windows, real ones next to none.
    """
    rng = np.random.default_rng(seed)
    side, filters, filter_shape, pooled_shape, classes = sizes
    rows, columns = (side * p + f - 1 for p, f in zip(pooled_shape, filter_shape))
    images = rng.random((count, rows, columns))
    images = (images < 0.35).astype(float) if binary else images
    parameters = Parameters(
        rng.normal(size=(filters, *filter_shape)),
        rng.normal(size=filters),
        rng.normal(size=(classes, filters, *pooled_shape)),
        rng.normal(size=classes),
    )
    return images, np.eye(classes)[rng.integers(classes, size=count)], parameters


def whole_weights(parameters):
    """Filters of -1, 0 and 1: their sums are exact, so that different windows tie."""
    return parameters._replace(
        conv_w=np.clip(np.round(parameters.conv_w), -1, 1),
        conv_b=np.round(parameters.conv_b),
    )


def assert_equal_parameters(computed, expected, tolerance=1e-12):
    for name, part, truth in zip(Parameters._fields, computed, expected):
        assert relative_error(part, truth) <= tolerance, name
