"""Addresses in a Python syntax tree, and edited copies of one.

An address says which child of which child of `ast.iter_child_nodes`, from the module down.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from pybridge.edit import Edit, Replacement

Address = tuple[int, ...]


# Functions of which only the shape of the arguments counts.
SHAPE_ONLY = {"len", "range", "reversed", "zeros_like", "ones_like", "empty_like", "zeros", "empty"}


@dataclass(frozen=True)
class Product:
    """A product of matrices in one of the ways in which it is written: its factors, and the way."""

    left: ast.expr
    right: ast.expr
    call: ast.Call | None = None  # None: left @ right

    @property
    def method(self) -> bool:
        """Whether it is left.dot(right)."""
        return self.call is not None and len(self.call.args) == 1

    def of(self, left: ast.expr, right: ast.expr) -> ast.expr:
        """The product of two others, written in the same way."""
        if self.call is None:
            return ast.BinOp(left, ast.MatMult(), right)
        if self.method:
            func: ast.expr = ast.Attribute(left, "dot", ast.Load())
            return ast.Call(func, [right], self.call.keywords)
        return ast.Call(self.call.func, [left, right], self.call.keywords)


def product(node: ast.AST, numpy: str = "") -> Product | None:
    """The product of matrices that a node is: a @ b, a.dot(b), np.dot(a, b) or np.matmul(a, b).

    None where it is none. `numpy` is the name of the module; without one its functions are unknown.
    """
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return Product(left, right)
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args, keywords=keywords):
            plain = not any(isinstance(a, ast.Starred) or _is_text(a) for a in [value, *args])
            if not plain or any(keyword.arg != "out" for keyword in keywords):
                return None
            if numpy and isinstance(value, ast.Name) and value.id == numpy:
                if attr in ("dot", "matmul") and len(args) == 2:
                    return Product(args[0], args[1], node)
            elif attr == "dot" and len(args) == 1:
                return Product(value, args[0], node)
    return None


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


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
