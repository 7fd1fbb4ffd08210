"""What the operators go by: the places of a file, and what has the same shape as what."""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from pybridge.adapters.form import Tagger, module_of
from pybridge.adapters.python import Adapted
from pybridge.case import Case
from pybridge.edit import Edit, Replacement
from pybridge.faults import Fault, Language
from pybridge.faults.python.tree import (
    Address,
    Function,
    Site,
    base,
    edited,
    names,
    node_at,
    reached,
    same,
    sites,
    text,
)

Shapes = Mapping[tuple[str, str], tuple[int, ...]]


@dataclass(frozen=True)
class Scope:
    """A tagger file, read and run once."""

    file: str  # as the report prints it
    tree: ast.Module
    functions: Mapping[str, tuple[Function, Address]]
    sites: tuple[Site, ...]
    shapes: Shapes  # by function and text of what is read
    parameters: tuple[str, ...]
    biases: tuple[str, ...]  # the parameters of one row
    numpy: str  # the name under which the file knows it; empty where it does not
    roots: Mapping[str, str]  # "forward" and "backward", and what the file calls them

    def within(self, function: str) -> list[Site]:
        """The places in one function, by its name or by what it is."""
        name = self.roots.get(function, function)
        return [site for site in self.sites if site.function == name]

    def fault(self, site: Site, operator: str, new: ast.AST | str) -> Fault:
        """The fault that puts `new` in the place of a site."""
        code = new if isinstance(new, str) else ast.unparse(new)
        old, changed = _shown(site, code)
        edit = Edit((Replacement(site.address, code),))
        line: int = getattr(site.node, "lineno", site.statement.lineno)
        return Fault(Language.PYTHON, operator, self.file, line, old, changed, edit)


def read(tagger: Tagger, source: str, file: str, case: Case) -> Scope:
    """Read a tagger, and run it on a small case to learn the shapes of what it reads."""
    tree = ast.parse(source)
    roots = roots_of(tagger)
    functions = reached(tree, roots.values())
    places = tuple(site for found in functions.values() for site in sites(*found))
    weights = case.weights.arrays
    return Scope(
        file,
        tree,
        functions,
        places,
        _shapes(tagger, [site for site in places if is_variable(site)], case),
        parameters=tuple(weights),
        biases=tuple(name for name, array in weights.items() if array.shape[0] == 1),
        numpy=_name_of_numpy(tree),
        roots=roots,
    )


def is_variable(site: Site) -> bool:
    """A variable, or an entry of one such as h[t]."""
    return not site.part and bool(base(site.node)) and isinstance(site.node, ast.expr)


def lookalikes(scope: Scope, site: Site) -> list[ast.AST]:
    """The variables that could be mistaken for the one at a site; the nearest come first.

    Of another base, of the same shape, and assigned before.
    """
    wanted = scope.shapes.get((site.function, text(site.node)))
    if not wanted:  # unknown, or a number
        return []
    found: dict[str, tuple[Address, ast.AST]] = {}
    for other in scope.within(site.function):
        if not is_variable(other) or base(other.node) == base(site.node):
            continue
        if scope.shapes.get((other.function, text(other.node))) != wanted:
            continue
        if any(same(other.node, target) for target in targets(site.statement)):
            continue  # not there yet
        if names(other.node) & (set(other.loops) - set(site.loops)):
            continue
        since = _assigned(scope, site.function, base(other.node))
        if since is None or since < site.at:
            found[text(other.node)] = (since or (), other.node)
    return [node for _, node in sorted(found.values(), key=lambda f: f[0], reverse=True)]


def targets(node: ast.AST) -> list[ast.expr]:
    """What a statement assigns to."""
    match node:
        case ast.Assign(targets=several):
            return [t for s in several for t in _each(s)]
        case ast.For(target=target):
            return _each(target)
        case ast.AugAssign(target=target):
            return [target]
    return []


def _each(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple) else [target]


def _assigned(scope: Scope, function: str, name: str) -> Address | None:
    """Address of the first assignment of a name; None for an argument or a global."""
    if name in [a.arg for a in scope.functions[function][0].args.args]:
        return None
    return next(
        (s.at for s in scope.within(function) if name in [base(t) for t in targets(s.node)]), None
    )


def _shown(site: Site, code: str) -> tuple[str, str]:
    """The statement before and after; of a loop or a branch only the line it begins with."""
    if isinstance(site.node, ast.stmt):
        return text(site.node), " ".join(code.split())
    shown: ast.AST = site.statement
    within = site.address[len(site.at) :]
    if hasattr(site.statement, "body"):
        shown, within = node_at(site.statement, within[:1]), within[1:]
    if not within:
        return text(shown), " ".join(code.split())
    # `shown` is a statement or an expression; unparse takes both in a body.
    shell: ast.Module = ast.Module(body=[copy.deepcopy(shown)], type_ignores=[])  # type: ignore[list-item]  # see above
    return text(shown), text(edited(shell, Edit((Replacement((0, *within), code),))))


def roots_of(tagger: Tagger) -> dict[str, str]:
    """What forward and backward are called in the file of a tagger."""
    if not isinstance(tagger, Adapted):
        return {"forward": "forward", "backward": "backward"}
    calls = {"forward": tagger.adapter.forward, "backward": tagger.adapter.backward}
    return {what: call.function for what, call in calls.items() if call is not None}


def _shapes(tagger: Tagger, wanted: Iterable[Site], case: Case) -> Shapes:
    texts = sorted({(site.function, text(site.node)) for site in wanted})
    found: dict[tuple[str, str], tuple[int, ...]] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event != "return" or frame.f_globals is not module_of(tagger).__dict__:
            return
        for function, code in texts:
            if function == frame.f_code.co_name:
                try:
                    value = eval(code, frame.f_globals, frame.f_locals)
                    found[function, code] = tuple(value.shape)
                except Exception:  # not there, or no array
                    continue

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        trace = tagger.forward(case.weights, case.words, case.tags, case.h_prev)
        tagger.backward(case.weights, case.words, case.tags, case.h_prev, trace)
    finally:
        sys.setprofile(before)
    return found


def _name_of_numpy(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "numpy":
                    return alias.asname or alias.name
    return ""
