import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge import tagger
from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX
from pybridge.sides.python import PythonSide
from pybridge.weights import Weights
from tests.making import PLANTED, a_case, known_answer, large_logits, port_with, with_weights


def run(case: Case) -> tuple[tagger.Trace, Weights]:
    trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
    return trace, tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)


def cast(case: Case, dtype: type) -> Case:
    weights = Weights(**{name: a.astype(dtype) for name, a in case.weights.arrays.items()})
    return replace(case, weights=weights, h_prev=case.h_prev.astype(dtype))


def by_hand(case: Case) -> tuple[float, list[list[float]]]:
    """Cost and hidden states, from the formulas, one number at a time."""
    w = {name: array.tolist() for name, array in case.weights.arrays.items()}
    before = case.h_prev[0].tolist()
    cost, states = 0.0, []
    for word, tag in zip(case.words, case.tags, strict=True):
        before = [
            math.tanh(
                math.fsum(
                    [w["Wxh"][word][j], w["Bh"][0][j]]
                    + [before[i] * w["Whh"][i][j] for i in range(len(before))]
                )
            )
            for j in range(len(before))
        ]
        states.append(before)
        score = [
            math.fsum([w["By"][0][k]] + [before[j] * w["Why"][j][k] for j in range(len(before))])
            for k in range(len(w["By"][0]))
        ]
        cost += math.log(math.fsum(map(math.exp, score))) - score[tag]
    return cost, states


def test_known_answer() -> None:
    case, expected = known_answer()
    trace, _ = run(case)
    np.testing.assert_allclose(trace.h, expected, atol=1e-8)
    assert trace.cost == pytest.approx(math.log(2), rel=1e-15)  # Why is zero: a coin is tossed


def test_known_answer_fails_for_another_product() -> None:
    case, expected = known_answer()
    port = port_with(("before.dot(Whh),", "before.dot(Whh.T),"))
    trace = port.forward(case.weights, case.words, case.tags, case.h_prev)
    assert np.abs(trace.h - expected).max() > 0.01


def test_the_forward_pass_is_what_the_formulas_say() -> None:
    case = a_case()
    trace, _ = run(case)
    cost, h = by_hand(case)
    assert trace.cost == pytest.approx(cost, rel=1e-14)
    np.testing.assert_allclose(trace.h, h, rtol=1e-13)
    np.testing.assert_allclose(trace.p.sum(axis=1), 1, rtol=1e-15)


def test_a_word_that_comes_twice_adds_up_and_an_absent_one_gets_nothing() -> None:
    case = a_case("the cat the")
    _, gradient = run(case)
    # The same three words with a row for each: the first row again as a fourth.
    four = with_weights(case, Wxh=np.vstack([case.weights.Wxh, case.weights.Wxh[0]]))
    _, split = run(replace(four, words=np.array([0, 1, 3])))
    np.testing.assert_allclose(gradient.Wxh[0], split.Wxh[0] + split.Wxh[3], rtol=1e-13)
    assert not gradient.Wxh[2].any()


def test_the_shapes_are_those_of_the_parameters() -> None:
    case = a_case()
    trace, gradient = run(case)
    assert trace.h.shape == (5, 4)
    assert trace.p.shape == (5, 3)
    assert np.shape(trace.cost) == ()
    for name, array in gradient.arrays.items():
        assert array.shape == case.weights.arrays[name].shape


def test_nothing_that_is_handed_over_is_changed() -> None:
    case, untouched = a_case(), a_case()
    trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
    p = trace.p.copy()
    tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
    np.testing.assert_array_equal(trace.p, p)
    for name, array in case.weights.arrays.items():
        np.testing.assert_array_equal(array, untouched.weights.arrays[name])
    np.testing.assert_array_equal(case.h_prev, untouched.h_prev)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_the_result_has_the_dtype_of_the_weights(dtype: type) -> None:
    trace, gradient = run(cast(a_case(), dtype))
    arrays = {"cost": trace.cost, "h": trace.h, "p": trace.p, **gradient.arrays}
    assert {name: array.dtype for name, array in arrays.items()} == dict.fromkeys(
        arrays, np.dtype(dtype)
    )


def test_float32_and_complex_give_the_numbers_of_float64() -> None:
    expected, gradient = run(a_case())
    for dtype, tolerance in ((np.float32, 1e-5), (np.complex128, 1e-14)):
        trace, found = run(cast(a_case(), dtype))
        assert abs(trace.cost - expected.cost) <= tolerance * expected.cost
        for name, array in gradient.arrays.items():
            np.testing.assert_allclose(found.arrays[name], array, atol=tolerance)


def test_logits_above_710_stay_finite() -> None:
    trace, gradient = run(large_logits())
    # The tags are 1, 2, 3, 1, 2, and the second has a score higher by 800, lower for the third.
    assert trace.cost == pytest.approx(2 * 800 + 1600, rel=0.01)
    for array in (trace.h, trace.p, *gradient.arrays.values()):
        assert np.isfinite(array).all()


def test_logits_above_710_do_not_without_the_shift() -> None:
    case = large_logits()
    port = port_with(("score = score - score.real.max(axis=1, keepdims=True)", "pass"))
    with np.errstate(all="ignore"):
        trace = port.forward(case.weights, case.words, case.tags, case.h_prev)
    assert not np.isfinite(trace.cost)
    assert not np.isfinite(trace.p).all()


def test_a_cost_of_less_than_the_last_bit_is_not_lost() -> None:
    # All probability on the right tag: log(1 - 1e-20) is 0, and the cost may not be negative.
    case = a_case("one")
    trace, _ = run(with_weights(case, By=np.array([[60.0, 0.0, 0.0]])))
    assert 0 <= trace.cost < 1e-15


# ---------------------------------------------------------------------------------------------
# Whatever the shape: no false alarm.

CASES = st.builds(
    a_case,
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30).map(" ".join),
    hidden=st.integers(1, 7),
    scale=st.one_of(st.none(), st.floats(1e-3, 5)),
    random_biases=st.booleans(),
    random_h_prev=st.booleans(),
    one_tag=st.booleans(),
    seed=st.integers(0, 2**32),
)


@given(CASES)
@settings(max_examples=150)
def test_the_gradient_passes_the_complex_step(case: Case) -> None:
    found = collect(ask(PythonSide(), case, COMPLEX))
    assert isinstance(found, Evidence)
    for parameter in found.gradient.parameters:
        assert parameter.status is not Status.FAILED, parameter
        if parameter.status is Status.UNDECIDED:
            # Its own error is too large, or the gradient so small that rounding is all of it.
            assert parameter.bound > parameter.tolerance or parameter.scale < 1e-5, parameter


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_does_not(fault: str) -> None:
    change, names = PLANTED[fault]
    found = collect(ask(PythonSide(port_with(change)), a_case(), COMPLEX))
    assert isinstance(found, Evidence)
    assert tuple(found.gradient.named(Status.FAILED)) == names
    assert found.gradient.status is Status.FAILED


def test_a_descent_along_the_gradient_lowers_the_cost() -> None:
    case = a_case()
    costs = []
    for _ in range(20):
        trace, gradient = run(case)
        costs.append(float(trace.cost))
        step = {n: a - 0.1 * gradient.arrays[n] for n, a in case.weights.arrays.items()}
        case = with_weights(case, **step)
    assert all(later < earlier for earlier, later in pairwise(costs))
