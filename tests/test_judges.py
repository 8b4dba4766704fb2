"""Judges nobody here wrote: PyTorch and JAX differentiate the same network."""

import pytest
from cases import COURSE, SIZES, assert_equal_parameters, random_case, whole_weights
from judges import jax_step, torch_step

from helpers import arrays, network

IMAGES, TARGETS, PARAMETERS = random_case(8)
CASES = {
    "course": COURSE,
    "different windows tie": (IMAGES, TARGETS, whole_weights(PARAMETERS)),
    **{f"binary, {name}": random_case(7, sizes=of) for name, of in SIZES.items()},
    **{f"real, {name}": random_case(7, 20, of, False) for name, of in SIZES.items()},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("judge", [torch_step, jax_step])
@pytest.mark.parametrize("ties", ["share", "first"])
def test_gradient(case, judge, ties):
    expected = judge(*case, ties)()
    for module in (network, arrays):
        assert_equal_parameters(module.gradient(*case, ties), expected)


def test_training():
    images, targets, judged = COURSE
    for _ in range(50):
        gradient = torch_step(images, targets, judged)()
        judged = network.update(judged, map(lambda part: part.numpy(), gradient), 0.2)
    trained = arrays.train(*COURSE, "first", 50, 0.2)[-1]
    assert_equal_parameters(trained, judged, 1e-9)
