"""The child process that holds Julia. The only module that imports juliacall.

Julia cannot be stopped or restarted inside a process, and what runs in it may crash or exit. So it
lives in a process of its own, started with `spawn`, and what leaves this module is plain data: a
JuliaError that crossed the border would make the other process import juliacall to unpickle it.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pybridge import runtime
from pybridge.sides import Examination, Failure, Reply, Run, Task
from pybridge.weights import Array


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know before its first task."""

    runtime: runtime.Runtime
    library: Path  # XCheck.jl
    tagger: Path
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Started:
    """What runs in the worker, or the problem that kept the tagger file from being loaded."""

    julia: str  # version
    problem: str = ""


def leave_the_terminal(log: Path) -> None:
    """Send what Julia and the tagger print to a file; leave Ctrl-C to the command's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def start(setup: Setup) -> Started:
    """Start Julia and load the tagger file."""
    main, _, _, problem = _session(setup)
    return Started(julia=str(main.seval("string(VERSION)")), problem=problem)


def fingerprint(setup: Setup, arrays: dict[str, Array]) -> str:
    """SHA-256 of the arrays as Julia holds them."""
    _, xcheck, _, _ = _session(setup)
    return str(xcheck.fingerprint(list(arrays), list(arrays.values())))


def examine(setup: Setup, task: Task) -> Reply:
    """Answer a task with the tagger file, inside Julia."""
    _, xcheck, tagger, problem = _session(setup)
    if problem:
        return Failure(problem)
    case = task.case
    arrays = case.weights.arrays
    answer, problem = xcheck.examine(
        tagger,
        list(arrays),
        list(arrays.values()),
        case.words + 1,
        case.tags + 1,
        case.h_prev,
        (len(case.rows), case.weights.By.shape[1]),
        [(probe.name, probe.directions) for probe in task.probes],
        _real_if_real(task.steps),
    )
    if problem:
        return Failure(str(problem))
    held, run, costs, refusal = answer
    return Examination(
        fingerprint=str(held),
        run=Run(
            results={"cost": np.array(run.cost), "h": _copy(run.h), "p": _copy(run.p)},
            gradients={n: _copy(g) for n, g in zip(arrays, run.gradients, strict=True)},
        ),
        costs=tuple(_copy(c) for c in costs),
        refusal=str(refusal),
    )


@cache
def _session(setup: Setup) -> tuple[Any, Any, Any, str]:
    """Julia's Main, the XCheck module, the loaded tagger, and the problem in loading it."""
    runtime.prepare(setup.runtime)
    import juliacall

    main = juliacall.Main
    main.include(str(setup.library))
    xcheck = main.XCheck
    tagger, problem = xcheck.load(str(setup.tagger), list(setup.parameters))
    return main, xcheck, tagger, str(problem)


def _copy(array: Any) -> Array:
    """An array of numpy's own: the one handed over is a view of memory that Julia may reuse."""
    return np.array(array, order="C")


def _real_if_real(steps: tuple[complex, ...]) -> Array:
    array = np.array(steps, dtype=complex)
    return array if array.imag.any() else array.real.copy()
