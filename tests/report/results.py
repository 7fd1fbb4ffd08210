"""Results made by hand, for the tests of the reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from pybridge.agreement import Agreement, agree
from pybridge.case import Case
from pybridge.checking import CaseResult
from pybridge.evidence import Evidence
from pybridge.gradcheck import Entry, GradientCheck, ParameterCheck, Status
from pybridge.referee import Opinion
from pybridge.running import Request, Session, Versions, plan
from pybridge.sides import Failure, Run
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.verdict import Kind, Verdict
from pybridge.weights import Array
from tests.making import NAMES, a_case

NAN = float("nan")
FAILURE = Failure("/home/me/mine.jl:7: DomainError with -1.0")


def named(case: Case, *, file: str = "made.tagged", configuration: str = "made") -> Case:
    """The case under another name."""
    return replace(
        case,
        sentence=replace(case.sentence, file=file),
        configuration=replace(case.configuration, name=configuration),
    )


def parameter(
    name: str,
    status: Status = Status.PASSED,
    *,
    error: float = 1e-15,
    rule: str = "error, bound, tolerance",
    wrong: tuple[Entry, ...] = (),
    rest: int = 0,
) -> ParameterCheck:
    """The check of one gradient."""
    return ParameterCheck(
        name=name,
        status=status,
        rule=rule,
        error=error,
        bound=1e-14,
        tolerance=1e-9,
        scale=1.0,
        entries=12,
        passes=14,
        wrong=wrong,
        rest=rest,
    )


def evidence(
    *changed: ParameterCheck,
    cost: float = 5.25,
    method: str = "complex step",
    reason: str = "",
    notes: tuple[str, ...] = (),
) -> Evidence:
    """A side whose gradients have passed, but for those given."""
    other = {check.name: check for check in changed}
    checks = tuple(other.pop(f"d{n}", parameter(f"d{n}")) for n in NAMES) + tuple(other.values())
    results = {"cost": np.array(cost), "h": np.ones((5, 4)), "p": np.ones((5, 3))}
    return Evidence(
        run=Run(results, {name: np.ones((3, 4)) for name in NAMES}),
        noise={},
        gradient=GradientCheck(method, reason, checks),
        notes=notes,
    )


def agreement(
    ours: dict[str, Array] | None = None, theirs: dict[str, Array] | None = None
) -> Agreement:
    """Of the tensors given; else of two that agree."""
    one = {"h": np.ones((2, 2)), "dWhh": np.ones((2, 2))}
    return agree(
        one if ours is None else ours,
        {name: array * (1 + 4e-16) for name, array in one.items()} if theirs is None else theirs,
        tolerance=1e-12,
    )


def result(
    kind: Kind = Kind.BOTH_RIGHT,
    *,
    python: Evidence | Failure | None = None,
    julia: Evidence | Failure | None = None,
    agreed: Agreement | None = None,
    case: Case | None = None,
    opinion: Opinion | Failure | None = None,
) -> CaseResult:
    """A case, all well but for what is given."""
    sides = (python or evidence(), julia or evidence())
    silent = any(isinstance(side, Failure) for side in sides)
    return CaseResult(
        case or a_case(),
        *sides,
        agreement=None if silent else agreed or agreement(),
        verdict=Verdict(kind, f"why it is {kind}"),
        opinion=opinion,
    )


def session(folder: Path, text: str = "a/X b/Y a/X\n", **request: object) -> Session:
    """A run over one file, as it stands before its first case."""
    file = folder / "made.tagged"
    file.write_text(text, encoding="utf-8")
    planned = plan(Request((file,), **request))  # type: ignore[arg-type]
    return Session(
        plan=planned,
        versions=Versions("0.0", "3.11", "2.0", "1.5.3", "private install", "0.9.24"),
        fingerprint="0123456789abcdef" * 4,
        results=iter(()),
        python=PythonSide(),
        julia=cast("JuliaSide", PythonSide()),  # no report asks a side
    )
