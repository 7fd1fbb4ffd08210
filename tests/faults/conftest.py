"""Both sides, and hunts over some cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pybridge import tagger
from pybridge.case import Case
from pybridge.faults import Fault, Language, Outcome, ladder, python
from pybridge.faults.hunt import Hunt, by_size
from pybridge.faults.mutants import PythonNursery, Remembered, julia_mutant
from pybridge.faults.session import julia_faults
from pybridge.gradcheck.methods import METHODS
from pybridge.running import Request, plan
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide

LIMIT = 30.0
Hunting = Callable[..., list[Outcome]]


@pytest.fixture(scope="session")
def planted(fixed: JuliaSide) -> dict[Language, list[Fault]]:
    """The faults of the shipped code; none that is known by name is left out."""
    ours, not_ours = python.faults(tagger, "pybridge/tagger.py", ladder.shapes_case())
    theirs, not_theirs = julia_faults(fixed, "julia/fixed.jl")
    assert not_ours == not_theirs == []
    return {Language.PYTHON: ours, Language.JULIA: theirs}


@pytest.fixture(scope="session")
def nursery() -> Iterator[PythonNursery]:
    with PythonNursery.of(tagger.__name__) as found:
        yield found


@pytest.fixture(scope="session")
def hunting(fixed: JuliaSide, nursery: PythonNursery) -> Hunting:
    """Outcomes of faults on cases, by a method."""
    right = {Language.PYTHON: Remembered(PythonSide()), Language.JULIA: Remembered(fixed)}

    def outcomes(
        faults: Sequence[Fault], cases: Sequence[Case], method: str = "complex"
    ) -> list[Outcome]:
        hunt = Hunt(by_size(cases), {**right}, METHODS[method], None)
        return [
            hunt.outcome(
                fault,
                nursery.mutant(fault.edit, LIMIT)
                if fault.language is Language.PYTHON
                else julia_mutant(fixed, fault.edit, LIMIT),
            )
            for fault in faults
        ]

    return outcomes


def shipped_cases(keyword: str = "") -> list[Case]:
    return list(plan(Request((Path("fixtures"),), keyword=keyword)).cases())
