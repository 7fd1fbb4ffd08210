"""The second cell: nothing in the checker knows which one it has before it."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pybridge import gru, shipped, tagger
from pybridge.case import Case
from pybridge.checking import check_cases
from pybridge.faults import Fate, Language, ladder, python
from pybridge.faults.hunt import Hunt, by_size
from pybridge.faults.mutants import PythonNursery, Remembered, julia_mutant
from pybridge.faults.session import julia_faults
from pybridge.gradcheck.methods import COMPLEX
from pybridge.runtime.image import sources
from pybridge.sides import Task
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.trace.codes import JuliaCode, PythonCode
from pybridge.trace.stories import further
from pybridge.trace.walk import walk
from pybridge.verdict import Kind
from tests.cli_support import ROOT, Result, call, side_by_side
from tests.making import answered

GRU = shipped.ROOT / "julia" / "gru.jl"
ORIGINAL = shipped.ROOT / "julia" / "gru_original.jl"


def a_case(words: str = "a b a c b") -> Case:
    return ladder.case(words, replace(ladder.TELLING, hidden=4), gru.PARAMETERS)


def julia_side(julia: JuliaSide, file: Path) -> JuliaSide:
    setup = replace(julia.setup, tagger=file, parameters=tuple(gru.PARAMETERS))
    return replace(julia, setup=setup)


@pytest.fixture(scope="module")
def runs() -> dict[str, Result]:
    """The real command with the right Julia file, with the original, and for gradients alone."""
    common = ("fixtures", "--python", "pybridge.gru", "-k", "notes.conllu:16")
    run = ("run", *common, "--json", "{json}", "--julia")
    calls = {
        "right": call(*run, "julia/gru.jl"),
        "wrong": call(*run, "julia/gru_original.jl", "--no-trace"),
        "gradients": call("gradcheck", *common, "--julia", "julia/gru.jl"),
        "wrong gradients": call("gradcheck", *common, "--julia", "julia/gru_original.jl"),
    }
    with side_by_side(calls) as running:
        return {name: future.result() for name, future in running.items()}


def test_both_are_right(runs: dict[str, Result]) -> None:
    result = runs["right"]
    assert result.status == 0, result
    assert {c["verdict"]["kind"] for c in result.cases.values()} == {Kind.BOTH_RIGHT}
    assert len(result.cases) == 5
    tensors = [t["name"] for t in result.cases["notes.conllu:16 telling"]["agreement"]["tensors"]]
    assert tensors == ["cost", "h", "p", *(f"d{name}" for name in gru.PARAMETERS)]


def test_the_original_is_wrong(runs: dict[str, Result]) -> None:
    result = runs["wrong"]
    assert result.status == 1, result
    kinds = {name: c["verdict"]["kind"] for name, c in result.cases.items()}
    assert kinds.pop("notes.conllu:16 one tag") == Kind.BOTH_RIGHT  # where no gradient is
    assert set(kinds.values()) == {Kind.JULIA_WRONG}


def test_gradients_alone(runs: dict[str, Result]) -> None:
    right, wrong = runs["gradients"], runs["wrong gradients"]
    assert (right.status, wrong.status) == (0, 1)
    for name in gru.PARAMETERS:
        assert f"d{name}" in right.out
    assert "failed" not in right.out
    assert "failed" in wrong.out


def test_the_wrong_line_is_named_and_mended(fixed: JuliaSide) -> None:
    traced = walk(
        a_case(),
        JuliaCode(julia_side(fixed, ORIGINAL), "julia/gru_original.jl"),
        PythonCode("pybridge.gru", "pybridge/gru.py"),
        further(a_case()),
    )
    (finding,) = traced.findings
    assert traced.clean
    assert finding.statement.targets == ("dhnext",)
    assert finding.rewrite is not None
    assert "drh .* r" in finding.rewrite.code


@pytest.mark.parametrize("language", list(Language))
def test_faults_are_planted_and_caught(language: Language, fixed: JuliaSide) -> None:
    """A few of each kind: all of them take minutes."""

    def make(words: str, configuration: object) -> Case:
        return ladder.case(words, configuration, gru.PARAMETERS)  # type: ignore[arg-type]

    right = {
        Language.PYTHON: Remembered(PythonSide(gru)),
        Language.JULIA: Remembered(julia_side(fixed, GRU)),
    }
    cases = [a_case(), a_case(ladder.SIZES["thirty words"])]
    hunt = Hunt(by_size(cases), dict(right), COMPLEX, None, make)
    with PythonNursery.of("pybridge.gru") as nursery:
        if language is Language.PYTHON:
            faults, _ = python.faults(gru, "pybridge/gru.py", ladder.shapes_case(make))
        else:
            faults, _ = julia_faults(julia_side(fixed, GRU), "julia/gru.jl", make)
        assert len(faults) > 200
        chosen = {fault.operator: fault for fault in faults}
        assert len(chosen) > 20
        for fault in itertools.islice(chosen.values(), 0, None, 5):
            mutant = (
                nursery.mutant(fault.edit, 60.0)
                if language is Language.PYTHON
                else julia_mutant(julia_side(fixed, GRU), fault.edit, 60.0)
            )
            outcome = hunt.outcome(fault, mutant)
            assert outcome.fate is not Fate.MISSED, fault
            # Single precision spoils some gradients by about as much as what counts as wrong.
            assert outcome.right or "float32" in fault.operator, (fault, outcome.caught)


def test_the_fixed_file_differs_from_the_original_in_the_fix_alone() -> None:
    texts = [file.read_text(encoding="utf-8").splitlines() for file in (GRU, ORIGINAL)]
    pairs = [(a, b) for a, b in zip(*texts, strict=True) if a != b]
    assert len(pairs) == 1
    assert "fixed:" in pairs[0][0]


def test_a_port_of_another_cell_fails(fixed: JuliaSide) -> None:
    """The twin: the tagger's weights do not make a GRU, and each side says so."""
    case = ladder.case("a b", ladder.TELLING)
    (result,) = check_cases(
        [case], PythonSide(gru), replace(fixed, setup=replace(fixed.setup, tagger=GRU)),
        method=COMPLEX,
    )  # fmt: skip
    assert result.verdict.kind is Kind.BOTH_WRONG
    assert answered(PythonSide(gru).submit(Task(a_case())).result())


# --- Names of parameters --------------------------------------------------------------------------

# What knows a cell: the two taggers, the first of them over many sentences at once, and in the
# faults known by name the words of the question.
KNOWING = {"tagger.py", "gru.py", "batch.py", "faults/python/named.py"}
NAMES = {*tagger.PARAMETERS, *gru.PARAMETERS} | {f"d{n}" for n in {*tagger.PARAMETERS}}
WORDS = {"Why", "By"}  # which a sentence may begin with


def named(source: str) -> Iterator[str]:
    """The parameters that Python code names, in its names, its texts and its comments."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                if name in NAMES:
                    yield name
            case ast.Constant(value=str(text)) if text in NAMES:
                yield text
    yield from (w for w in re.findall(r"\w+", source) if w in NAMES - WORDS)


def test_nothing_in_the_checker_names_a_parameter() -> None:
    folder = Path(str(shipped.__file__)).parent
    files = [f for f in folder.rglob("*.py") if str(f.relative_to(folder)) not in KNOWING]
    assert len(files) > 80
    found = {
        str(f.relative_to(folder)): sorted(names)
        for f in files
        if "shipped" not in f.parts and (names := set(named(f.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_nothing_in_the_checkers_julia_does() -> None:
    first = [shipped.ROOT / "julia" / f"{name}.jl" for name in ("XCheck", "Faults", "Trace")]
    files = [file for one in first for file in sources(one)]
    assert len(files) > 15
    for file in files:
        words = set(re.findall(r"\w+", file.read_text(encoding="utf-8")))
        assert not words & (NAMES - WORDS), file


@pytest.mark.parametrize("source", ["x = weights.Why", "# the rows of Wxh", "f('By')", "dBh = 1"])
def test_such_a_name_would_be_seen(source: str) -> None:
    assert set(named(source))


def test_the_help_names_none_either() -> None:
    for command in ("run", "gradcheck", "trace", "faults"):
        done = subprocess.run(
            [sys.executable, "-m", "pybridge", command, "--help"],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        assert not set(re.findall(r"\w+", done.stdout)) & (NAMES - WORDS)
