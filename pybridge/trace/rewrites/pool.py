"""What is within reach of a statement: variables, their entries, the objects' arrays; shapes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from pybridge.syntax import Address, Product, names, node_at, text
from pybridge.syntax import product as product_in
from pybridge.trace.rewrites.reach import Atom, Known, Reach, Shape
from pybridge.trace.rewrites.sites import sites
from pybridge.trace.rewrites.trials import copied

LARGEST = 1 << 22  # entries of what a rewrite may make
MOST = 400  # atoms of one search
SIMPLE = (ast.Assign, ast.AugAssign, ast.Return)
READ = (ast.BinOp, ast.Call, ast.Subscript)


@dataclass(frozen=True)
class Pool:
    """What rewrites of one statement are made with."""

    atoms: tuple[Atom, ...]
    known: Mapping[str, Known]  # by the code of each expression in the statement
    missing: frozenset[str]  # names in the statement, and what is made of them, that are not there
    dead: frozenset[str]  # code of expressions that are no numbers: modules, objects
    numpy: str  # the name under which the module has it; empty where it has not
    indices: tuple[str, ...]  # whole numbers that something is indexed with, innermost loop first
    places: tuple[str, ...]  # indices of entries that there are
    sequence: str  # what len() of is the number of words
    written: Product | None  # how the code writes products of matrices, the first that is no @
    blind: bool  # no values are known: all that is known of variables is their names
    header: bool = False  # it is a range or a condition

    def of(self, node: ast.AST) -> Known | None:
        """What is known of an expression of the statement."""
        return self.known.get(text(node))

    def is_array(self, node: ast.AST, least: int = 1) -> bool:
        """Whether an expression has so many axes, or may have."""
        known = self.of(node)
        return (self.blind or known is not None) and (known is None or len(known.shape) >= least)

    def outer_fits(self, a: ast.AST, b: ast.AST) -> bool:
        """Whether the product of every entry with every other is not too large."""
        known = [k for k in (self.of(a), self.of(b)) if k]
        return _size(n for k in known for n in k.shape) <= LARGEST


def survey(
    module: ModuleType, tree: ast.Module, address: Address, scope: Mapping[str, Any] | None
) -> Pool:
    """Look at a statement of a module; `scope` are its variables in one of the trials."""
    root, function = node_at(tree, address), _function(tree, address)
    numpy = next((n for n, v in vars(module).items() if v is np), "")
    inside = names(function) | names(root)
    indices = tuple(dict.fromkeys([*_loops(tree, address), *_indices(function)]))
    if scope is None:
        dead = {n for n in inside if isinstance(vars(module).get(n), ModuleType | type)}
        atoms = tuple(_named(n) for n in _own_names(function) if n not in dead)
        header = isinstance(root, ast.expr)
        length = _measured(function) or _measured(tree)
        none: frozenset[str] = frozenset()
        return Pool(
            atoms, {}, none, frozenset(dead), numpy, indices, (), length, None, True, header
        )
    # Copies: an expression that is looked at may change what it is made of.
    own = {n: copied(v) for n, v in scope.items() if not n.startswith("__")}
    others = {n: copied(v) for n, v in vars(module).items() if n in inside and n not in own}
    reach = Reach(own | others, {**vars(module), **own, **others})
    expressions = {text(site.node) for site in sites(root)}
    values = {code: reach.value(code) for code in sorted(expressions)}
    known = {code: k for code, v in values.items() if (k := Known.of(v))}
    return Pool(
        tuple(reach.atoms(indices, _expressions(function)))[:MOST],
        known,
        frozenset(code for code in expressions if reach.lacks(code)),
        frozenset(expressions - set(known)),
        numpy,
        reach.numbers(indices),
        tuple(reach.places(indices)),
        next(iter(reach.sequences()), ""),
        written=_written(function, numpy),
        blind=False,
        header=isinstance(root, ast.expr),
    )


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape that two come to together; None where they do not, or come to too much."""
    try:
        found = np.broadcast_shapes(a, b)
    except ValueError:
        return None
    return found if _size(found) <= LARGEST else None


def product(a: Shape, b: Shape) -> Shape | None:
    """The shape of the matrix product; None where there is none, or it is too large."""
    if not a or not b or len(a) > 2 or len(b) > 2 or a[-1] != b[0]:
        return None
    found = (*a[:-1], *b[1:])
    return found if _size(found) <= LARGEST else None


@lru_cache(maxsize=1 << 14)
def alike(a: str, b: str) -> float:
    """How much two names have in common, from 0 to 1."""
    return SequenceMatcher(None, a, b).ratio()


def _size(shape: Iterable[int]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _function(tree: ast.Module, address: Address) -> ast.AST:
    node: ast.AST = tree
    for i in range(1, len(address)):
        inner = node_at(tree, address[:i])
        if isinstance(inner, ast.FunctionDef):
            node = inner
    return node


def _loops(tree: ast.Module, address: Address) -> list[str]:
    """The variables of the loops around a statement, the innermost first."""
    found: list[str] = []
    for i in range(len(address) - 1, 0, -1):
        node = node_at(tree, address[:i])
        if isinstance(node, ast.For):
            found += sorted(names(node.target))
    return found


def _indices(function: ast.AST) -> list[str]:
    """The names in indices."""
    return [
        name
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        for name in sorted(names(node.slice))
    ]


def _measured(function: ast.AST) -> str:
    """The first name that len() is taken of."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return name
    return ""


def _written(function: ast.AST, numpy: str) -> Product | None:
    found = (product_in(node, numpy) for node in ast.walk(function))
    return next((p for p in found if p and p.call and not p.call.keywords), None)


def _own_names(function: ast.AST) -> list[str]:
    """The arguments and variables of a function, in the order of the text."""
    found = [n.arg for n in ast.walk(function) if isinstance(n, ast.arg)]
    stored = [
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    return list(dict.fromkeys([*found, *stored]))


def _named(name: str) -> Atom:
    return Atom(name, ast.Name(name, ast.Load()), Known((), False), 0)


def _expressions(function: ast.AST) -> list[str]:
    """What is read in a function: in another branch there may be what is missing in this one."""
    inside = [
        site.node for node in ast.walk(function) if isinstance(node, SIMPLE) for site in sites(node)
    ]
    return list(dict.fromkeys(text(n) for n in inside if isinstance(n, READ)))
