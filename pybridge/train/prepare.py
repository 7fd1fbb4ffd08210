"""From what a user asks for to a run that can begin: sentences, taggers, a model to go on with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pybridge import shipped
from pybridge.adapters.choose import Chosen, choose
from pybridge.case import Case
from pybridge.configuration import (
    DEFAULTS,
    Configuration,
    configuration_file,
    read_settings,
)
from pybridge.configuration import Settings as Toml
from pybridge.errors import InputError
from pybridge.sides import Failure, Task
from pybridge.sides.python import PythonSide
from pybridge.train import Settings
from pybridge.train.corpus import Coded, Data, load, load_more
from pybridge.train.model_file import Model
from pybridge.train.model_file import load as load_model
from pybridge.train.session import Limits, begin, fingerprint
from pybridge.weights import Array, Parameters, Weights


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    train: Path
    dev: Path | None = None
    test: Path | None = None  # measured at the end, and nothing is chosen by it
    sides: tuple[str, ...] = ("python", "julia")
    settings: Mapping[str, Any] = field(default_factory=dict)  # fields of Settings, as asked for
    limits: Limits = field(default_factory=Limits)
    every: int = 100  # updates from one comparison of two sides to the next
    resume: Path | None = None
    julia: Path | None = None
    python: str | None = None
    julia_exe: str | None = None
    only_functions: bool = False
    skip_untagged: bool = False


@dataclass(frozen=True)
class Prepared:
    """All that can be known before Julia starts."""

    request: Request
    data: Data
    test: tuple[Coded, ...]
    chosen: Chosen
    names: Mapping[str, str]  # variables of the Julia file to those of the Python file
    model: Model


def prepare(request: Request) -> Prepared:
    """Read everything. InputError names file, line and remedy."""
    resumed = None if request.resume is None else load_model(request.resume)
    settings = _settings(request, resumed)
    train = shipped.locate(request.train)
    data = load(train, request.dev, settings, skip_untagged=request.skip_untagged)
    beside = configuration_file(train)
    toml = read_settings(beside) if beside else Toml(DEFAULTS, {})
    chosen = choose(request.julia, request.python, toml, only_functions=request.only_functions)
    files = {"python": Path(str(chosen.tagger.__file__)), "julia": chosen.julia_file}
    sources = {side: _digest(files[side]) for side in request.sides}
    if resumed is None:
        model = begin(data, sources, chosen.parameters, settings)
    else:
        model = _checked(resumed, request, data, sources, files)
        if dict(model.parameters) != dict(chosen.parameters):
            ours, theirs = (" ".join(p) for p in (model.parameters, chosen.parameters))
            problem = f"was trained with {ours}, and the tagger has {theirs}"
            raise InputError(problem, "name the tagger it was trained with", file=request.resume)
    prepared = Prepared(
        request=request,
        data=data,
        test=()
        if request.test is None
        else load_more(request.test, data.lexicon, skip_untagged=request.skip_untagged),
        chosen=chosen,
        names={**chosen.names, **toml.names},
        model=model,
    )
    _try_out(prepared)
    return prepared


def case_of(
    coded: Coded, words: tuple[str, ...], tags: int, parameters: Parameters,
    weights: Mapping[str, Array], configuration: Configuration,
) -> Case:  # fmt: skip
    """One sentence as a case, over its own words; `weights` have the rows of these alone."""
    hidden = configuration.hidden
    return Case(
        sentence=coded.sentence,
        configuration=configuration,
        rows=tuple(words[i] for i in coded.rows),
        words=coded.words,
        tags=coded.tags,
        outputs=tags,
        parameters=parameters,
        weights=Weights(**weights),
        h_prev=np.zeros((1, hidden)),
    )


def first_case(prepared: Prepared) -> Case:
    """The first sentence of the training part under the weights that the run begins with."""
    model, coded = prepared.model, prepared.data.train[0]
    state, lexicon = model.tracks[0].state, model.lexicon
    by_word = [n for n, (rows, _) in model.parameters.items() if rows == "in"]
    weights = {n: a[coded.rows] if n in by_word else a for n, a in state.weights.items()}
    configuration = Configuration("first", hidden=model.settings.hidden, random_h_prev=False)
    return case_of(
        coded, lexicon.words, len(lexicon.tags), model.parameters, weights, configuration
    )


def check_shapes(reply: object, case: Case, file: Path | str) -> None:
    """InputError where a side does not run, or gives gradients of another shape."""
    if isinstance(reply, Failure):
        raise InputError(reply.problem, "mend the tagger file")
    gradients = reply.run.gradients  # type: ignore[attr-defined]  # an Examination
    for name, weight in case.weights.arrays.items():
        found = gradients.get(name)
        if found is None or found.shape != weight.shape:
            shape = "missing" if found is None else f"of shape {found.shape}"
            problem = f"the gradient d{name} is {shape}, and {name} is of shape {weight.shape}"
            raise InputError(problem, "mend the backward pass", file=file)


def _try_out(prepared: Prepared) -> None:
    if "python" not in prepared.request.sides:
        return
    case = first_case(prepared)
    chosen = prepared.chosen
    with np.errstate(all="ignore"):
        reply = PythonSide(chosen.tagger, gives=chosen.gives).submit(Task(case)).result()
    check_shapes(reply, case, str(chosen.tagger.__file__))


def _settings(request: Request, resumed: Model | None) -> Settings:
    """Those asked for; of a resumed run its own, which no option may change."""
    if resumed is None:
        return replace(Settings(), **request.settings)
    for name, value in request.settings.items():
        own = getattr(resumed.settings, name)
        if value != own:
            problem = f"was trained with {name.replace('_', '-')} {own}, not {value}"
            remedy = "leave the option out, or train anew without --resume"
            raise InputError(problem, remedy, file=request.resume)
    return resumed.settings


def _checked(
    model: Model,
    request: Request,
    data: Data,
    sources: Mapping[str, str],
    files: Mapping[str, Path],
) -> Model:
    """The model to resume, if this is the run that it is of."""
    sides = [track.side for track in model.tracks]
    if sides != list(request.sides):
        problem = f"was trained on {' and '.join(sides)}, not {' and '.join(request.sides)}"
        side = sides[0] if len(sides) == 1 else "both"
        raise InputError(problem, f"resume with --side {side}", file=request.resume)
    if model.lexicon != data.lexicon or model.data_sha256 != fingerprint(data):
        raise InputError(
            "was trained on other sentences",
            "give the same TRAIN and --dev, as they were",
            file=request.resume,
        )
    for side, digest in sources.items():
        if model.sources[side] != digest:
            problem = f"was trained with another {files[side].name}, or it has changed since"
            raise InputError(problem, "give the file as it was", file=request.resume)
    return model


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
