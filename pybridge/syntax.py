"""Addresses in a Python syntax tree, and edited copies of one.

An address says which child of which child of `ast.iter_child_nodes`, from the module down.
"""

from __future__ import annotations

import ast
import copy

from pybridge.edit import Edit, Replacement

Address = tuple[int, ...]


# Functions of which only the shape of the arguments counts.
SHAPE_ONLY = {"len", "range", "reversed", "zeros_like", "ones_like", "empty_like", "zeros", "empty"}


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
