"""The syntax tree of a Python tagger: addresses in it, what is read where, an edited copy."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType

from pybridge.edit import Edit, Replacement

Address = tuple[int, ...]
# Functions of which only the shape of the arguments counts.
SHAPE_ONLY = {"len", "range", "reversed", "zeros_like", "ones_like", "empty_like", "zeros", "empty"}
ABOUT_SHAPE = {"axis", "keepdims", "dtype"}
Function = ast.FunctionDef


@dataclass(frozen=True)
class Site:
    """A place in a function where something is read."""

    node: ast.AST
    address: Address
    statement: ast.stmt
    at: Address  # address of the statement
    function: str
    loops: tuple[str, ...]  # the variables of the loops around it
    quiet: bool  # only its shape counts
    part: bool  # the array or the index of a subscript, or the object of an attribute


def text(node: ast.AST) -> str:
    """A node in one line."""
    return " ".join(ast.unparse(node).split())


def same(a: ast.AST, b: ast.AST) -> bool:
    """Whether two nodes are the same code, read or written."""
    return text(a) == text(b)


def names(node: ast.AST) -> set[str]:
    """All names in a node."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def base(node: ast.AST) -> str:
    """The variable that a name or a subscript of one reads; empty for others."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def reached(tree: ast.Module) -> dict[str, tuple[Function, Address]]:
    """The functions that `forward` and `backward` run, those two among them."""
    every = {
        node.name: (node, (i,))
        for i, node in enumerate(ast.iter_child_nodes(tree))
        if isinstance(node, Function)
    }
    found: dict[str, tuple[Function, Address]] = {}
    wanted = ["forward", "backward"]
    while wanted:
        name = wanted.pop(0)
        if name in every and name not in found:
            found[name] = every[name]
            wanted += sorted(names(every[name][0]) - set(found))
    return found


def sites(function: Function, address: Address) -> Iterator[Site]:
    """Every place in the body of a function where something is read, in the order of the text."""
    for i, node in enumerate(ast.iter_child_nodes(function)):
        if isinstance(node, ast.stmt):
            yield from _statement(node, (*address, i), function.name, ())


def _statement(node: ast.stmt, at: Address, name: str, loops: tuple[str, ...]) -> Iterator[Site]:
    whole = Site(node, at, node, at, name, loops, quiet=False, part=False)
    yield whole
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return
    inside = loops
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
        inside = (*loops, node.target.id)
    for i, child in enumerate(ast.iter_child_nodes(node)):
        if isinstance(child, ast.stmt):
            yield from _statement(child, (*at, i), name, inside)
        elif isinstance(child, ast.expr) and not _is_written(child):
            yield from _expression(replace(whole, node=child, address=(*at, i)))


def _expression(site: Site) -> Iterator[Site]:
    node = site.node
    if _is_text(node) or isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp):
        return
    yield site
    call = isinstance(node, ast.Call)
    quiet = site.quiet or (call and text(node).split("(")[0].split(".")[-1] in SHAPE_ONLY)
    part = site.part or isinstance(node, ast.Subscript) or getattr(node, "attr", "T") != "T"
    for i, child in enumerate(ast.iter_child_nodes(node)):
        address = (*site.address, i)
        if isinstance(child, ast.keyword):
            if child.arg in ABOUT_SHAPE:
                continue
            child, address = child.value, (*address, 0)
        called = call and i == 0 and not isinstance(child, ast.Attribute)
        if isinstance(child, ast.expr) and not called:
            yield from _expression(
                replace(site, node=child, address=address, quiet=quiet, part=part)
            )


def _is_written(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store) or (
        isinstance(node, ast.Tuple) and any(_is_written(e) for e in node.elts)
    )


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, int | float)


def node_at(tree: ast.AST, address: Address) -> ast.AST:
    """The node at an address."""
    for i in address:
        tree = list(ast.iter_child_nodes(tree))[i]
    return tree


def edited(tree: ast.Module, edit: Edit) -> ast.Module:
    """An edited copy of a tree."""
    tree = copy.deepcopy(tree)
    # Addresses are those of the tree as it was: find all places before the first one changes.
    places = [
        (node_at(tree, r.address[:-1]), node_at(tree, r.address), r) for r in edit.replacements
    ]
    for parent, node, replacement in places:
        _put(parent, node, replacement)
    return tree


def _put(parent: ast.AST, node: ast.AST, replacement: Replacement) -> None:
    statement = isinstance(node, ast.stmt)
    new = ast.parse(replacement.code, mode="exec" if statement else "eval").body  # type: ignore[attr-defined]  # both kinds of tree have one
    for part in [*new] if statement else [new]:
        for inside in ast.walk(part):
            if hasattr(inside, "lineno") or isinstance(inside, ast.expr | ast.stmt):
                ast.copy_location(inside, node)
    for field, value in ast.iter_fields(parent):
        if value is node:
            setattr(parent, field, new)
        elif isinstance(value, list) and any(item is node for item in value):
            i = next(i for i, item in enumerate(value) if item is node)
            value[i : i + 1] = new if statement else [new]


@lru_cache(maxsize=8)
def planted(module: str, edit: Edit) -> ModuleType:
    """An edited copy of a module; the module itself stays as it is."""
    original = importlib.import_module(module)
    tree = edited(ast.parse(inspect.getsource(original)), edit)
    copied = ModuleType(f"{module}_with_a_fault")
    copied.__package__, copied.__file__ = original.__package__, original.__file__
    sys.modules[copied.__name__] = copied  # where dataclasses look for the names in annotations
    exec(compile(tree, str(original.__file__), "exec"), copied.__dict__)
    exec(compile(edit.appended, "<wrapper>", "exec"), copied.__dict__)
    return copied
