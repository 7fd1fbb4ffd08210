"""Whole runs in their JSON form, made by hand, for the tests of the reports made from it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pybridge.checking import CaseResult
from pybridge.evidence import Evidence
from pybridge.gradcheck import Entry, Status
from pybridge.referee import Opinion
from pybridge.report import json
from pybridge.report.json import Document
from pybridge.verdict import Kind
from tests.making import a_case
from tests.report.results import (
    FAILURE,
    NAN,
    agreement,
    evidence,
    named,
    parameter,
    result,
    session,
)

SCRIPT = "<script>alert(1)</script>"
HARD = f"a | b ` {SCRIPT} \" ' & %0A ::error:: ]]> ${{x}} [red]"
ONE = np.ones((2, 2))


def results() -> list[CaseResult]:
    """A case of every kind, each under its own name; no two of one fault but the last three."""
    wrong = Entry((1, 2), 1.0, NAN)
    found = [
        result(),
        result(Kind.JULIA_WRONG, julia=FAILURE),
        result(Kind.BOTH_WRONG, python=FAILURE, julia=FAILURE),
        result(Kind.UNDECIDED, agreed=agreement({"h": ONE, "dWhh": ONE}, {"h": ONE * 1})),
        result(
            Kind.UNDECIDED,
            agreed=agreement({"h": ONE}, {"h": ONE * math.inf}),
            julia=evidence(cost=math.inf),
        ),
        result(Kind.UNDECIDED, python=evidence(parameter("dBy", Status.UNDECIDED, error=1e-7))),
        result(julia=evidence(method="central differences", reason="no complex weights: why")),
        result(Kind.JULIA_WRONG, opinion=FAILURE),
        result(Kind.JULIA_WRONG, opinion=Opinion({"h": (15.5, 15.0), "dWhh": (15.0, 0.5)})),
        result(python=evidence(parameter("dWhh", Status.NOT_EXERCISED, error=0.0), notes=("odd",))),
        result(Kind.PYTHON_WRONG, python=evidence(parameter("dBh", Status.FAILED, error=NAN))),
        differing(1e-3),
        differing(0.5),
        result(
            Kind.JULIA_WRONG,
            julia=evidence(parameter("dWxh", Status.FAILED, error=0.7, wrong=(wrong,), rest=7)),
            case=a_case(f"the {SCRIPT} saw the dog"),
            agreed=agreement({"dWxh": ONE}, {"dWxh": ONE * 2}),
        ),
    ]
    names = [(f"made{i}.tagged", ("posted", "telling")[i % 2]) for i in range(len(found) - 1)]
    names.append((HARD, "telling"))
    return [
        replace(one, case=named(one.case, file=file, configuration=configuration))
        for one, (file, configuration) in zip(found, names, strict=True)
    ]


def differing(by: float) -> CaseResult:
    """A case in which h differs from its fourth word on."""
    theirs = evidence()
    h = np.ones((5, 4))
    h[3:] += by
    moved = replace(theirs.run, results={**theirs.run.results, "h": h})
    julia: Evidence = replace(theirs, run=moved)
    return result(
        Kind.JULIA_WRONG,
        julia=replace(julia, gradient=evidence(parameter("dWhh", Status.FAILED)).gradient),
        agreed=agreement({"h": np.ones((5, 4)), "dWhh": ONE}, {"h": h, "dWhh": ONE * 1}),
    )


def a_story(case: str = "made12.tagged:1 posted") -> Document:
    """One with everything that a story may have."""
    code = f"dhnext = dhRaw*Whh # {SCRIPT}"
    return {
        "case": case,
        "side": "Julia",
        "problem": "",
        "cases": 3,
        "findings": [
            {
                "file": "julia/mine, 50%.jl",
                "line": 53,
                "function": "backwardRNN",
                "code": code,
                "variable": "dhnext",
                "step": 3,
                "words": 5,
                "distance": 1.25,
                "inputs": ["dhRaw", "Whh"],
                "spoils": ["dWxh", "dWhh"],
                "other": {
                    "file": "pybridge/tagger.py",
                    "line": 86,
                    "code": "dhnext = dhRawt.dot(Whh.T)",
                },
                "or": [],
                "rewrite": {"code": "dhnext = dhRaw*Whh'", "what": "Whh transposed", "distance": 0},
            }
        ],
        "diff": (
            f"--- julia/mine.jl\n+++ julia/mine.jl\n@@ -1 +1 @@\n-{code}\n+dhnext = dhRaw*Whh'\n"
        ),
        "verified": {"all_right": True, "checked": 14, "both_right": 14, "of": 14, "still": ""},
        "values": [
            {
                "phase": "backward",
                "variable": "dhnext",
                "cells": [
                    {"step": 3, "distance": 1.25, "agrees": False},
                    {"step": 2, "distance": None, "agrees": False},
                    {"step": 1, "distance": 0.0, "agrees": True},
                ],
            },
            {
                "phase": "backward",
                "variable": "dWhh",
                "cells": [{"step": None, "distance": 2e-16, "agrees": True}],
            },
        ],
        "printed": [f"julia/mine.jl:53  {code}   step 3 of 5", "  suggested: dhRaw*Whh'"],
    }


def a_run(folder: Path, *, interrupted: bool = False, right: bool = False) -> Document:
    """A run of all of these, with a story; with `right` of one case that is right."""
    cases = [json.case(one) for one in (results()[:1] if right else results())]
    stories: list[dict[str, Any]] = [] if right else [a_story()]
    begun = {**json.head(session(folder)), "selected": len(cases)}
    return json.document(begun, cases, stories, interrupted=interrupted)
