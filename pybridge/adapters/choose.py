"""Which files a run is of, and how they are called: from the options and the xcheck.toml files.

A [python] or [julia] table stands in the xcheck.toml beside the sentences or, where that has none,
in the one beside the tagger file. One that says `file` is for this file, and names it where no
option does; one that does not is for whatever an option names.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pybridge import python_file, shipped
from pybridge import tagger as port
from pybridge.adapters import RESULTS, Adapter
from pybridge.adapters.check import julia_form
from pybridge.adapters.form import OWN, Form, Tagger
from pybridge.configuration import Settings, configuration_file, read_settings
from pybridge.errors import InputError
from pybridge.weights import Parameters

JULIA = Path("julia/fixed.jl")  # the Julia file where none is named
PORT = "pybridge.tagger"  # the Python tagger, likewise


@dataclass(frozen=True)
class Chosen:
    """Both taggers of a run."""

    julia: Path  # as it was named
    julia_file: Path  # where it is
    adapter: Adapter | None  # of the Julia file; None: called as the question's is
    python: str  # as it was named
    form: Form  # of the Python file
    tagger: Tagger
    parameters: Parameters
    gives: tuple[str, ...]  # what both forward passes give
    takes_h_prev: bool  # whether both do
    notes: tuple[str, ...]  # what is not compared, and why

    @property
    def names(self) -> dict[str, str]:
        """What the Julia file and the Python file call the same parameter and its gradient."""
        ours, theirs = self.form.adapter or Adapter(), self.adapter or Adapter()
        found = {theirs.name_of(name): ours.name_of(name) for name in self.parameters}
        pairs = [(julia, python) for julia, python in found.items() if julia != python]
        return dict(pairs) | {f"d{julia}": f"d{python}" for julia, python in pairs}


def choose(
    julia: Path | None,
    python: str | None,
    settings: Settings,
    *,
    only_functions: bool = False,
    known_as: Path | None = None,
) -> Chosen:
    """Find both files and load the Python one. InputError names what is missing, and where.

    `julia` and `python` are what the options name; `settings` those beside the sentences. With
    `known_as` the Julia file is called as that one is.
    """
    named_julia = julia or _file_of(settings.julia) or JULIA
    julia_file = shipped.locate(named_julia)
    if not julia_file.is_file():
        problem = "is no plain file" if julia_file.exists() else "no such file"
        raise InputError(problem, "name a Julia tagger file", file=named_julia)
    named_python = python or _module_of(settings.python) or PORT
    own = known_as or julia_file
    beside_julia = _beside(own, julia is not None)
    beside_python = _beside(_source(named_python), python is not None)
    adapter = _applying(
        [settings.julia, beside_julia.julia if beside_julia else None],
        lambda a: _is(own, a) if a.tagger else julia is not None,
    )
    adapter_python = _applying(
        [settings.python, beside_python.python if beside_python else None],
        lambda a: _is_python(named_python, a) if a.tagger else python is not None,
    )
    tables = [s.parameters for s in (settings, beside_python, beside_julia) if s and s.parameters]
    form = replace(
        OWN,
        adapter=adapter_python,
        only_functions=only_functions or bool(adapter_python and adapter_python.only_functions),
    )
    if form.is_adapted:
        parameters = tables[0] if tables else port.PARAMETERS
        form = form.over(parameters)
        tagger = form.load(named_python)
    else:
        plain = named_python == PORT and not form.only_functions
        tagger = port if plain else form.load(named_python)
        stated: Parameters = getattr(tagger, "PARAMETERS", port.PARAMETERS)
        parameters = tables[0] if tables else stated
    if only_functions and adapter is None:
        adapter = Adapter()
    if adapter is not None:
        adapter = julia_form(adapter, parameters)
        adapter = replace(adapter, only_functions=only_functions or adapter.only_functions)
    return _chosen(
        Chosen(
            julia=named_julia,
            julia_file=julia_file,
            adapter=adapter,
            python=named_python,
            form=form,
            tagger=tagger,
            parameters=parameters,
            gives=RESULTS,
            takes_h_prev=True,
            notes=(),
        )
    )


def _chosen(chosen: Chosen) -> Chosen:
    """With what both sides give and take, and a note for each thing that one of them does not."""
    adapters = {"Python": chosen.form.adapter, "Julia": chosen.adapter}
    gives, takes, notes = list(RESULTS), True, []
    for side, adapter in adapters.items():
        if adapter is None or adapter.forward is None:
            continue
        lacking = [r for r in RESULTS if r not in adapter.gives]
        if lacking:
            gives = [r for r in gives if r not in lacking]
            notes.append(f"{side} gives no {' and no '.join(lacking)}: not compared")
        if "h_prev" not in (*adapter.forward.words, *dict(adapter.globals)):
            takes = False
            notes.append(f"{side} takes no h_prev: it is zero in every case")
    return replace(chosen, gives=tuple(gives), takes_h_prev=takes, notes=tuple(notes))


def _applying(adapters: list[Adapter | None], applies: Callable[[Adapter], bool]) -> Adapter | None:
    return next((a for a in adapters if a is not None and applies(a)), None)


def _beside(file: Path | None, is_named: bool) -> Settings | None:
    """What the xcheck.toml beside a tagger file says; the shipped files need none."""
    found = configuration_file(file) if file is not None and is_named else None
    return read_settings(found) if found else None


def _source(named: str) -> Path | None:
    """The file of a Python tagger; None where there is none, which shows when it is loaded."""
    try:
        return python_file.source_of(named)[1]
    except InputError:
        return None


def _path(adapter: Adapter) -> Path:
    return Path(os.path.normpath(adapter.file.parent / adapter.tagger))


def _file_of(adapter: Adapter | None) -> Path | None:
    """The file that a table is for."""
    return _path(adapter) if adapter is not None and adapter.tagger else None


def _module_of(adapter: Adapter | None) -> str | None:
    """The Python file, or the module, that a table is for."""
    if adapter is None or not adapter.tagger:
        return None
    is_file = adapter.tagger.endswith(".py") or os.sep in adapter.tagger
    return str(_path(adapter)) if is_file else adapter.tagger


def _is(file: Path, adapter: Adapter) -> bool:
    """Whether a table is for this file."""
    return file.resolve() == _path(adapter).resolve()


def _is_python(named: str, adapter: Adapter) -> bool:
    if named == adapter.tagger:
        return True
    source = _source(named)
    return source is not None and _is(source, adapter)
