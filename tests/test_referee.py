from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge.case import Case
from pybridge.checking import CaseResult, check_cases, refereed
from pybridge.evidence import Evidence
from pybridge.gradcheck.methods import COMPLEX
from pybridge.gradcheck.probes import directions
from pybridge.referee import Opinion, opine
from pybridge.runtime import Runtime
from pybridge.sides import Failure, Reference, Run, Task
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.making import FIXED, GRADIENTS, a_case, examine, port_with, setup

TENSORS = ["cost", "h", "p", *GRADIENTS]


def heard(
    case: Case, julia: JuliaSide, port: PythonSide | None = None, *, every_case: bool = True
) -> CaseResult:
    results = check_cases([case], port or PythonSide(), julia, method=COMPLEX)
    (result,) = refereed(results, julia.referee, every_case=every_case)
    return result


def opinion(result: CaseResult) -> Opinion:
    assert isinstance(result.opinion, Opinion), result.opinion
    return result.opinion


def test_two_right_sides_hold_all_digits(fixed: JuliaSide) -> None:
    found = opinion(heard(a_case(), fixed))
    assert list(found.digits) == TENSORS
    assert all(min(digits) > 13 for digits in found.digits.values())
    assert found.off() == ""


def test_it_is_not_asked_where_the_sides_agree(fixed: JuliaSide) -> None:
    assert heard(a_case(), fixed, every_case=False).opinion is None


def test_julia_is_off_with_the_question_s_own_bug(original: JuliaSide) -> None:
    """The reference of a gradient is the derivative of the forward pass: no bug touches it."""
    found = opinion(heard(a_case(), original, every_case=False))
    assert found.off() == "Julia"
    for name in ("dWxh", "dWhh", "dBh"):
        python, julia = found.digits[name]
        assert (python > 13, julia < 1) == (True, True)
    assert min(*found.digits["dWhy"], *found.digits["dBy"]) > 13


def test_python_is_off_with_a_bug_of_its_own(fixed: JuliaSide) -> None:
    port = PythonSide(port_with(("dWhy = h.T.dot(dy)", "dWhy = h.T.dot(dy) * (1 + 1e-6)")))
    found = opinion(heard(a_case(), fixed, port))
    assert found.off() == "Python"
    assert found.digits["dWhy"][0] == pytest.approx(6, abs=0.7)


def test_python_is_off_where_it_rounds_on_the_way(fixed: JuliaSide) -> None:
    rounding = ("score = h.dot(Why) + By", "score = (h.dot(Why) + By) * (1 + 3e-8)")
    found = opinion(heard(a_case(), fixed, PythonSide(port_with(rounding))))
    assert found.off() == "Python"
    assert found.digits["cost"][0] == pytest.approx(7.5, abs=1.5)


def test_one_case_of_each_configuration_is_heard(original: JuliaSide) -> None:
    cases = [a_case(), a_case("a b c a"), a_case()]
    cases[2] = replace(cases[2], configuration=replace(cases[2].configuration, name="another"))
    results = check_cases(cases, PythonSide(), original, method=COMPLEX)
    found = list(refereed(results, original.referee, every_case=False))
    assert [result.opinion is not None for result in found] == [True, False, True]


def test_code_that_does_not_keep_the_precision_says_where(runtime: Runtime, tmp_path: Path) -> None:
    source = FIXED.read_text()
    line = "    p[time] = vec(p_softmax);\n"
    assert source.count(line) == 1
    slipping = tmp_path / "slipping.jl"
    slipping.write_text(source.replace(line, "    p[time] = Float64.(real.(vec(p_softmax)));\n"))
    with JuliaSide.start(setup(runtime, slipping)) as julia:
        found = heard(a_case(), julia).opinion
    assert isinstance(found, Failure)
    assert found.problem == f"{slipping}: p does not keep BigFloat, it is Float64"


def test_what_is_missing_or_not_finite_holds_no_digit() -> None:
    case = a_case()
    run = examine(Task(case)).run
    lines = directions(case)
    slopes = {probe.name: probe.along(run.gradients[probe.name]) for probe in lines}
    worse = Run(
        results={**run.results, "h": run.results["h"][:1], "p": run.results["p"] * np.nan},
        gradients={n: g for n, g in run.gradients.items() if n != "Why"},
    )
    found = opine(case, lines, worse, run, Reference(run, slopes))
    assert isinstance(found, Opinion)
    assert found.off() == "Python"
    low = {name for name, (python, _) in found.digits.items() if python == 0}
    assert low == {"h", "p", "dWhy"}
    assert all(julia > 15 for _, julia in found.digits.values())


def test_a_side_without_an_answer_is_not_heard(fixed: JuliaSide) -> None:
    raising = PythonSide(port_with(("dWhy = h.T.dot(dy)", "raise ValueError('no')")))
    result = heard(a_case(), fixed, raising)
    assert result.opinion is None
    assert isinstance(result.julia, Evidence)
