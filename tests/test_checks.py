"""The checks of the course must be able to fail."""

import numpy as np
import pytest

from helpers import checks
from helpers.network import Parameters


def test_finite_differences_leave_the_point_alone_and_find_the_slope():
    point = np.array([[0.5, -1.0], [2.0, 0.0]])
    before = point.copy()
    assert np.allclose(checks.finite_differences(lambda x: np.sum(x**3), point), 3 * before**2, rtol=0, atol=1e-9)
    assert np.array_equal(point, before)


def test_finite_differences_use_their_step():
    measured = checks.finite_differences(lambda x: x[0] ** 3, np.array([0.0]), step=0.1)
    assert measured[0] == pytest.approx(0.01, rel=1e-12)


def test_parameter_differences_move_one_array_at_a_time():
    parameters = Parameters(np.full((1, 2, 2), 2.0), np.array([3.0]), np.full((2, 1, 1, 1), 5.0), np.array([7.0, 11.0]))
    measured = checks.parameter_differences(lambda p: np.sum(p.conv_w**2) * p.conv_b[0] + np.sum(p.out_w[0]) * p.out_b[1], parameters)
    assert isinstance(measured, Parameters)
    assert np.allclose(measured.conv_w, 12) and np.allclose(measured.conv_b, 16)
    assert np.allclose(measured.out_w.ravel(), [11, 0]) and np.allclose(measured.out_b, [0, 5])


def test_relative_error():
    assert checks.relative_error([1.0, 2.5], [1.0, 2.0]) == 0.25
    assert checks.relative_error([0.5], [0.0]) == 0.5
    with pytest.raises(ValueError, match="shape"):
        checks.relative_error(np.zeros(3), np.zeros((3, 1)))


@pytest.mark.parametrize("number, text", [(3e-10, "1e-09"), (1e-9, "1e-09"), (0.2, "1e+00"), (0, "0")])
def test_power_above(number, text):
    assert checks.power_above(number) == text


def test_check_close_passes_and_fails(capsys):
    checks.check_close("two numbers", [1.0, 2.0], [1.0, 2.0 + 1e-9], tolerance=1e-8)
    assert capsys.readouterr().out == "ok: two numbers: 2 compared, relative error below 1e-08\n"
    for wrong in ([1.0, 2.1], [1.0, np.nan]):
        with pytest.raises(AssertionError, match="two numbers"):
            checks.check_close("two numbers", wrong, [1.0, 2.0])
    with pytest.raises(ValueError, match="shape"):
        checks.check_close("shapes", np.zeros((2, 1)), np.zeros(2))


def test_check_published_passes_and_fails(capsys):
    published = [0.12345678, -2.0]
    checks.check_published("figures", [0.123456784, -2.0], published)
    assert "2 equal to the published, to 8 decimals" in capsys.readouterr().out
    for wrong in ([0.12345679, -2.0], [np.nan, -2.0]):
        with pytest.raises(AssertionError, match="figures"):
            checks.check_published("figures", wrong, published)
    checks.check_published("figures", [0.2, -2.0], published, must_match=False)
    assert "at most 0.077 from the published" in capsys.readouterr().out
    with pytest.raises(AssertionError, match="figures"):
        checks.check_published("figures", [np.nan, -2.0], published, must_match=False)
    with pytest.raises(ValueError, match="shape"):
        checks.check_published("figures", [1.0], published, must_match=False)
