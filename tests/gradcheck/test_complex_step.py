import numpy as np
import pytest

from pybridge.gradcheck import complex_step
from pybridge.weights import Array
from tests.gradcheck.functions import SMOOTH, Function


def derivative(function: Function, x: Array) -> Array:
    costs = np.array([[function.f(xi + step) for step in complex_step.STEPS] for xi in x])
    return complex_step.derivatives(costs).values


@pytest.mark.parametrize("function", SMOOTH, ids=lambda function: function.name)
def test_it_is_exact_to_rounding(function: Function) -> None:
    x = np.linspace(0.1, 3, 40)
    found = derivative(function, x)
    exact = function.df(x)
    assert (np.abs(found - exact) <= 4e-16 * np.maximum(np.abs(exact), 1)).all()


def test_a_small_derivative_beside_a_large_cost_is_not_cancelled() -> None:
    found = derivative(Function("offset", lambda z: 1e12 + 1e-12 * z, lambda x: x), np.ones(3))
    np.testing.assert_allclose(found, 1e-12, rtol=1e-15)


def test_one_step_and_no_error_of_its_own() -> None:
    assert len(complex_step.STEPS) == 1
    assert not complex_step.derivatives(np.array([[1 + 1e-100j]])).errors.any()


def test_what_is_not_finite_stays_so() -> None:
    costs = np.array([[complex(1, np.nan)], [complex(np.nan, 1e-100)], [complex(1, np.inf)]])
    found = complex_step.derivatives(costs).values
    assert np.isfinite(found).tolist() == [False, False, False]
    assert complex_step.derivatives(np.array([[complex(1, 2 * complex_step.H)]])).values == [2]


def test_a_function_that_drops_the_imaginary_part_has_no_derivative() -> None:
    """Nothing here tells this from a cost that does not depend on the weight; evidence.py does."""
    found = derivative(Function("real", lambda z: np.real(z) ** 2, lambda x: 2 * x), np.ones(2))
    assert not found.any()
