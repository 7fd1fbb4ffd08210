"""The syntax tree of a Python tagger: addresses in it, what is read where, an edited copy."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from pybridge.adapters.form import OWN, Form, Tagger
from pybridge.edit import Edit
from pybridge.syntax import (
    SHAPE_ONLY,
    Address,
    base,
    edited,
    names,
    node_at,
    product,
    same,
    text,
)

__all__ = ["Address", "base", "edited", "names", "node_at", "same", "text"]  # also from here
NOT_READ = {"axis", "keepdims", "dtype", "out"}  # arguments: about shape, or written to
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


def reached(
    tree: ast.Module, roots: Iterable[str] = ("forward", "backward")
) -> dict[str, tuple[Function, Address]]:
    """The functions that those of these names run, themselves among them."""
    every = {
        node.name: (node, (i,))
        for i, node in enumerate(ast.iter_child_nodes(tree))
        if isinstance(node, Function)
    }
    found: dict[str, tuple[Function, Address]] = {}
    wanted = [*roots]
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
    inside = (*loops, *sorted(names(node.target))) if isinstance(node, ast.For) else loops
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
    found = product(node)
    factor = found.left if found and found.method else None
    for i, child in enumerate(ast.iter_child_nodes(node)):
        address = (*site.address, i)
        if isinstance(child, ast.keyword):
            if child.arg in NOT_READ:
                continue
            child, address = child.value, (*address, 0)
        called = call and i == 0 and not isinstance(child, ast.Attribute)
        if factor is not None and i == 0:  # a of a.dot(b), which is a factor as b is
            child, address = factor, (*address, 0)
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


@lru_cache(maxsize=8)
def planted(source: str, edit: Edit, form: Form = OWN) -> Tagger:
    """An edited copy of a tagger, a file or a module; that itself stays as it is."""
    return form.load(source, edit)
