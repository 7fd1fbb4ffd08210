"""Faults that may be planted in a Python tagger, from its syntax tree."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from pybridge.adapters.form import Tagger, module_of
from pybridge.adapters.python import Adapted
from pybridge.case import Case
from pybridge.faults import Fault, Language, Skipped
from pybridge.faults.python.named import named
from pybridge.faults.python.operators import general
from pybridge.faults.python.scope import read
from pybridge.faults.python.wrappers import WRAPPERS, wrappers


def faults(tagger: Tagger, file: str, case: Case) -> tuple[list[Fault], list[Skipped]]:
    """All faults for a tagger, and the named ones that it leaves no room for.

    `file` is what the report calls it; `case` is a small one, run to learn shapes.
    """
    scope = read(tagger, inspect.getsource(module_of(tagger)), file, case)
    every = _distinct(general(scope))
    special, skipped = named(scope, every)
    # A named fault that an operator yields too is listed once, under its name.
    wrapped: list[Fault] = []
    if isinstance(tagger, Adapted):
        why = "its functions are called otherwise, by an adapter"
        skipped += [Skipped(Language.PYTHON, name, why) for name in WRAPPERS]
    else:
        wrapped = wrappers(scope)
    return _distinct([*special, *every, *wrapped]), skipped


def _distinct(faults: Iterable[Fault]) -> list[Fault]:
    """Of faults that come to the same code, the first."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        if fault.old != fault.new:
            found.setdefault((fault.line, fault.old, fault.new, fault.edit.appended), fault)
    return list(found.values())
