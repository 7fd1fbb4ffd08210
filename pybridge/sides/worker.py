"""The child process that holds Julia. The only module that imports juliacall.

Julia cannot be stopped or restarted inside a process, and what runs in it may crash or exit. So it
lives in a process of its own, started with `spawn`, and what leaves this module is plain data: a
JuliaError that crossed the border would make the other process import juliacall to unpickle it.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from pybridge import runtime
from pybridge.adapters import RESULTS, Adapter
from pybridge.adapters.julia import Plain, form_of
from pybridge.case import Case
from pybridge.edit import UNCHANGED, Edit
from pybridge.sides import Failure, Probe, Reference, Run
from pybridge.sides.literals import literal
from pybridge.sides.messages import text_of
from pybridge.weights import Array

Entry = Callable[[int, bytes], int]
# A package in no environment, found by its folder: Julia keeps what it infers of it, which saves
# the next start two seconds. Where it cannot be had in this way, it is evaluated.
_IMPORT = """
pushfirst!(LOAD_PATH, {folder})
try
    import XCheck
catch e
    showerror(stderr, e)
    include({file})
finally
    popfirst!(LOAD_PATH)
end
"""
_numbers = count()  # of tagger files


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
class Loaded:
    """A tagger file inside Julia, for as long as this is in use."""

    number: int
    problem: str = ""  # that kept it from being loaded


@dataclass(frozen=True)
class Started:
    """What runs in the worker, or the problem that kept the tagger file from being loaded."""

    julia: str  # version
    problem: str = ""


def boot(setup: Setup) -> None:
    """Start Julia."""
    _julia(setup.runtime, setup.library)


def start(setup: Setup) -> Started:
    """Load the tagger file."""
    version = _julia(setup.runtime, setup.library).seval("string(VERSION)")
    return Started(julia=str(version), problem=tagger_of(setup).problem)


def fingerprint(setup: Setup, question: bytes) -> str:
    """SHA-256 of some arrays as Julia holds them, see `to_hash`."""
    _, hashed = _entries(setup.runtime, setup.library)
    return text_of(_answer(hashed(0, question)))


def examine(setup: Setup, question: bytes) -> bytes | Failure:
    """Answer a task and its `more` with the tagger file, inside Julia; both as packing.py has them.

    A Failure where there is no tagger file; what else goes wrong is in the answer.
    """
    loaded = tagger_of(setup)
    if loaded.problem:
        return Failure(loaded.problem)
    examined, _ = _entries(setup.runtime, setup.library)
    return _answer(examined(loaded.number, question))


def referee(setup: Setup, case: Case, lines: tuple[Probe, ...]) -> Reference | Failure:
    """The results and the derivatives along some lines, in 256 bits."""
    _, xcheck, tagger, problem = session(setup)
    if problem:
        return Failure(problem)
    probes = [[(p.name, p.directions, None if p.rows is None else p.rows + 1)] for p in lines]
    answer, problem = xcheck.referee(tagger, *question(case), probes)
    if problem:
        return Failure(str(problem))
    run, derivatives = answer
    names = [probe.name for probe in lines]
    slopes = {n: own_copy(d) for n, d in zip(names, derivatives, strict=True)}
    return Reference(run_of(setup, run, case), slopes)


def faults(setup: Setup, case: Case) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]], str]:
    """What Faults.jl lists for the tagger file: faults, what did not apply, and a problem.

    A fault is (operator, line, old, new, ((address, code), ...), appended). The case is one that
    the file can run.
    """
    if problem := tagger_of(setup).problem:
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
    answer, problem = _julia(found, library).XCheck.outline(str(file))
    if problem:
        return None, str(problem)
    return (
        [{name: _plain(getattr(f, name)) for name in OUTLINED} for f in answer.functions],
        [(str(name), _plain(size)) for name, size in answer.shapes],
        [(int(line), str(code)) for line, code in answer.left_out],
        _plain(answer.made),
        _plain(answer.modules),
    ), ""


def question(case: Case) -> tuple[Any, ...]:
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


def run_of(setup: Setup, run: Any, case: Case) -> Run:
    """A run of XCheck.jl as arrays of numpy's own."""
    names = list(case.weights.arrays)
    return Run(
        results={name: own_copy(getattr(run, name)) for name in setup.gives},
        gradients={n: own_copy(g) for n, g in zip(names, run.gradients, strict=True)},
    )


def part(setup: Setup, name: str) -> Any:
    """Faults or Trace: the module in the image, or else loaded when it is first asked for."""
    main = _julia(setup.runtime, setup.library)
    if not main.seval(f"isdefined(Main, :{name})"):
        main.include(str(setup.library.with_name(f"{name}.jl")))
    return getattr(main, name)


def session(setup: Setup) -> tuple[Any, Any, Any, str]:
    """Julia's Main, the XCheck module, the loaded tagger, and the problem in loading it."""
    main = _julia(setup.runtime, setup.library)
    loaded = tagger_of(setup)
    tagger = None if loaded.problem else main.seval(f"XCheck.TAGGERS[{loaded.number}]")
    return main, main.XCheck, tagger, loaded.problem


@cache
def _entries(found: runtime.Runtime, library: Path) -> tuple[Entry, Entry]:
    """`examine_at` and `fingerprint_at`, see Messages.jl."""
    addresses = str(_julia(found, library).seval("XCheck.entries()")).split()
    # Unlike CFUNCTYPE this keeps Python's lock: where Julia collects garbage, PythonCall lets go of
    # Python's objects.
    kind = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_char_p)
    examined, hashed = (kind(int(address)) for address in addresses)
    return examined, hashed


def _answer(address: int) -> bytes:
    """The message at an address, whose first number says how long it is."""
    return ctypes.string_at(address, ctypes.c_int64.from_address(address).value)


@cache
def _julia(found: runtime.Runtime, library: Path) -> Any:
    """Julia's Main, in which XCheck is: started once in the life of a process."""
    runtime.prepare(found)
    import juliacall

    main = juliacall.Main
    # One thread adds in one order, whatever OPENBLAS_NUM_THREADS says: the same bits every time.
    main.seval("import LinearAlgebra; LinearAlgebra.BLAS.set_num_threads(1)")
    if found.image is None:  # else it is compiled in, see runtime/image.py
        folder, file = literal(str(library.parent)), literal(str(library))
        main.seval(_IMPORT.format(folder=folder, file=file))
    return main


@lru_cache(maxsize=8)  # one file, and the edited copies of it that are in use
def tagger_of(setup: Setup) -> Loaded:
    """The tagger file, evaluated."""
    main = _julia(setup.runtime, setup.library)
    number = next(_numbers)
    arguments = (
        number,
        str(setup.tagger),
        list(setup.parameters),
        [(" ".join(map(str, r.address)), r.code) for r in setup.edit.replacements],
        setup.edit.appended,
        setup.form,
    )
    problem = main.seval(f"XCheck.keep({', '.join(map(literal, arguments))})")
    loaded = Loaded(number, str(problem))
    weakref.finalize(loaded, main.seval, f"XCheck.forget({number})").atexit = False
    return loaded


def _plain(value: Any) -> Any:
    """Texts, numbers and lists of them as Python's own."""
    if isinstance(value, str | int):
        return value
    return [_plain(part) for part in value]


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in pairs]


def own_copy(array: Any) -> Array:
    """An array of numpy's own: the one handed over is a view of memory that Julia may reuse."""
    return np.array(array, order="C")
