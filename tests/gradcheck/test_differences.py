import numpy as np
import pytest

from pybridge.gradcheck import Derivatives, differences
from pybridge.precision import PRECISIONS
from pybridge.weights import Array
from tests.gradcheck.functions import SMOOTH, Function

TOLERANCE = PRECISIONS["float64"].differences


def derivatives(function: Function, x: Array) -> Derivatives:
    costs = np.array([[function.f(xi + s.real) for s in differences.STEPS] for xi in x])
    return differences.derivatives(costs)


@pytest.mark.parametrize("function", SMOOTH, ids=lambda function: function.name)
def test_it_is_far_below_its_tolerance_and_says_so(function: Function) -> None:
    x = np.linspace(1, 3, 40)
    found = derivatives(function, x)
    error = np.abs(found.values - function.df(x))
    scale = np.maximum(np.abs(function.df(x)), 1)
    assert (error <= 1e-9 * scale).all()
    assert (found.errors <= 0.1 * TOLERANCE * scale).all()


@pytest.mark.parametrize("function", SMOOTH, ids=lambda function: function.name)
def test_beyond_rounding_the_error_is_not_larger_than_it_says(function: Function) -> None:
    x = np.random.default_rng(1).uniform(0.3, 4, 400)
    found = derivatives(function, x)
    rounding = 1e-10 * np.maximum(np.abs(function.df(x)), 1)
    assert (np.abs(found.values - function.df(x)) <= found.errors + rounding).all()


def test_steps_come_in_pairs_and_are_real() -> None:
    steps = np.array(differences.STEPS)
    assert not steps.imag.any()
    np.testing.assert_array_equal(steps[0::2], -steps[1::2])
    assert (np.diff(steps.real[0::2]) < 0).all()


def test_noise_in_the_cost_shows_in_the_error() -> None:
    rng = np.random.default_rng(2)
    noisy = Function("noisy", lambda z: np.sin(z) + 1e-5 * rng.standard_normal(), np.cos)
    found = derivatives(noisy, np.linspace(1, 2, 50))
    assert (found.errors > TOLERANCE).all()


def test_a_jump_and_a_kink_show_in_the_error() -> None:
    for function in (
        Function("jump", lambda z: np.sign(z), np.zeros_like),
        Function("kink", lambda z: np.abs(z - 1e-4), np.sign),
    ):
        found = derivatives(function, np.zeros(1))
        true = function.df(np.array([-1.0]))
        assert (found.errors > TOLERANCE) | (np.abs(found.values - true) < 1e-6)


def test_a_cost_that_is_not_finite_at_the_large_steps_alone() -> None:
    """log(0.1 + z) has no value 0.25 to the left: the smaller steps are good enough."""
    with np.errstate(invalid="ignore"):
        found = derivatives(Function("log", np.log, lambda x: 1 / x), np.array([0.1, 2.0]))
    np.testing.assert_allclose(found.values, [10, 0.5], rtol=1e-7)
    assert np.isfinite(found.errors).all()
    assert (found.errors <= 10 * TOLERANCE).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_cost_that_is_nowhere_finite_has_no_finite_derivative(value: float) -> None:
    costs = np.full((2, len(differences.STEPS)), value)
    with np.errstate(invalid="ignore"):
        found = differences.derivatives(costs)
    assert not np.isfinite(found.values).any()
