"""A whole run: read the fixtures, start both sides, check every case."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pybridge import __version__, runtime, shipped
from pybridge.adapters.choose import PORT, Chosen, choose
from pybridge.adapters.form import Tagger
from pybridge.ahead import Ahead
from pybridge.case import Case, Draw, draw, make_case
from pybridge.checking import CaseResult, check_cases, refereed
from pybridge.configuration import (
    DEFAULTS,
    Settings,
    configuration_file,
    read_settings,
)
from pybridge.errors import InputError
from pybridge.gradcheck.methods import METHODS, Method, exhaustive, quick
from pybridge.sentences import Corpus, Sentence, Vocabulary, read
from pybridge.sides import Side
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.sides.worker import Setup
from pybridge.weights import fingerprint
from pybridge.workers import ENTRY_BY_ENTRY, how_many


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    paths: tuple[Path, ...]
    julia: Path | None = None  # None: what xcheck.toml names, or else julia/fixed.jl
    python: str | None = None  # a file, or the name of a module; None: likewise, pybridge.tagger
    only_functions: bool = False  # load the definitions of both files, and nothing they do besides
    julia_known_as: Path | None = None  # a file that the Julia file is called like, see choose
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
    timeout: float | None = None  # seconds that an answer of a side may take
    max_memory: int | None = None  # bytes that a process with Julia may hold
    jobs: int | None = None  # processes with Julia; None: as many as pay

    @property
    def python_file(self) -> str:
        """The Python tagger as reports call it."""
        named = self.python or PORT
        return named if named.endswith(".py") else f"{named.replace('.', '/')}.py"


@dataclass(frozen=True)
class Plan:
    """What will be run: everything that can be known before Julia starts."""

    request: Request
    julia: Path  # the tagger file
    tagger: Tagger  # the Python tagger
    chosen: Chosen  # both taggers, and how they are called
    corpus: Corpus
    vocabulary: Vocabulary
    names: Mapping[str, str]  # variables of the Julia file to those of the Python file
    draws: tuple[Draw, ...]
    selected: tuple[tuple[Sentence, Draw], ...]
    done: frozenset[str] = frozenset()  # names of cases that a resumed run has done before
    heard: frozenset[str] = frozenset()  # configurations in which it has asked the referee

    def cases(self) -> Iterator[Case]:
        """The selected cases, made as they are needed."""
        whole = self.request.whole_vocabulary
        for sentence, drawn in self.selected:
            yield make_case(sentence, drawn, self.vocabulary, whole_vocabulary=whole)

    def due(self) -> Iterator[Case]:
        """Those that have not been done before."""
        return (case for case in self.cases() if case.name not in self.done)


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
    python: PythonSide
    julia: JuliaSide


def plan(request: Request) -> Plan:
    """Read and check all input; InputError names file, line and remedy."""
    paths = [shipped.locate(path) for path in request.paths]
    corpus = read(paths, skip_untagged=request.skip_untagged)
    vocabulary = Vocabulary.of(corpus.sentences)
    settings = _settings(paths, request)
    chosen = choose(
        request.julia,
        request.python,
        settings,
        only_functions=request.only_functions,
        known_as=request.julia_known_as,
    )
    request = replace(request, julia=chosen.julia, python=chosen.python)
    configurations = settings.configurations
    if not chosen.takes_h_prev:
        configurations = tuple(replace(c, random_h_prev=False) for c in configurations)
    draws = tuple(draw(c, vocabulary, request.dtype, chosen.parameters) for c in configurations)
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
    return Plan(
        request=request,
        julia=chosen.julia_file,
        tagger=chosen.tagger,
        chosen=chosen,
        corpus=corpus,
        vocabulary=vocabulary,
        names={**chosen.names, **settings.names},
        draws=draws,
        selected=tuple(selected),
    )


@contextmanager
def start(planned: Plan, notify: Callable[[str], None]) -> Iterator[Session]:
    """Start Julia, installing it where there is none, and hand both sides the weights.

    `notify` gets a line about each step that takes long. InputError where Julia or the tagger file
    cannot be had, or the sides do not hold the same bytes.
    """
    request = planned.request
    found = runtime.obtain(notify, request.julia_exe)
    workers, python, method = _workers(planned, found), python_side(planned), for_many(request)
    ahead = Ahead(planned.due(), python, method)

    with JuliaSide.start(
        setup_of(planned, found),
        request.timeout,
        workers=workers,
        largest=request.max_memory,
        meanwhile=ahead.work,
    ) as julia:
        results = check_cases(
            ahead, python, julia, method=method, tolerance=request.rtol, workers=workers
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
            results=refereed(
                results, julia.referee, every_case=request.referee, heard=planned.heard
            ),
            python=python,
            julia=julia,
        )


def _workers(planned: Plan, found: runtime.Runtime) -> int:
    """How many processes with Julia."""
    lengths = [
        len(sentence.words)
        for sentence, drawn in planned.selected
        if f"{sentence.name} {drawn.configuration.name}" not in planned.done
    ]
    return how_many(
        planned.request.jobs,
        len(lengths),
        sum(lengths) * (ENTRY_BY_ENTRY if planned.request.exhaustive else 1),
        image=runtime.with_image(found, shipped.library()).image is not None,
    )


def sides(
    planned: Plan, names: Sequence[str], notify: Callable[[str], None]
) -> Iterator[AbstractContextManager[Side]]:
    """The sides of these names, "python" and "julia", each to be entered; Julia only if asked."""
    if "python" in names:
        yield nullcontext(python_side(planned))
    if "julia" in names:
        found = runtime.obtain(notify, planned.request.julia_exe)
        yield JuliaSide.start(setup_of(planned, found), planned.request.timeout)


def python_side(planned: Plan) -> PythonSide:
    """The Python side of a plan."""
    limit = planned.request.timeout
    return PythonSide(planned.tagger, gives=planned.chosen.gives, limit=limit)


def setup_of(planned: Plan, found: runtime.Runtime) -> Setup:
    """What the Julia side of a plan needs to know."""
    return setup_for(planned.chosen, planned.julia, found)


def setup_for(chosen: Chosen, file: Path, found: runtime.Runtime) -> Setup:
    """What the Julia side needs to know of a file and how it is called."""
    return Setup(
        found,
        shipped.library(),
        file.resolve(),
        tuple(chosen.parameters),
        adapter=chosen.adapter,
        biases=tuple(name for name, (rows, _) in chosen.parameters.items() if rows == "1"),
        gives=chosen.gives,
    )


def method_of(request: Request) -> Method:
    """The gradient check that was asked for."""
    method = METHODS[request.method]
    return exhaustive(method) if request.exhaustive else method


def for_many(request: Request) -> Method:
    """The same for a run of many cases: what fails is looked at entry by entry all the same."""
    method = method_of(request)
    return method if request.exhaustive else quick(method)


def _settings(paths: Sequence[Path], request: Request) -> Settings:
    """The xcheck.toml beside the sentences, or the default, with the overrides."""
    beside = [file for path in paths if (file := configuration_file(path))]
    files = list({file.resolve(): file for file in beside}.values())
    if len(files) > 1:
        names = " and ".join(map(str, files))
        raise InputError(f"two sets of configurations, {names}", "run their folders one by one")
    settings = read_settings(files[0]) if files else Settings(DEFAULTS, {})
    found = settings.configurations
    if request.hidden is not None:
        found = tuple(replace(c, hidden=request.hidden) for c in found)
    if request.scale is not None:
        found = tuple(replace(c, scale=request.scale) for c in found)
    if request.seed is not None:
        found = tuple(replace(c, seed=request.seed) for c in found)
    return replace(settings, configurations=found)


def _same_bytes(draws: Sequence[Draw], julia: JuliaSide) -> str:
    """One SHA-256 for the weights of all configurations, after asking Julia for its own."""
    digest = hashlib.sha256()
    held = [{**drawn.weights.arrays, "h_prev": drawn.h_prev} for drawn in draws]
    for drawn, arrays, theirs in zip(draws, held, julia.fingerprints(held), strict=True):
        ours = fingerprint(arrays)
        if ours != theirs:
            raise InputError(
                f"{drawn.configuration.name}: Julia holds other weights than Python "
                f"(sha256 {theirs[:12]}, not {ours[:12]})",
                "this is a fault of xcheck or of the bridge; please report it",
            )
        digest.update(bytes.fromhex(ours))
    return digest.hexdigest()
