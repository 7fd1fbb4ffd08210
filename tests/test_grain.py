"""A side that has lost precision on the way shows it; a right one does not, however it bends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge.case import Case
from pybridge.checking import CaseResult, check_cases, refereed
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck.methods import COMPLEX, DIFFERENCE, Method
from pybridge.grain import MARGIN, Grain, measure
from pybridge.grain import ask as ask_grain
from pybridge.sides import Failure, Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.verdict import Kind
from tests.making import a_case, julia_with, large_logits, port_with, setup
from tests.test_no_false_alarm import random_cases

PORT = PythonSide()
STEP = "before = np.tanh(ht + before.dot(Whh), out=ht)"
COARSE = 'before = ht[:] = np.tanh(ht + before.dot(Whh)).astype("float32")'
SINGLE = PythonSide(port_with((STEP, COARSE)))
# The same, of the scores.
ROUNDED = PythonSide(
    port_with(("score = h.dot(Why) + By", 'score = (h.dot(Why) + By).astype("float32")'))
)
# Right, and takes no complex weights: where it is, central differences stand in.
REAL = ("exp_score = np.exp(score)", "exp_score = np.exp(score) + 0 * np.float64(score)")


def measured(side: Side, case: Case) -> Grain:
    found = collect(ask(side, case, COMPLEX))
    assert isinstance(found, Evidence), found
    return measure(case, ask_grain(side, case).result(), found.noise)


def checked(python: Side, julia: Side, case: Case, method: Method = COMPLEX) -> CaseResult:
    (result,) = check_cases([case], python, julia, method=method)
    return result


def test_a_right_side_is_as_fine_as_its_weights() -> None:
    unknown = 0
    for case in random_cases(60):
        grain = measured(PORT, case)
        unknown += np.isnan(grain.size)
        assert not grain.size > 4 * grain.fine, case  # measured: 1.5 at the most, in 600 cases
        assert not grain.coarser(Grain(0.0, 0.0))
    assert unknown < 15


@pytest.mark.parametrize("side", [SINGLE, ROUNDED], ids=["h", "scores"])
def test_single_precision_is_coarse(side: PythonSide) -> None:
    for case in (a_case(), a_case("a"), a_case("a b c d e f g " * 5, hidden=12)):
        grain = measured(side, case)
        assert 1e-10 < grain.size < 1e-5
        assert grain.coarser(measured(PORT, case))
        assert not measured(PORT, case).coarser(grain)


def test_one_kink_is_no_staircase(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right cost may have one, a maximum of two equal scores, say: few differences cross it."""
    kink = ("score[time, tags].sum()", "score[time, tags].sum() + np.abs(By - By.round(3)).sum()")
    by = np.array([[0.1, -0.2, 0.3]])  # the line through By begins at the kink
    case = a_case()
    case = replace(case, weights=type(case.weights)(**{**case.weights.arrays, "By": by}))
    side, fine = PythonSide(port_with(kink)), measured(PORT, case)
    assert not measured(side, case).coarser(fine)
    monkeypatch.setattr(np, "median", np.max)
    assert measured(side, case).coarser(fine)


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_chaos_is_not_told_from_a_staircase(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_case("a b c d e f g h " * 9, hidden=20, scale=scale)
    assert not measured(PORT, case).coarser(Grain(0.0, 0.0))
    monkeypatch.setattr("pybridge.grain.CALM", np.inf)
    assert measured(PORT, case).coarser(Grain(0.0, 0.0))


def test_no_answer_and_no_number_is_no_grain() -> None:
    raising = PythonSide(port_with(("score = h.dot(Why) + By", "raise ValueError('no')")))
    case = a_case()
    assert np.isnan(measure(case, ask_grain(raising, case).result(), {}).size)
    nan = PythonSide(port_with(("cost = np.log(", "cost = np.nan * np.log(")))
    grain = measure(case, ask_grain(nan, case).result(), {})
    assert not grain.coarser(Grain(0.0, 0.0))
    assert not Grain(1.0, 1e-16).coarser(grain)  # nor is anybody coarser than that
    single = {n: a.astype("float32") for n, a in case.weights.arrays.items()}
    case = replace(case, weights=type(case.weights)(**single), h_prev=case.h_prev.astype("float32"))
    assert np.isnan(measure(case, ask_grain(PORT, case).result(), {}).size)


def test_the_margin() -> None:
    assert Grain(1.1 * MARGIN, 1.0).coarser(Grain(1.0, 1.0))
    assert not Grain(0.9 * MARGIN, 1.0).coarser(Grain(0.0, 0.0))
    assert not Grain(1.1 * MARGIN, 1.0).coarser(Grain(2.0, 1.0))


# ---------------------------------------------------------------------------------------------
# The verdict


@pytest.mark.parametrize("method", [COMPLEX, DIFFERENCE], ids=lambda m: m.name)
@pytest.mark.parametrize("side", [SINGLE, ROUNDED], ids=["h", "scores"])
def test_a_side_that_loses_precision_is_wrong(side: PythonSide, method: Method) -> None:
    result = checked(side, PORT, a_case(), method)
    assert result.verdict.kind is Kind.PYTHON_WRONG
    assert result.verdict.rule.startswith(
        "Python loses precision on the way: over steps of 2.4e-07"
    )
    assert "; Python: undecided (" in result.verdict.rule
    result = checked(PORT, side, a_case(), method)
    assert result.verdict.kind is Kind.JULIA_WRONG
    assert result.verdict.rule.startswith("Julia loses precision on the way: ")


def test_julia_loses_precision(fixed: JuliaSide, tmp_path: Path) -> None:
    """In 256 bits the Julia formula rounds as well, and Python would look off."""
    assert checked(SINGLE, fixed, a_case()).verdict.kind is Kind.PYTHON_WRONG
    rounding = ("h[time-1]*Whh .+ Bh)", "h[time-1]*Whh .+ Bh) .|> Float32")
    file = julia_with(tmp_path / "single.jl", rounding)
    with JuliaSide.start(setup(fixed.setup.runtime, file)) as single:
        results = check_cases([a_case()], PORT, single, method=COMPLEX)
        (result,) = refereed(results, single.referee, every_case=False)
    assert result.verdict.kind is Kind.JULIA_WRONG
    assert result.verdict.rule.startswith("Julia loses precision on the way: ")
    assert isinstance(result.opinion, Failure)
    assert result.opinion.problem == f"{file}: h does not keep BigFloat, it is Float32"


OTHER = {
    # Right gradients of another cost: nobody is to be blamed.
    "averaged": (
        ("return Trace(cost=cost,", "return Trace(cost=cost / len(words),"),
        ("dy = p.copy()", "dy = p / len(words)"),
        ("dy[time, tags] -= 1", "dy[time, tags] -= 1 / len(words)"),
    ),
    "a constant": (("return Trace(cost=cost,", "return Trace(cost=cost + 1e-8,"),),
    # h_prev, which does not move, in single precision: smooth, and as far off as SINGLE.
    "h_prev rounded": (("= h_prev[0]", '= h_prev[0].astype("float32")'),),
    "NaN in h": (("h=h, p=p)", "h=h * np.nan, p=p)"),),
}


@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("refuses", [False, True], ids=["complex", "differences"])
def test_what_is_fine_is_not_accused(other: str, refuses: bool) -> None:
    changes = (*OTHER[other], *([REAL] if refuses else []))
    side = PythonSide(port_with(*changes))
    for result in (checked(side, PORT, a_case()), checked(PORT, side, a_case())):
        assert "loses precision" not in result.verdict.rule
        if other != "NaN in h" and other != "h_prev rounded":
            assert result.verdict.kind is Kind.UNDECIDED


def test_two_that_lose_precision_are_not_told_apart() -> None:
    assert checked(SINGLE, ROUNDED, a_case()).verdict.kind is Kind.UNDECIDED


def test_a_right_case_is_not_asked() -> None:
    assert checked(PORT, PORT, a_case()).verdict.kind is Kind.BOTH_RIGHT
    assert checked(PORT, PORT, large_logits()).verdict.kind is Kind.BOTH_RIGHT
