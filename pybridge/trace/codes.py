"""The code of one side: recorded, tried with other statements in it, and patched."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from pybridge import python_file
from pybridge.adapters import RESULTS
from pybridge.adapters.form import OWN, Form, holding, module_of
from pybridge.case import Case
from pybridge.edit import UNCHANGED, Edit
from pybridge.errors import InputError
from pybridge.sides import Failure, Side
from pybridge.sides.deadline import OverdueError, within
from pybridge.sides.julia import JuliaSide
from pybridge.sides.python import PythonSide
from pybridge.syntax import edited
from pybridge.trace import Keep, Recording, Rewrite, Trial, patch
from pybridge.trace.python.instrument import Instrumented, instrument
from pybridge.trace.python.record import record
from pybridge.trace.rewrites import rewrites

LIMIT = 60.0  # seconds that an answer of an edited copy may take; the first compiles Trace.jl


class Code(Protocol):
    """A tagger file with an edit of its syntax tree."""

    @property
    def language(self) -> str:
        """Python or Julia."""
        ...

    @property
    def file(self) -> str:
        """As the user has named it."""
        ...

    @property
    def edit(self) -> Edit:
        """What is evaluated otherwise than the file has it."""
        ...

    @property
    def side(self) -> Side:
        """The side that runs this code."""
        ...

    def edited(self, edit: Edit) -> Self:
        """The same file with another edit."""
        ...

    def record(self, case: Case, keep: Keep = ...) -> Recording | Failure:
        """Everything that it does on a case."""
        ...

    def rewrites(
        self, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
    ) -> list[Rewrite]:
        """Other code for a statement that stands the trials; none where they cannot be held."""
        ...

    def text(self) -> str:
        """The file as it is."""
        ...

    def patched(self) -> str:
        """The text of the file with the edit in it. ValueError where it cannot be put in."""
        ...


@dataclass(frozen=True)
class PythonCode:
    """A Python tagger, by path or module name."""

    source: str
    file: str
    edit: Edit = UNCHANGED
    language: str = "Python"
    form: Form = OWN
    gives: tuple[str, ...] = RESULTS
    limit: float = LIMIT  # seconds that an answer may take

    @property
    def side(self) -> Side:
        """Runs in this process, as the port does."""
        tagger = self.form.load(self.source, self.edit)
        return PythonSide(tagger, gives=self.gives, limit=self.limit)

    def edited(self, edit: Edit) -> PythonCode:
        """The same file with another edit."""
        return replace(self, edit=edit)

    def record(self, case: Case, keep: Keep = Keep()) -> Recording | Failure:  # noqa: B008  # frozen
        """Everything that it does on a case."""
        made: list[Instrumented] = []

        def change(tree: ast.Module) -> ast.Module:
            made.append(instrument(tree))
            return made[0].tree

        try:
            tagger = self.form.load(self.source, self.edit, change)
        except InputError as e:  # an edited copy may fail where it is loaded
            return Failure(str(e))
        try:
            with within(self.limit), warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # as in PythonSide
                return record(tagger, made[0], self.file, case, keep, self.gives)
        except OverdueError:
            return Failure(f"{self.file}: timed out after {self.limit:g} s")

    def rewrites(
        self, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
    ) -> list[Rewrite]:
        """Other code for a statement that stands the trials."""
        tree = edited(ast.parse(self.text()), self.edit)
        tagger = self.form.load(self.source, self.edit)
        with holding(tagger, case):
            return rewrites(module_of(tagger), tree, address, trials)

    def text(self) -> str:
        """The file as it is."""
        return python_file.source_of(self.source)[0]

    def patched(self) -> str:
        """The text of the file with the edit in it."""
        return patch.patched(self.text(), self.edit)


@dataclass(frozen=True)
class JuliaCode:
    """A Julia tagger file, in the worker process of a side."""

    julia: JuliaSide
    file: str
    edit: Edit = UNCHANGED
    language: str = "Julia"

    @property
    def side(self) -> JuliaSide:
        """In the same process."""
        return self.julia.edited(self.edit, LIMIT)

    def edited(self, edit: Edit) -> JuliaCode:
        """The same file with another edit."""
        return replace(self, edit=edit)

    def record(self, case: Case, keep: Keep = Keep()) -> Recording | Failure:  # noqa: B008  # frozen
        """Everything that it does on a case."""
        return self.side.record(case, keep)

    def rewrites(
        self, case: Case, address: tuple[int, ...], trials: Sequence[Trial]
    ) -> list[Rewrite]:
        """Other code for a statement that stands the trials."""
        found = self.side.rewrites(case, address, trials)
        return [] if isinstance(found, Failure) else found

    def text(self) -> str:
        """The file as it is."""
        return Path(self.julia.setup.tagger).read_text()

    def patched(self) -> str:
        """The text of the file with the edit in it."""
        found = self.julia.patched(self.edit)
        if isinstance(found, Failure):
            raise ValueError(found.problem)
        return found
