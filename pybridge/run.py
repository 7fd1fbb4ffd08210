"""A whole run: read the fixtures, start both sides, check every case."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pybridge import __version__, runtime, shipped
from pybridge.case import Case, Draw, draw, make_case
from pybridge.check import CaseResult, check_cases, refereed
from pybridge.configuration import (
    DEFAULTS,
    Configuration,
    configuration_file,
    read_configurations,
)
from pybridge.errors import InputError
from pybridge.gradcheck.methods import METHODS, Method, exhaustive
from pybridge.sentences import Corpus, Sentence, Vocabulary, read
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.sides.worker import Setup
from pybridge.weights import fingerprint


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    paths: tuple[Path, ...]
    julia: Path = Path("julia/fixed.jl")
    julia_exe: str | None = None
    hidden: int | None = None  # these three override every configuration
    scale: float | None = None
    seed: int | None = None
    dtype: str = "float64"  # or float32
    rtol: float | None = None  # of the agreement, relative to a tensor's largest entry
    keyword: str = ""  # only cases whose name contains it
    limit: int | None = None  # only so many cases, the first ones
    method: str = "complex"  # a key of METHODS
    exhaustive: bool = False  # every parameter entry by entry, however large
    referee: bool = False  # in every case, and not only where the sides differ
    whole_vocabulary: bool = False
    skip_untagged: bool = False


@dataclass(frozen=True)
class Plan:
    """What will be run: everything that can be known before Julia starts."""

    request: Request
    julia: Path  # the tagger file
    corpus: Corpus
    vocabulary: Vocabulary
    draws: tuple[Draw, ...]
    selected: tuple[tuple[Sentence, Draw], ...]

    def cases(self) -> Iterator[Case]:
        """The selected cases, made as they are needed."""
        whole = self.request.whole_vocabulary
        for sentence, drawn in self.selected:
            yield make_case(sentence, drawn, self.vocabulary, whole_vocabulary=whole)


@dataclass(frozen=True)
class Versions:
    """What ran."""

    xcheck: str
    python: str
    numpy: str
    julia: str
    julia_origin: str
    juliacall: str


@dataclass(frozen=True)
class Session:
    """A run under way: both sides are up and hold the same weights."""

    plan: Plan
    versions: Versions
    fingerprint: str  # SHA-256 over those of all configurations, equal on both sides
    results: Iterator[CaseResult]


def plan(request: Request) -> Plan:
    """Read and check all input; InputError names file, line and remedy."""
    julia = shipped.locate(request.julia)
    if not julia.is_file():
        problem = "is no plain file" if julia.exists() else "no such file"
        raise InputError(problem, "name a Julia tagger file", file=request.julia)
    paths = [shipped.locate(path) for path in request.paths]
    corpus = read(paths, skip_untagged=request.skip_untagged)
    vocabulary = Vocabulary.of(corpus.sentences)
    configurations = _configurations(paths, request)
    draws = tuple(draw(c, vocabulary, request.dtype) for c in configurations)
    selected = [
        (sentence, drawn)
        for sentence in corpus.sentences
        for drawn in draws
        if request.keyword in f"{sentence.name} {drawn.configuration.name}"
    ][: request.limit]
    if not selected:
        raise InputError(
            f"no case is called like {request.keyword!r}",
            f"a case is called like {corpus.sentences[0].name} {draws[0].configuration.name}",
        )
    return Plan(request, julia, corpus, vocabulary, draws, tuple(selected))


@contextmanager
def start(planned: Plan, notify: Callable[[str], None]) -> Iterator[Session]:
    """Start Julia, installing it where there is none, and hand both sides the weights.

    `notify` gets a line about each step that takes long. InputError where Julia or the tagger file
    cannot be had, or the sides do not hold the same bytes.
    """
    request = planned.request
    found = runtime.obtain(notify, request.julia_exe)
    with JuliaSide.start(_setup(planned, found)) as julia:
        results = check_cases(
            planned.cases(),
            PythonSide(),
            julia,
            method=method_of(request),
            tolerance=request.rtol,
        )
        yield Session(
            plan=planned,
            versions=Versions(
                xcheck=__version__,
                python=platform.python_version(),
                numpy=np.__version__,
                julia=julia.version,
                julia_origin=found.origin,
                juliacall=found.juliacall,
            ),
            fingerprint=_same_bytes(planned.draws, julia),
            results=refereed(results, julia.referee, every_case=request.referee),
        )


def sides(
    planned: Plan, names: Sequence[str], notify: Callable[[str], None]
) -> Iterator[AbstractContextManager[Side]]:
    """The sides of these names, "python" and "julia", each to be entered; Julia only if asked."""
    if "python" in names:
        yield nullcontext(PythonSide())
    if "julia" in names:
        found = runtime.obtain(notify, planned.request.julia_exe)
        yield JuliaSide.start(_setup(planned, found))


def _setup(planned: Plan, found: runtime.Runtime) -> Setup:
    names = tuple(planned.draws[0].weights.arrays)
    return Setup(found, shipped.library(), planned.julia.resolve(), names)


def method_of(request: Request) -> Method:
    """The gradient check that was asked for."""
    method = METHODS[request.method]
    return exhaustive(method) if request.exhaustive else method


def _configurations(paths: Sequence[Path], request: Request) -> list[Configuration]:
    """Those of the xcheck.toml beside the sentences, or the default ones, with the overrides."""
    beside = [file for path in paths if (file := configuration_file(path))]
    files = list({file.resolve(): file for file in beside}.values())
    if len(files) > 1:
        names = " and ".join(map(str, files))
        raise InputError(f"two sets of configurations, {names}", "run their folders one by one")
    found = read_configurations(files[0]) if files else DEFAULTS
    if request.hidden is not None:
        found = tuple(replace(c, hidden=request.hidden) for c in found)
    if request.scale is not None:
        found = tuple(replace(c, scale=request.scale) for c in found)
    if request.seed is not None:
        found = tuple(replace(c, seed=request.seed) for c in found)
    return list(found)


def _same_bytes(draws: Sequence[Draw], julia: JuliaSide) -> str:
    """One SHA-256 for the weights of all configurations, after asking Julia for its own."""
    digest = hashlib.sha256()
    for drawn in draws:
        held = {**drawn.weights.arrays, "h_prev": drawn.h_prev}
        ours, theirs = fingerprint(held), julia.fingerprint(held)
        if ours != theirs:
            raise InputError(
                f"{drawn.configuration.name}: Julia holds other weights than Python "
                f"(sha256 {theirs[:12]}, not {ours[:12]})",
                "this is a fault of xcheck or of the bridge; please report it",
            )
        digest.update(bytes.fromhex(ours))
    return digest.hexdigest()
