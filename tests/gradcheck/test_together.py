"""Lines through all parameters at once: what they tell, and what is asked anew by lines of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pybridge import tagger
from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX, DIFFERENCE, apart, quick
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.making import GRADIENTS, NAMES, a_case, port_with

# What the port returns, and where a wrong gradient may take its place.
RETURN = "    return Weights(Wxh=dWxh, Whh=dWhh, Bh=dBh, Why=dWhy, By=dBy)"


def evidence(side: Side, case: Case, method: Any = quick(COMPLEX)) -> Evidence:  # noqa: B008  # frozen
    found = collect(ask(side, case, method))
    assert isinstance(found, Evidence), found
    return found


def counted(module: Any = tagger) -> tuple[PythonSide, list[bool]]:
    """A side, and for each forward pass that it took whether its weights were complex."""
    calls: list[bool] = []

    def forward(weights: Any, *arguments: Any) -> Any:
        calls.append(np.iscomplexobj(weights.Whh))
        return module.forward(weights, *arguments)

    there = SimpleNamespace(forward=forward, backward=module.backward, __name__="counted")
    return PythonSide(there), calls  # type: ignore[arg-type]


def statuses(found: Evidence) -> list[Status]:
    return [p.status for p in found.gradient.parameters]


@pytest.mark.parametrize("words", ["one", "a a", "a b a c d a"])
def test_a_right_gradient_takes_eight_passes_and_not_more_for_more_parameters(words: str) -> None:
    side, calls = counted()
    found = evidence(side, a_case(words))
    assert statuses(found) == [Status.PASSED] * 5
    # Twice, with nudged weights, a plain difference; two lines, one with nudged weights, the
    # absent word.
    assert (calls.count(False), calls.count(True)) == (4, 4)
    side, calls = counted()
    evidence(side, a_case(words), apart(quick(COMPLEX)))
    assert len(calls) == 24


def test_each_parameter_is_said_to_be_right_relative_to_its_own_largest_entry() -> None:
    found = evidence(PythonSide(), a_case(scale=0.01))
    scales = {p.name: p.scale for p in found.gradient.parameters}
    assert scales["dWhh"] < scales["dBy"] / 20
    errors = {p.name: p.error for p in found.gradient.parameters}
    for name in GRADIENTS:
        assert errors[name] * scales[name] == pytest.approx(errors["dBy"] * scales["dBy"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [1e-8, 1e-6, 1e-3, 2.0])
@pytest.mark.parametrize("scale", [0.01, None])
def test_one_wrong_entry_is_found_in_any_of_them_and_put_down_to_it(
    name: str, size: float, scale: float | None
) -> None:
    """Also in dWhh, whose entries are a hundred times smaller than others at scale 0.01."""
    wrong = f"    d{name}[-1, -1] += {size} * np.abs(d{name}).max()\n{RETURN}"
    case = a_case("a b c a", scale=scale, random_h_prev=True)
    found = evidence(PythonSide(port_with((RETURN, wrong))), case)
    assert found.gradient.named(Status.FAILED) == [f"d{name}"]
    (check,) = (p for p in found.gradient.parameters if p.name == f"d{name}")
    rows, columns = case.weights.arrays[name].shape
    assert [e.index for e in check.wrong] == [(rows - 1, columns - 1)]


def test_errors_that_cancel_between_two_parameters_are_found() -> None:
    """The sum over all entries of all gradients stays what it was."""
    wrong = f"    dWhh[0, 0] += 1e-5; dWhy[0, 0] -= 1e-5\n{RETURN}"
    found = evidence(PythonSide(port_with((RETURN, wrong))), a_case())
    assert found.gradient.named(Status.FAILED) == ["dWhh", "dWhy"]


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_nothing_but_zeros_is_not_taken_for_one_that_is_not_exercised(
    name: str,
) -> None:
    zero = f"    d{name} *= 0\n{RETURN}"
    found = evidence(PythonSide(port_with((RETURN, zero))), a_case())
    assert found.gradient.named(Status.FAILED) == [f"d{name}"]


def test_nor_where_all_of_them_are_zero() -> None:
    zeros = f"    for d in (dWxh, dWhh, dBh, dWhy, dBy): d *= 0\n{RETURN}"
    found = evidence(PythonSide(port_with((RETURN, zeros))), a_case())
    assert found.gradient.named(Status.FAILED) == list(GRADIENTS)


def test_one_that_is_zero_beside_others_is_asked_for_by_itself() -> None:
    """Whh on one word without a state before it: nothing but its own lines says that it is zero."""
    side, calls = counted()
    found = evidence(side, a_case("one"))
    assert Status.NOT_EXERCISED not in statuses(found)
    side, calls = counted()
    found = evidence(side, a_case("one", random_h_prev=False))
    assert found.gradient.named(Status.NOT_EXERCISED) == ["dWhh"]
    assert found.gradient.named(Status.PASSED) == ["dWxh", "dBh", "dWhy", "dBy"]
    assert len(calls) == 8 + 24


def test_where_nothing_is_exercised_one_question_tells() -> None:
    side, calls = counted()
    found = evidence(side, a_case(one_tag=True))
    assert statuses(found) == [Status.NOT_EXERCISED] * 5
    assert len(calls) == 8


@pytest.mark.parametrize("odd", ["np.nan", "np.inf"])
def test_what_is_not_finite_is_named(odd: str) -> None:
    wrong = f"    dBh[0, 0] = {odd}\n{RETURN}"
    found = evidence(PythonSide(port_with((RETURN, wrong))), a_case())
    assert found.gradient.named(Status.FAILED) == ["dBh"]
    assert "not finite" in found.gradient.parameters[2].rule


def test_a_missing_gradient_and_one_of_another_shape_are_named() -> None:
    missing = RETURN.replace("Bh=dBh, ", "").replace("By=dBy", "By=dBy[:, 1:]")
    found = evidence(PythonSide(port_with((RETURN, missing))), a_case())
    rules = {p.name: p.rule for p in found.gradient.parameters if p.status is Status.FAILED}
    assert rules == {"dBh": "missing", "dBy": "of shape (1, 2), not (1, 3)"}


@pytest.mark.parametrize("weight", [1.0, 0.05])
def test_a_part_of_the_cost_that_the_complex_step_does_not_see_is_found(weight: float) -> None:
    """As in `xcheck faults`: the cost has a part that reads By through real numbers alone."""
    blind = port_with(
        ("score = score - score.real.max(axis=1, keepdims=True)", "shift = score.real.max(axis=1)"),
        ("score[time, tags].sum()", f"(score[time, tags] + {weight} * shift).sum()"),
    )
    found = evidence(PythonSide(blind), a_case())
    assert found.gradient.method == DIFFERENCE.name
    assert found.gradient.status is Status.FAILED


def test_differences_go_through_each_parameter_by_itself() -> None:
    """Their own error is relative to the largest gradient, and others may be far smaller."""
    side, calls = counted()
    found = evidence(side, a_case(), quick(DIFFERENCE))
    assert statuses(found) == [Status.PASSED] * 5
    assert len(calls) == 3 + 16 * (10 + 1 + 5)


def test_a_tagger_that_takes_no_complex_weights_is_not_tried_entry_by_entry_while_it_is_right() -> (
    None
):
    real_alone = ("    score = h.dot(Why)", "    float(h[0, 0]); score = h.dot(Why)")
    side, calls = counted(port_with(real_alone))
    found = evidence(side, a_case())
    assert found.gradient.method == DIFFERENCE.name
    assert statuses(found) == [Status.PASSED] * 5
    assert len(calls) < 16 * 20
    wrong = f"    dBh[0, 1] *= 1.01\n{RETURN}"
    module = port_with(
        ("    score = h.dot(Why)", "    float(h[0, 0]); score = h.dot(Why)"), (RETURN, wrong)
    )
    found = evidence(PythonSide(module), a_case())
    assert found.gradient.named(Status.FAILED) == ["dBh"]
    assert [e.index for e in found.gradient.parameters[2].wrong] == [(0, 1)]


def test_julia_s_gradients_are_taken_together_too(fixed: JuliaSide, original: JuliaSide) -> None:
    case = a_case("a b c a")
    one, other = evidence(fixed, case), evidence(PythonSide(), case)
    assert statuses(one) == [Status.PASSED] * 5
    assert [p.passes for p in one.gradient.parameters] == [3, 2, 2, 2, 2]
    assert [p.passes for p in other.gradient.parameters] == [3, 2, 2, 2, 2]
    wrong = evidence(original, case)
    assert wrong.gradient.named(Status.FAILED) == ["dWxh", "dWhh", "dBh"]
    assert wrong.gradient.named(Status.PASSED) == ["dWhy", "dBy"]
