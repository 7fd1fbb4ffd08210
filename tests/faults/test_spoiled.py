"""What is really wrong, by differences at every entry."""

from __future__ import annotations

import pytest

from pybridge import tagger
from pybridge.faults import ladder
from pybridge.faults.spoiled import spoiled
from pybridge.sides.python import PythonSide
from tests.making import GRADIENTS, PLANTED, port_with

CASE = ladder.case("a b a c b", ladder.TELLING)


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_of_the_backward_pass(name: str) -> None:
    change, wrong = PLANTED[name]
    assert spoiled(PythonSide(port_with(change)), PythonSide(), CASE) == wrong


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("ht + before.dot(Whh)", "ht - before.dot(Whh)"), ("dWxh", "dWhh", "dBh")),
        (("score = h.dot(Why) + By", "score = h.dot(Why) - By"), ("dBy",)),
        (("p = exp_score / sum_exp", "p = exp_score"), GRADIENTS),
        (("np.log(sum_exp).sum()", "(1 + np.log(sum_exp)).sum()"), ()),
        (("np.log(sum_exp).sum()", "(np.nan * sum_exp).sum()"), GRADIENTS),
    ],
)
def test_a_fault_of_the_forward_pass(change: tuple[str, str], wrong: tuple[str, ...]) -> None:
    assert spoiled(PythonSide(port_with(change)), PythonSide(), CASE) == wrong


STEP = "before = np.tanh(ht + before.dot(Whh), out=ht)"
SINGLE = 'before = ht[:] = np.tanh(ht + before.dot(Whh)).astype("float32")'


def test_a_staircase_has_no_derivative_and_a_kink_and_a_cost_nearby_have() -> None:
    staircase = port_with((STEP, SINGLE))
    assert spoiled(PythonSide(staircase), PythonSide(), CASE) is None
    by = (CASE.weights.By + 1.5e-3).tolist()  # between two points
    kink = port_with(
        ("score[time, tags].sum()", f"score[time, tags].sum() + np.abs(By - {by}).sum()")
    )
    assert spoiled(PythonSide(kink), PythonSide(), CASE) == ("dBy",)
    nearby = port_with(("return Trace(cost=cost,", "return Trace(cost=cost * (1 + 1e-7),"))
    assert spoiled(PythonSide(nearby), PythonSide(), CASE) == GRADIENTS


def test_nothing_is_wrong_in_the_port_and_a_side_without_an_answer_has_no_gradients() -> None:
    assert spoiled(PythonSide(tagger), PythonSide(), CASE) == ()
    # The same mathematics in another order: the forward pass gives other bits.
    other = port_with(("score - score.real.max(axis=1, keepdims=True)", "score - 1"))
    assert spoiled(PythonSide(other), PythonSide(), CASE) == ()
    silent = port_with(("dtanh = 1 - h * h", "dhRaw = 1 / 0"))
    assert spoiled(PythonSide(silent), PythonSide(), CASE) is None
