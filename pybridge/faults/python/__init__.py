"""Faults that may be planted in a Python tagger, from its syntax tree."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import ModuleType

from pybridge.case import Case
from pybridge.faults import Fault, Skipped
from pybridge.faults.python.named import named
from pybridge.faults.python.operators import general
from pybridge.faults.python.scope import read
from pybridge.faults.python.wrappers import wrappers


def faults(module: ModuleType, file: str, case: Case) -> tuple[list[Fault], list[Skipped]]:
    """All faults for a tagger, and the named ones that it leaves no room for.

    `file` is what the report calls it; `case` is a small one, run to learn shapes.
    """
    scope = read(module, inspect.getsource(module), file, case)
    every = _distinct(general(scope))
    special, skipped = named(scope, every)
    # A named fault that an operator yields too is listed once, under its name.
    return _distinct([*special, *every, *wrappers(scope)]), skipped


def _distinct(faults: Iterable[Fault]) -> list[Fault]:
    """Of faults that come to the same code, the first."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        if fault.old != fault.new:
            found.setdefault((fault.line, fault.old, fault.new, fault.edit.appended), fault)
    return list(found.values())
