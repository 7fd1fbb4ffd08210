"""Files as people have them, called through an adapter, against the shipped tagger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pybridge.adapters import RESULTS
from pybridge.adapters.form import module_of
from pybridge.case import Case
from pybridge.evidence import Evidence, ask, collect
from pybridge.gradcheck import Status
from pybridge.gradcheck.methods import COMPLEX, exhaustive
from pybridge.sides import Failure, Side, Task, tensors
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.trace.codes import JuliaCode, PythonCode
from pybridge.trace.match import Matching
from pybridge.trace.stories import further
from pybridge.trace.walk import compare, walk
from tests.making import a_case
from tests.owned import (
    JULIA,
    OWN,
    PYTHON,
    julia_code,
    julia_side,
    python_code,
    python_side,
    with_change,
)

# As many words as units, one word, one unit; sentences in which a word comes twice.
CASES = {
    "five words": a_case(),
    "as many words as units": a_case("a b a c"),
    "one more word than units": a_case("a b a c d"),
    "one word": a_case("a"),
    "one unit": a_case(hidden=1),
    "no h_prev": a_case("a b a", hidden=3, random_h_prev=False),
    "the whole vocabulary": a_case("a b", whole_vocabulary=True),
}


def evidence(side: Side, case: Case) -> Evidence:
    found = collect(ask(side, case, COMPLEX))
    assert isinstance(found, Evidence), found
    return found


def taken(name: str, case: Case) -> Case:
    """The case as a file can take it: states.py has no h_prev."""
    return replace(case, h_prev=np.zeros_like(case.h_prev)) if name == "states.py" else case


def agrees(side: Side, case: Case, gives: tuple[str, ...]) -> None:
    theirs, ours = evidence(side, case), evidence(PythonSide(), case)
    assert theirs.gradient.status is Status.PASSED
    assert theirs.gradient.reason == "", "complex weights do not get through"
    wanted = {n: a for n, a in tensors(ours.run).items() if n in gives or n not in RESULTS}
    found = tensors(theirs.run)
    assert set(found) == set(wanted)
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=0, atol=2e-15, err_msg=name)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", PYTHON)
def test_a_python_file_computes_what_the_port_does(name: str, case: str) -> None:
    side = python_side(name)
    agrees(side, taken(name, CASES[case]), side.gives)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", JULIA)
def test_a_julia_file_computes_what_the_port_does(name: str, case: str, fixed: JuliaSide) -> None:
    side = julia_side(fixed, name)
    agrees(side, CASES[case], side.setup.gives)


# A change in each backward pass, and the gradients that it makes wrong.
BROKEN = {
    "karpathy.py": ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh, dhraw)"),
    "layers.py": ('dh_next = params["W_hh"] @ da', 'dh_next = params["W_hh"].T @ da'),
    "arguments.py": ("carry = raw @ Whh.T", "carry = raw @ Whh"),
    "script.jl": ("dhnext = dhRaw*Whh'", "dhnext = dhRaw*Whh"),
    "module.jl": ("carry = U' * raw", "carry = U * raw"),
    "matrices.jl": ("carry = Whh' * raw", "carry = Whh * raw"),
    "dictionaries.jl": ("dhnext = dhraw * Whh'", "dhnext = dhraw * Whh"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_same_file_with_a_fault_does_not(name: str, tmp_path: Path, fixed: JuliaSide) -> None:
    file = with_change(name, tmp_path, *BROKEN[name])
    side = python_side(name, file) if name.endswith(".py") else julia_side(fixed, name, file)
    found = evidence(side, a_case())
    assert set(found.gradient.named(Status.FAILED)) == {"dWxh", "dWhh", "dBh"}
    assert set(found.gradient.named(Status.PASSED)) == {"dWhy", "dBy"}


def test_single_precision_gets_through(fixed: JuliaSide) -> None:
    case = a_case()
    arrays = {n: a.astype(np.float32) for n, a in case.weights.arrays.items()}
    case = replace(
        case, weights=type(case.weights)(**arrays), h_prev=case.h_prev.astype(np.float32)
    )
    for side in (python_side("karpathy.py"), julia_side(fixed, "module.jl")):
        found = evidence(side, case)
        assert found.gradient.status is Status.PASSED, side
        assert found.run.gradients["Whh"].dtype == np.float32


@pytest.mark.parametrize("name", ["karpathy.py", "layers.py"])
def test_entry_by_entry_of_a_large_parameter(name: str) -> None:
    """By tangents where the file takes them, or one by one."""
    case = a_case("a b c d e f g h a b", hidden=24)
    found = collect(ask(python_side(name), case, exhaustive(COMPLEX)))
    assert isinstance(found, Evidence)
    assert {p.status for p in found.gradient.parameters} == {Status.PASSED}
    assert all(p.entries >= 3 for p in found.gradient.parameters)


def test_globals_are_what_they_were_afterwards() -> None:
    side = python_side("karpathy.py")
    scope = vars(module_of(side.tagger))
    assert not isinstance(side.submit(Task(a_case())).result(), Failure)
    assert not {"Wxh", "bh", "vocab_size"} & set(scope)
    scope["Wxh"] = "mine"
    side.submit(Task(a_case()))
    assert scope["Wxh"] == "mine"


def problem(side: Side) -> str:
    reply = side.submit(Task(a_case())).result()
    assert isinstance(reply, Failure), reply
    assert "\n" not in reply.problem
    return reply.problem


@pytest.mark.parametrize("name", ["karpathy.py", "states.py"])
def test_the_wrong_orientation_is_hinted_at(name: str) -> None:
    assert "is it columns = true in xcheck.toml?" in problem(
        python_side(name, changes={"columns": False})
    )


@pytest.mark.parametrize("name", ["module.jl", "matrices.jl"])
def test_the_wrong_orientation_is_hinted_at_in_julia(name: str, fixed: JuliaSide) -> None:
    text = problem(julia_side(fixed, name, changes={"columns": False}))
    assert text.endswith("is it columns = true in xcheck.toml?")
    assert text.startswith(f"{OWN / name}:")


def test_an_error_of_another_kind_gets_no_such_hint(tmp_path: Path, fixed: JuliaSide) -> None:
    file = with_change("karpathy.py", tmp_path, "dhnext = np.zeros_like(hs[0])", "dhnext = [] @ 1")
    text = problem(python_side("karpathy.py", file))
    assert text.startswith(f"{file}:")
    assert "columns" not in text
    file = with_change("matrices.jl", tmp_path, "carry = zeros(n)", "carry = zeros(n + 1)")
    text = problem(julia_side(fixed, "matrices.jl", file))
    assert "DimensionMismatch" in text


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("karpathy.py", {"forward": "cost, p = lossFun(words, tags, h_prev)"},
         "lossFun returned 7 values, and the adapter names cost, p"),
        ("layers.py", {"backward": "dWxh, dWhh, dBh, dWhy, dBy = backward(params, cache)"},
         "backward returned one dict, and the adapter names dWxh"),
        ("layers.py", {"forward": "cost, p, h, cache = forward(params, X, Y, h_prev)"},
         "h is of shape (5, 3), not (5, 4)"),
        ("states.py", {"forward": "p, cost, h = calculate_loss(words, tags)"},
         "the cost is of shape (5, 3), and not one number"),
    ],
)  # fmt: skip
def test_what_an_adapter_gets_wrong_in_python(
    name: str, changes: dict[str, object], said: str
) -> None:
    text = problem(python_side(name, changes=changes))
    assert text.startswith(f"{OWN / name}: {said}")


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("module.jl", {"module": "Nowhere"}, "has no module Nowhere"),
        ("module.jl", {"module": "Recurrent.Nowhere"}, "has no module Recurrent.Nowhere"),
        ("matrices.jl", {"forward": "cost, _ = fprop(h, p, X, Y, hPrev; Wxh, Whh, Bh, Why, By)"},
         "defines no function fprop"),
        ("dictionaries.jl", {"globals": {"Bh": "bias", "By": "by"}},
         "no code in it has a global bias, which Bh is to be set to"),
        ("matrices.jl", {"forward": "cost = fprop!(h, p, X, Y, hPrev; Wxh, Whh, Bh, Why, By)"},
         "fprop! returned 2 values, not the cost"),
        ("matrices.jl", {"states": "list"}, "DimensionMismatch"),
    ],
)  # fmt: skip
def test_what_an_adapter_gets_wrong_in_julia(
    name: str, changes: dict[str, object], said: str, fixed: JuliaSide
) -> None:
    assert said in problem(julia_side(fixed, name, changes=changes))


def test_a_script_that_is_run_whole_fails_where_it_reads_its_data(fixed: JuliaSide) -> None:
    text = problem(julia_side(fixed, "script.jl", changes={"only_functions": False}))
    assert text.startswith(f"{OWN / 'script.jl'}:4: ")


# --- The trace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PYTHON)
def test_a_recording_matches_through_an_adapter(name: str, fixed: JuliaSide) -> None:
    case = taken(name, a_case("a b a c b", hidden=3))
    ours = python_code(name, OWN / name)
    found = compare(case, ours, PythonCode("pybridge.tagger", "tagger.py"))
    assert isinstance(found, Matching)
    assert found.a.recording.problem == ""
    named = {
        event.writes[pair.a.write].name
        for pair in found.pairs
        if pair.agrees
        for event in [found.a.recording.events[pair.a.event]]
    }
    assert {"dWxh", "dWhh", "dBh", "dWhy", "dBy", "cost"} <= named


@pytest.mark.parametrize("name", JULIA)
def test_a_julia_recording_matches_through_an_adapter(name: str, fixed: JuliaSide) -> None:
    code = julia_code(fixed, name)
    found = compare(a_case("a b a c b", hidden=3), code, PythonCode("pybridge.tagger", "tagger.py"))
    assert isinstance(found, Matching), found
    outputs = [
        found.a.recording.events[pair.a.event].writes[pair.a.write].name
        for pair in found.pairs
        if pair.agrees
    ]
    assert {"dWxh", "dWhh", "dBh", "dWhy", "dBy", "cost"} <= set(outputs)


@pytest.mark.parametrize("name", ["karpathy.py", "layers.py", "arguments.py"])
def test_the_wrong_line_is_named_and_mended(name: str, tmp_path: Path, fixed: JuliaSide) -> None:
    right, wrong = BROKEN[name]
    file = with_change(name, tmp_path, right, wrong)
    traced = walk(
        a_case("a b a c b", hidden=3),
        python_code(name, file),
        JuliaCode(fixed, "julia/fixed.jl"),
        further(a_case()),
        {"carry": "dhnext", "raw": "dhRaw"},
    )
    assert traced.clean
    (finding,) = traced.findings
    assert finding.statement.text in " ".join(wrong.replace('"', "'").split())
    assert finding.rewrite is not None
    assert finding.rewrite.code == right.replace('"', "'")
