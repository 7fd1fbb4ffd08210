"""How a Python file is loaded and called, and the tagger that it is then."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from types import ModuleType

from pybridge import python_file
from pybridge.adapters import RESULTS, Adapter
from pybridge.adapters.check import checked
from pybridge.adapters.python import Adapted
from pybridge.adapters.reads import check_module
from pybridge.case import Case
from pybridge.edit import UNCHANGED, Edit
from pybridge.weights import Parameters

Tagger = ModuleType | Adapted


@dataclass(frozen=True)
class Form:
    """How a Python file is loaded and called; by itself, as xcheck calls its own."""

    adapter: Adapter | None = None
    parameters: tuple[tuple[str, tuple[str, str]], ...] = ()  # for an adapter, which needs them
    only_functions: bool = False

    @property
    def is_adapted(self) -> bool:
        """Whether the functions are called otherwise than xcheck calls its own."""
        return self.adapter is not None and self.adapter.forward is not None

    @property
    def gives(self) -> tuple[str, ...]:
        """What the forward pass gives."""
        return RESULTS if self.adapter is None else self.adapter.gives

    def over(self, parameters: Parameters) -> Form:
        """The same for a cell of these parameters. InputError where the adapter does not fit."""
        if self.adapter is not None:
            checked(self.adapter, parameters)
        return replace(self, parameters=tuple(parameters.items()))

    def load(
        self,
        source: str,
        edit: Edit = UNCHANGED,
        change: Callable[[ast.Module], ast.Module] = lambda tree: tree,
    ) -> Tagger:
        """Evaluate a file, see python_file.load. InputError where it is not of this form."""
        if self.adapter is None or not self.is_adapted:
            return python_file.load(source, edit, change, only_functions=self.only_functions)
        module = python_file.load(
            source, edit, change, needed={}, only_functions=self.only_functions
        )
        parameters = dict(self.parameters)
        check_module(module, source, self.adapter, parameters)
        return Adapted(module, self.adapter, parameters)


OWN = Form()


def holding(tagger: Tagger, case: Case) -> AbstractContextManager[None]:
    """With the numbers of a case in the globals of a file that has them there."""
    if isinstance(tagger, Adapted):
        return tagger.holding(case.weights, case.words, case.tags, case.h_prev)
    return nullcontext()


def module_of(tagger: Tagger) -> ModuleType:
    """The module that a tagger is, or is made of."""
    return tagger.module if isinstance(tagger, Adapted) else tagger
