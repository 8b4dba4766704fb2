"""The checks of the course must be able to fail."""

import re

import numpy as np
import pytest

from helpers import answers, checks
from helpers.network import Parameters

POINT = np.array([[0.5, -1.0], [2.0, 1.5]])
MEASURES = (checks.finite_differences, checks.complex_step)


@pytest.mark.parametrize(
    "measure, error, cubed", [(MEASURES[0], 1e-9, 0.01), (MEASURES[1], 1e-15, -0.01)]
)
def test_derivatives_are_measured_and_the_point_is_left_alone(measure, error, cubed):
    before = POINT.copy()
    measured = measure(lambda x: np.sum(np.exp(x) * x**2), POINT)
    expected = np.exp(before) * (before**2 + 2 * before)
    assert checks.relative_error(measured, expected) < error
    assert np.array_equal(POINT, before)
    measured = measure(lambda x: x[0] ** 3, np.array([0.0]), step=0.1)
    assert measured[0] == pytest.approx(cubed, rel=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    "point, step, words",
    [
        (POINT, 0, "step to be above 0"),
        (POINT, -1e-5, "step to be above 0"),
        (POINT, np.nan, "step finite"),
        (POINT.astype(np.float32), 1e-5, "64-bit floats, found float32"),
        (POINT.astype(int), 1e-5, "64-bit floats, found int64"),
        ([0.5], 1e-5, "64-bit floats, found list"),
    ],
)
def test_what_cannot_be_measured_is_refused(measure, point, step, words):
    with pytest.raises(ValueError, match="expected .*" + words):
        measure(np.sum, point, step)


def test_a_complex_step_through_real_numbers_is_refused():
    with pytest.raises(ValueError, match="expected function to return complex"):
        checks.complex_step(lambda x: float(np.sum(x.real)), POINT)


def test_parameter_differences_move_one_array_at_a_time():
    def function(p):
        return np.sum(p.conv_w**2) * p.conv_b[0] + np.sum(p.out_w[0]) * p.out_b[1] ** 3

    biases = np.array([3.0]), np.array([5.0, 2.0])
    point = Parameters(np.full((1, 2, 2), 2.0), biases[0], POINT, biases[1])
    measured = checks.parameter_differences(function, point, step=0.1)
    assert isinstance(measured, Parameters)
    for part, expected in zip(measured, (12, 16, [[8, 8], [0, 0]], [0, -6.005])):
        assert np.allclose(part, expected)


BLACK, WHITE = np.zeros((6, 6), np.uint8), np.full((6, 6), 255, np.uint8)


@pytest.mark.parametrize(
    "computed, expected, error",
    [
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([0.5], [0.0], 0.5),
        (BLACK, WHITE, 1),
        (WHITE, BLACK, 255),
        ([True, False], [True, True], 1),
        ([1 + 1j], [1.0], 1),
        (np.array([-128], np.int8), np.array([127], np.int8), 255 / 127),
        (np.array([127], np.int8), np.array([-128], np.int8), 255 / 128),
        ([1.0, np.nan], [1.0, 2.0], np.nan),
        ([np.inf, 2.0], [1.0, 2.0], np.inf),
    ],
)
def test_relative_error_of_any_numbers(computed, expected, error):
    found = checks.relative_error(computed, expected)
    assert found == pytest.approx(error, nan_ok=True)
    with pytest.raises(AssertionError, match="two arrays"):
        checks.check_close("two arrays", computed, expected, tolerance=0.01)


CLOSE = [1.0, 2.0 + 1e-9]


@pytest.mark.parametrize(
    "computed, expected, how, said",
    [
        ([1.0, 2.0], CLOSE, {}, "2 compared, relative error below 1e-08"),
        ([1.0, 2.0], CLOSE, {"tolerance": 0.01}, "2 compared, .* below 0.01"),
        ([True, False], [True, False], {"tolerance": 0}, "2 compared, all equal"),
        (WHITE, WHITE.copy(), {"tolerance": 0}, "36 compared, all equal"),
    ],
)
def test_check_close_says_what_it_compared(capsys, computed, expected, how, said):
    checks.check_close("two arrays", computed, expected, **how)
    assert re.fullmatch(f"ok: two arrays: {said}\n", capsys.readouterr().out)


@pytest.mark.parametrize("tolerance", [0.011, 1, np.inf, np.nan, -1e-9])
def test_a_tolerance_that_cannot_fail_is_refused(tolerance):
    with pytest.raises(ValueError, match="expected tolerance"):
        checks.check_close("equal", [1.0], [1.0], tolerance)


def test_an_array_is_not_compared_with_itself():
    values = np.arange(6.0)
    with pytest.raises(ValueError, match="with itself"):
        checks.check_close("the same", values, values.reshape(6))


@pytest.mark.parametrize("decimals", [7, 0, -1])
def test_fewer_decimals_than_are_published_are_refused(decimals):
    with pytest.raises(ValueError, match=f"found decimals={decimals}"):
        checks.check_published("rounded", [0.12], [0.12345678], decimals=decimals)


@pytest.mark.parametrize("check", [checks.check_close, checks.check_published])
@pytest.mark.parametrize("one, other", [(np.zeros((2, 1)), np.zeros(2)), ([1.0], 1.0)])
def test_shapes_that_differ_are_no_comparison(check, one, other):
    with pytest.raises(ValueError, match="expected"):
        check("shapes", one, other)


@pytest.mark.parametrize(
    "computed, how, said",
    [
        ([0.123456784, -2.0], {}, "ok: figures: 2 as published, to 8 decimals"),
        ([0.123456784, -2.0], {"decimals": 9}, "figures: 4e-09 from"),
        ([0.12345679, -2.0], {}, "figures: 1e-08 from"),
        ([0.2, -2.0], {"must_match": False}, "other images: figures: at most 0.077"),
        ([np.nan, -2.0], {"must_match": False}, "figures: nan from"),
        ([np.nan, -2.0], {}, "figures: nan from"),
    ],
)
def test_check_published_passes_and_fails(capsys, computed, how, said):
    try:
        checks.check_published("figures", computed, [0.12345678, -2.0], **how)
    except AssertionError as error:
        print(error)
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    "your, computed, within, told",
    [
        (None, 0.25, 0, "it is 0.25"),
        (0.25, 0.25, 0, "right, it is 0.25"),
        (0.2, 0.25, 0, "you said 0.2, it is 0.25"),
        (0.2, 0.25, 0.2, "right, it is 0.25"),
        ("Up ", "up", 0, "right, it is up"),
        ("down", "up", 0, "you said down, it is up"),
    ],
)
def test_a_prediction_is_taken_up(capsys, your, computed, within, told):
    answers.predict("which way?", your)
    answers.reveal("which way?", computed, "so it is", within)
    said = capsys.readouterr().out.splitlines()
    assert said[1] == f"which way?: {told}: so it is"
