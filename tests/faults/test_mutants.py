"""A fault never ends the run, and an edited copy never meets the file."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from pybridge.edit import Edit
from pybridge.faults import Language, ladder
from pybridge.faults.mutants import Mutant, PythonNursery, Remembered, julia_mutant
from pybridge.faults.session import julia_faults
from pybridge.runtime import Runtime
from pybridge.sides import Task
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from tests.faults.conftest import LIMIT
from tests.making import ORIGINAL, answered, failed, setup

TASK = Task(ladder.shapes_case())
WRONG = Edit((), "def backward(*_): raise OSError('no\\nway')")


def answers(mutant: Mutant) -> str:
    return failed(mutant.submit(TASK).result())


def test_a_python_fault_that_throws_hangs_or_crashes(nursery: PythonNursery) -> None:
    assert answers(nursery.mutant(WRONG, LIMIT)).endswith("OSError: no way")
    assert "ZeroDivisionError" in answers(nursery.mutant(Edit((), "1 / 0"), LIMIT))
    assert "SyntaxError" in answers(nursery.mutant(Edit((), "def"), LIMIT))
    hangs = nursery.mutant(Edit((), "def forward(*_):\n  while True: pass"), 2.0)
    assert answers(hangs) == "no answer within 2 s"
    since = time.monotonic()
    assert answers(hangs) == "no answer within 2 s"  # not asked again
    assert time.monotonic() - since < 1
    crash = "def forward(*_):\n  import os; os.abort()"
    assert "ProcessExpired" in answers(nursery.mutant(Edit((), crash), LIMIT))
    answered(nursery.mutant(Edit(), LIMIT).submit(TASK).result())


def test_a_julia_fault_that_throws_hangs_or_crashes(runtime: Runtime) -> None:
    head = "function forwardRNN(x, y, h, p, hPrev) "
    with JuliaSide.start(setup(runtime, ORIGINAL)) as side:
        right = answered(side.submit(TASK).result())

        def says(code: str, limit: float = LIMIT) -> str:
            return answers(julia_mutant(side, Edit((), code), limit))

        assert "no way" in says(f'{head} error("no way") end')
        assert "nowhere" in says("nowhere")
        assert "syntax" in says("function")
        assert says(f"{head} while true end end", 2.0).endswith("timed out after 2 s")
        assert "Julia's process ended" in says(f"{head} ccall(:abort, Cvoid, ()) end")
        again = answered(side.submit(TASK).result())
        assert again.run.results["cost"] == right.run.results["cost"]


def test_an_edited_copy_does_not_meet_the_file(
    fixed: JuliaSide, planted: dict[Language, list[object]]
) -> None:
    before = answered(fixed.submit(TASK).result())
    faults, _ = julia_faults(fixed, "fixed.jl")
    fault = next(f for f in faults if f.operator == "a sign" and f.new.startswith("dBy"))
    found = answered(julia_mutant(fixed, fault.edit, LIMIT).submit(TASK).result())
    np.testing.assert_array_equal(found.run.gradients["By"], -before.run.gradients["By"])
    after = answered(fixed.submit(TASK).result())
    np.testing.assert_array_equal(after.run.gradients["By"], before.run.gradients["By"])


def test_the_faults_of_another_file(original: JuliaSide) -> None:
    found, skipped = julia_faults(original, "mine.jl")
    assert len(found) >= 30
    assert {f.file for f in found} == {"mine.jl"}
    assert [(s.name, s.why) for s in skipped] == [
        ("the transpose", "no transposed product is carried from step to step")
    ]
    lines = ORIGINAL.read_text(encoding="utf-8").splitlines()
    for fault in found:  # the line is that of the statement: it begins with the same word
        word = fault.old.split()[0].split("(")[0].split("[")[0]
        assert word in lines[fault.line - 1], fault


@pytest.mark.parametrize("language", list(Language))
def test_listing_is_the_same_every_time(
    language: Language, fixed: JuliaSide, planted: dict[Language, list[object]], tmp_path: Path
) -> None:
    if language is Language.JULIA:
        assert julia_faults(fixed, "julia/fixed.jl")[0] == planted[language]


def test_a_remembered_side_is_asked_once() -> None:
    side = Remembered(PythonSide())
    assert side.name == "Python"
    first = side.submit(TASK)
    assert side.submit(Task(ladder.shapes_case())) is first
    other = ladder.case("a b", ladder.POSTED)
    assert side.submit(Task(other)) is not first
