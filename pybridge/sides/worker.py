"""The child process that holds Julia. The only module that imports juliacall.

Julia cannot be stopped or restarted inside a process, and what runs in it may crash or exit. So it
lives in a process of its own, started with `spawn`, and what leaves this module is plain data: a
JuliaError that crossed the border would make the other process import juliacall to unpickle it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pybridge import runtime
from pybridge.adapters import RESULTS, Adapter
from pybridge.adapters.julia import Plain, form_of
from pybridge.case import Case
from pybridge.edit import UNCHANGED, Edit
from pybridge.sides import Failure, Probe, Reference, Run
from pybridge.sides.packing import Packed, PackedAnswer
from pybridge.weights import Array

Outcome = tuple[Any, RuntimeError | None]
PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal at the end of the parent


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know before its first task."""

    runtime: runtime.Runtime
    library: Path  # XCheck.jl
    tagger: Path
    parameters: tuple[str, ...]
    edit: Edit = UNCHANGED  # what of the tagger file is evaluated otherwise
    adapter: Adapter | None = None  # how it is called; None: as the question's is
    biases: tuple[str, ...] = ()  # the parameters of one row
    gives: tuple[str, ...] = RESULTS  # what of the forward pass is compared

    @property
    def form(self) -> Plain | None:
        """The adapter as plain text and numbers, as XCheck.load takes it."""
        return None if self.adapter is None else form_of(self.adapter, self.parameters, self.biases)


# What XCheck.outline says of a function.
OUTLINED = (
    "name", "line", "module_", "arguments", "optional", "keywords", "optional_keywords", "results",
    "filled", "reads", "indexing", "two_places", "zeroth", "fields", "keys", "products", "lookups",
    "types",
)  # fmt: skip


@dataclass(frozen=True)
class Started:
    """What runs in the worker, or the problem that kept the tagger file from being loaded."""

    julia: str  # version
    problem: str = ""


def leave_the_terminal(folder: Path, parent: int) -> None:
    """Send what Julia and the tagger print to a file; leave Ctrl-C to the command's process.

    The file is called by the number of this process, and so is its group, in which all is that the
    tagger starts by itself. On Linux the process ends where the thread
    that has started it ends, which nobody else could see to while Julia is busy.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    log = folder / f"{os.getpid()}.log"
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; what it raises leaves this process as a RuntimeError with one line.

    A JuliaError that crossed the border would make the other process import juliacall.
    """
    try:
        return function(*arguments)
    except Exception as e:
        first = next(iter(str(e).splitlines()), "")
        raise RuntimeError(f"{type(e).__name__}: {first}") from None


def each(*questions: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Outcome]:
    """Answer some questions: of each its answer and None, or else None and what it raised."""
    outcomes: list[Outcome] = []
    for function, arguments in questions:
        try:
            outcomes.append((function(*arguments), None))
        except RuntimeError as e:  # see `guarded`
            outcomes.append((None, e))
    return outcomes


def boot(setup: Setup) -> None:
    """Start Julia."""
    _julia(setup.runtime, setup.library)


def start(setup: Setup) -> Started:
    """Load the tagger file."""
    main, _, _, problem = _session(setup)
    return Started(julia=str(main.seval("string(VERSION)")), problem=problem)


def fingerprint(setup: Setup, arrays: dict[str, Array]) -> str:
    """SHA-256 of the arrays as Julia holds them."""
    _, xcheck, _, _ = _session(setup)
    return str(xcheck.fingerprint(list(arrays), list(arrays.values())))


def examine(setup: Setup, question: Packed) -> PackedAnswer | Failure:
    """Answer a task and its `more` with the tagger file, inside Julia."""
    _, xcheck, tagger, problem = _session(setup)
    if problem:
        return Failure(problem)
    answer, problem = xcheck.examine_packed(tagger, *question)
    if problem:
        return Failure(str(problem))
    held, refusals, numbers, layout = answer
    return str(held), str(refusals).split("\n"), _copy(numbers), _copy(layout)


def referee(setup: Setup, case: Case, lines: tuple[Probe, ...]) -> Reference | Failure:
    """The results and the derivatives along some lines, in 256 bits."""
    _, xcheck, tagger, problem = _session(setup)
    if problem:
        return Failure(problem)
    probes = [[(p.name, p.directions, None if p.rows is None else p.rows + 1)] for p in lines]
    answer, problem = xcheck.referee(tagger, *_question(case), probes)
    if problem:
        return Failure(str(problem))
    run, derivatives = answer
    names = [probe.name for probe in lines]
    slopes = {n: _copy(d) for n, d in zip(names, derivatives, strict=True)}
    return Reference(_run(setup, run, case), slopes)


def faults(setup: Setup, case: Case) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], str]:
    """What Faults.jl lists for the tagger file: faults, what did not apply, and a problem.

    A fault is (operator, line, old, new, ((address, code), ...), appended). The case is one that
    the file can run.
    """
    _, _, _, problem = _session(setup)
    if problem:
        return [], [], problem
    arrays = case.weights.arrays
    answer, problem = part(setup, "Faults").list(
        str(setup.tagger),
        setup.form,
        list(arrays),
        list(case.word_rows),
        list(arrays.values()),
        case.words + 1,
        case.tags + 1,
        case.h_prev,
        (len(case.rows), case.outputs),
    )
    if problem:
        return [], [], str(problem)
    found, skipped = answer
    return (
        [
            (str(name), int(line), str(old), str(new), _pairs(replacements), str(appended))
            for name, line, old, new, replacements, appended in found
        ],
        _pairs(skipped),
        "",
    )


def outline(found: runtime.Runtime, library: Path, file: Path) -> tuple[Any, str]:
    """What is in a tagger file, which is not run: see XCheck.outline, in plain data; a problem."""
    _, xcheck = _julia(found, library)
    answer, problem = xcheck.outline(str(file))
    if problem:
        return None, str(problem)
    return (
        [{name: _plain(getattr(f, name)) for name in OUTLINED} for f in answer.functions],
        [(str(name), _plain(size)) for name, size in answer.shapes],
        [(int(line), str(code)) for line, code in answer.left_out],
        _plain(answer.made),
        _plain(answer.modules),
    ), ""


def _question(case: Case) -> tuple[Any, ...]:
    """What Julia is told of a case: names and values, indices from 1, sizes."""
    arrays = case.weights.arrays
    return (
        list(arrays),
        list(arrays.values()),
        case.words + 1,
        case.tags + 1,
        case.h_prev,
        (len(case.rows), case.outputs),
    )


def _run(setup: Setup, run: Any, case: Case) -> Run:
    """A run of XCheck.jl as arrays of numpy's own."""
    names = list(case.weights.arrays)
    return Run(
        results={name: _copy(getattr(run, name)) for name in setup.gives},
        gradients={n: _copy(g) for n, g in zip(names, run.gradients, strict=True)},
    )


def part(setup: Setup, name: str) -> Any:
    """Faults or Trace: the module in the image, or else loaded when it is first asked for."""
    main, *_ = _session(setup)
    if not main.seval(f"isdefined(Main, :{name})"):
        main.include(str(setup.library.with_name(f"{name}.jl")))
    return getattr(main, name)


def _session(setup: Setup) -> tuple[Any, Any, Any, str]:
    """Julia's Main, the XCheck module, the loaded tagger, and the problem in loading it."""
    main, xcheck = _julia(setup.runtime, setup.library)
    return main, xcheck, *_tagger(setup)


@cache
def _julia(found: runtime.Runtime, library: Path) -> tuple[Any, Any]:
    """Julia's Main and the XCheck module: started once in the life of a process."""
    runtime.prepare(found)
    import juliacall

    main = juliacall.Main
    # One thread adds in one order, whatever OPENBLAS_NUM_THREADS says: the same bits every time.
    main.seval("import LinearAlgebra; LinearAlgebra.BLAS.set_num_threads(1)")
    if found.image is None:  # else it is compiled in, see runtime/image.py
        main.include(str(library))
    return main, main.XCheck


@lru_cache(maxsize=8)  # one file, and the edited copies of it that are in use
def _tagger(setup: Setup) -> tuple[Any, str]:
    """The loaded tagger, and the problem in loading it."""
    _, xcheck = _julia(setup.runtime, setup.library)
    tagger, problem = xcheck.load(
        str(setup.tagger),
        list(setup.parameters),
        [(" ".join(map(str, r.address)), r.code) for r in setup.edit.replacements],
        setup.edit.appended,
        setup.form,
    )
    return tagger, str(problem)


def _plain(value: Any) -> Any:
    """Texts, numbers and lists of them as Python's own."""
    if isinstance(value, str | int):
        return value
    return [_plain(part) for part in value]


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in pairs]


def _copy(array: Any) -> Array:
    """An array of numpy's own: the one handed over is a view of memory that Julia may reuse."""
    return np.array(array, order="C")
