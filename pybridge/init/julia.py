"""The outline of a Julia file: Julia parses it, in a process of its own, and runs nothing of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from pybridge import runtime, shipped
from pybridge.errors import InputError
from pybridge.init import Function, Outline
from pybridge.sides import serving, worker
from pybridge.sides.spawn import Context

SETS = ("filled", "reads", "indexing", "two_places", "zeroth", "fields", "keys")
TUPLES = ("arguments", "optional", "keywords", "optional_keywords", "results")


def outlines(
    sources: Sequence[str], notify: Callable[[str], None], julia_exe: str | None = None
) -> list[Outline]:
    """What is in Julia files. InputError where one cannot be parsed, or there is no Julia."""
    files = [_located(source) for source in sources]
    if not files:
        return []
    library = shipped.library()
    found = runtime.with_image(runtime.obtain(notify, julia_exe), library)
    with tempfile.TemporaryDirectory(prefix="xcheck-") as folder:
        pool = ProcessPool(
            max_workers=1,
            context=Context(),
            initializer=serving.leave_the_terminal,
            initargs=(Path(folder), os.getpid()),
        )
        try:
            asked = [pool.schedule(worker.outline, (found, library, file)) for file in files]
            answers = [future.result() for future in asked]
        finally:
            pool.stop()
            pool.join()
    return [_outline(source, *answer) for source, answer in zip(sources, answers, strict=True)]


def _located(source: str) -> Path:
    file = shipped.locate(Path(source))
    if not file.is_file():
        problem = "is not a file" if file.exists() else "no such file"
        raise InputError(problem, "name a Julia file", file=source)
    return file


def _outline(source: str, answer: Any, problem: str) -> Outline:
    if problem:
        raise InputError(problem, "mend the Julia file")
    functions, shapes, left_out, made, modules = answer
    return Outline(
        language="Julia",
        file=source,
        functions=tuple(_function(f) for f in functions),
        shapes={name: tuple(size) for name, size in shapes},
        left_out=tuple(left_out),
        made=frozenset(made),
        module=modules[0] if modules else "",
    )


def _function(found: dict[str, Any]) -> Function:
    texts: dict[str, Any] = {name: tuple(found[name]) for name in TUPLES}
    sets: dict[str, Any] = {name: frozenset(found[name]) for name in SETS}
    return Function(
        name=found["name"],
        line=found["line"],
        module=found["module_"],
        **texts,
        **sets,
        products=tuple((left, right) for left, right in found["products"]),
        lookups=tuple((name, axis) for name, axis in found["lookups"]),
        types=dict(found["types"]),
    )
