"""What a piece of Python reads and writes, as expressions to be evaluated where it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import CodeType

from pybridge.syntax import SHAPE_ONLY, text

QUIET = {"shape", "dtype", "size", "ndim"}  # attributes that say nothing of the numbers
VIEWS = {"ravel", "reshape", "view", "transpose"}  # methods that give the same memory, mostly
UNWRITTEN = {"empty", "empty_like"}  # what they give is whatever lay in memory


@dataclass(frozen=True)
class Place:
    """A variable, an attribute of one, or an entry: `h`, `trace.h`, `h[t - 1]`."""

    name: str
    whole: CodeType
    index: CodeType | None = None  # of the entry; of H[t, j], the first one
    several: bool = False  # there are more indices
    in_place: bool = False  # of a write: into the memory of the variable, which others may share


def reads(node: ast.AST) -> tuple[Place, ...]:
    """The places that an expression reads; not those of which only the shape counts."""
    found: list[Place] = []

    def visit(node: ast.AST) -> None:
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                if text(func).split(".")[-1] in SHAPE_ONLY and text(func) != "range":
                    return
                if isinstance(func, ast.Attribute):
                    visit(func.value)
                for argument in [*args, *(k.value for k in keywords if k.arg != "out")]:
                    visit(argument)
            case ast.Attribute(attr=attr) | ast.Subscript(value=ast.Attribute(attr=attr)) if (
                attr in QUIET
            ):
                return
            case ast.Subscript(slice=index):
                if here := place(node):
                    found.append(here)
                else:
                    visit(node.value)
                visit(index)
            case ast.Name() | ast.Attribute():
                if here := place(node):
                    found.append(here)
                elif isinstance(node, ast.Attribute):
                    visit(node.value)
            case ast.Lambda() | ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
                inner = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                bound = {
                    n.id
                    for n in ast.walk(node)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
                for name in sorted(inner - bound):
                    found.append(_named(ast.Name(name, ast.Load())))
            case _:
                for child in ast.iter_child_nodes(node):
                    visit(child)

    visit(node)
    return distinct(found)


def place(node: ast.AST) -> Place | None:
    """The place that an expression names: a variable, an attribute of one, an entry of either.

    Of x.ravel() that is x.
    """
    match node:
        case ast.Starred(value=value):
            return place(value)
        case ast.Name():
            return _named(node)
        case ast.Attribute(value=value, attr=attr):
            if attr in ("T", "real"):
                return place(value)
            inner = place(value)
            return _named(node) if inner and inner.index is None else None
        case ast.Subscript(value=ast.Name() | ast.Attribute() as value, slice=index):
            inner = place(value)
            if inner is None or inner.index is not None:
                return None
            several = isinstance(index, ast.Tuple)
            first = index.elts[0] if isinstance(index, ast.Tuple) and index.elts else index
            parts = (ast.Slice, ast.Starred, ast.Subscript)  # X[words[t]] is no step of X
            if any(isinstance(n, parts) for n in ast.walk(first)):
                return inner
            return replace(inner, index=_compiled(first), several=several)
        case ast.Subscript(value=value):
            return place(value)  # of h[t][j], the entry h[t]
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in VIEWS:
            inner = place(value)
            return replace(inner, index=None) if inner else None
    return None


def _named(node: ast.Name | ast.Attribute) -> Place:
    return Place(text(node), _compiled(node))


def _compiled(node: ast.expr) -> CodeType:
    return compile(text(node), "<place>", "eval")


def is_unwritten(node: ast.expr) -> bool:
    """Whether a value is memory that nothing was written to."""
    return isinstance(node, ast.Call) and text(node.func).split(".")[-1] in UNWRITTEN


def as_read(node: ast.expr) -> ast.expr:
    """A target as an expression."""
    return ast.parse(text(node), mode="eval").body


def parts(target: ast.expr) -> list[ast.expr]:
    """The single targets of a target."""
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in parts(element)]
    return [target]


def arguments(call: ast.Call) -> tuple[Place, ...]:
    """What a call may change: its arguments, and the object whose method it is."""
    given: list[ast.expr] = [*call.args, *(k.value for k in call.keywords)]
    if isinstance(call.func, ast.Attribute):
        given.append(call.func.value)
    places = [place(node) for node in given]
    return distinct(replace(p, index=None, in_place=True) for p in places if p)


def outputs(node: ast.expr) -> list[ast.expr]:
    """What the calls in an expression are told to write to: h[t], of np.tanh(x, out=h[t])."""
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [k.value for call in calls for k in call.keywords if k.arg == "out"]


def distinct(places: Iterable[Place]) -> tuple[Place, ...]:
    """Without repetitions: equal code is equal."""
    return tuple({(p.name, p.index): p for p in places}.values())
