"""julia/runtests.jl: what Julia alone can test, and that it would see a fault."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pybridge.runtime import Runtime

ROOT = Path(__file__).parent.parent  # a checkout: a wheel brings no Project.toml

# The change in XCheck.jl or fixed.jl, and the test set that has to see it.
FAULTS = {
    "a wrong gradient": (
        "fixed.jl", "dhnext = dhRaw*Whh';", "dhnext = dhRaw*Whh;", "the gradient of fixed.jl",
    ),
    "entries by columns": (
        "XCheck.jl", "fldmod1(i, size(value, 2))", "reverse(fldmod1(i, size(value, 1)))",
        "every entry comes in row-major order",
    ),
    "rows that nobody asked for": (
        "XCheck.jl", ": Vector{Int}(rows)", ": collect(1:length(rows))",
        "a direction through some rows moves these alone",
    ),
    "a module for all": (
        "Loading.jl", "mod = Module(:Tagger)", "mod = Main", "two loads do not meet",
    ),
    "weights not restored": (
        "XCheck.jl", "    finally\n        restore!(tagger, before)\n",
        "    finally\n        nothing\n", "the weights are restored",
    ),
    "matrices by columns": (
        "Packed.jl", "by_rows(array::AbstractMatrix) = permutedims(array)",
        "by_rows(array::AbstractMatrix) = array",
        "packed, row by row, it is the same",
    ),
    "numpy's own memory": (
        "XCheck.jl", "copy_of(array) = Array{eltype(array),ndims(array)}(array)",
        "copy_of(array) = array", "the caller's is left alone",
    ),
    "steps from 1": (
        "trace/Tape.jl", "Int(value) - 1 : turn", "Int(value) : turn",
        "what is read and written, step by step",
    ),
    "any rewrite will do": (
        "trace/Trials.jl", "distance <= tolerance || return NaN", "isnan(distance) && return NaN",
        "what no rewrite mends",
    ),
    "a patch that is not looked at": (
        "trace/Patch.jl", "Any[stripped(node) for node in found] == draft.wanted", "true",
        "every part of a file of any layout",
    ),
}  # fmt: skip


def start(runtime: Runtime, root: Path) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JULIA_")}
    return subprocess.Popen(
        [runtime.executable, "--startup-file=no", "-O0", "--project=.", "julia/runtests.jl"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def outcomes(runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the tests printed, for the code as it is and for one copy with all the faults."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "julia", copy / "julia")
    shutil.copy(ROOT / "Project.toml", copy)
    for name, old, new, _ in FAULTS.values():
        file = copy / "julia" / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")
    runs = {"right": start(runtime, ROOT), "wrong": start(runtime, copy)}
    printed = {name: process.communicate()[0] for name, process in runs.items()}
    return {name: f"{runs[name].returncode}\n{printed[name]}" for name in runs}


def test_it_passes(outcomes: dict[str, str]) -> None:
    status, *lines = outcomes["right"].splitlines()
    assert status == "0", outcomes["right"]
    assert any(line.startswith("XCheck ") for line in lines)
    assert "Fail" not in outcomes["right"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_copy_does_not(outcomes: dict[str, str], fault: str) -> None:
    status, *lines = outcomes["wrong"].splitlines()
    assert status == "1", outcomes["wrong"]
    *_, name = FAULTS[fault]
    seen = ("Test Failed at", "Error During Test at", "Got exception outside of a @test")
    assert any(name in line and any(sign in line for sign in seen) for line in lines), outcomes[
        "wrong"
    ]
