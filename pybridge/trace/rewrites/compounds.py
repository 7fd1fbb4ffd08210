"""Rewrites with what is made of two variables: what a dropped term or factor may have been."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pybridge.syntax import text
from pybridge.trace.rewrites.pool import Pool, broadcast, product
from pybridge.trace.rewrites.reach import Atom, Shape
from pybridge.trace.rewrites.sites import OLD, Role, Site
from pybridge.trace.rewrites.structure import Option
from pybridge.trace.rewrites.variables import matmul

MOST = 60  # atoms that products are made of
ENOUGH = 400  # compounds that are tried at one place


@dataclass(frozen=True)
class Compound:
    """An expression of one or two atoms."""

    node: ast.expr
    shape: Shape
    cost: int
    factor: bool  # whether it makes sense as a factor, not only as a term


def compounds(pool: Pool) -> list[Compound]:
    """All that there are, the cheapest first."""
    if pool.blind:
        return []
    atoms = [a for a in pool.atoms if not a.known.whole and a.shape]
    atoms = sorted(atoms, key=lambda a: a.cost)
    found = [*_functions(pool, atoms), *_products(pool, atoms[:MOST]), *_delayed(pool, atoms)]
    return sorted(found, key=lambda c: c.cost)


def with_compounds(pool: Pool, several: Sequence[Compound], site: Site) -> Iterator[Option]:
    """A compound in the place of something, added to it, multiplied with it."""
    known = pool.of(site.node)
    if known is None or not site.counted or site.role is Role.OBJECT:
        return
    node = site.node
    literal = isinstance(node, ast.Constant) and not isinstance(node.value, bool)
    if known.whole and not literal:
        return
    fitting = [c for c in several if c.shape == known.shape]
    fitting += [
        c for c in several if c.shape != known.shape and broadcast(c.shape, known.shape) is not None
    ]
    for compound in [*_one_hot(pool, site, known.shape), *fitting[:ENOUGH]]:
        made = text(compound.node)
        new, cost = compound.node, compound.cost + (compound.shape != known.shape)
        if not site.in_sum:
            yield ast.BinOp(node, ast.Add(), new), f"{made} added to {OLD}", cost
            yield ast.BinOp(node, ast.Sub(), new), f"{made} subtracted from {OLD}", cost
        if compound.factor and not site.in_product:
            yield ast.BinOp(node, ast.Mult(), new), f"{OLD} times {made}", cost
        if site.whole or site.simple or literal:
            yield new, f"{made} for {OLD}", cost


def _functions(pool: Pool, atoms: Sequence[Atom]) -> Iterator[Compound]:
    """Squares, derivatives of tanh and of the logistic function, functions of numpy."""
    one = ast.Constant(1)
    for atom in atoms:
        a = atom.node
        square = ast.BinOp(a, ast.Mult(), a)
        several: list[ast.expr] = [
            square,
            ast.BinOp(one, ast.Sub(), square),
            ast.BinOp(a, ast.Mult(), ast.BinOp(one, ast.Sub(), a)),
            ast.BinOp(one, ast.Sub(), a),
        ]
        if pool.numpy:
            several += [
                ast.Call(ast.Attribute(ast.Name(pool.numpy), name), [a], [])
                for name in ("tanh", "exp", "log")
            ]
        for node in several:
            yield Compound(node, atom.shape, 6 + atom.cost, factor=True)
        total = ast.Call(ast.Attribute(a, "sum"), [], [])
        if pool.numpy:
            code = (
                f"{pool.numpy}.exp({atom.code}) / {pool.numpy}.sum({pool.numpy}.exp({atom.code}))"
            )
            softmax = ast.parse(code, mode="eval").body
            yield Compound(softmax, atom.shape, 8 + atom.cost, factor=False)
        yield Compound(total, (), 6 + atom.cost, factor=True)
        if pool.numpy:
            log = ast.Call(ast.Attribute(ast.Name(pool.numpy), "log"), [total], [])
            yield Compound(log, (), 7 + atom.cost, factor=False)


def _products(pool: Pool, atoms: Sequence[Atom]) -> Iterator[Compound]:
    """Products of two, of matrices or entry by entry, and outer products."""
    for i, a in enumerate(atoms):
        for j, b in enumerate(atoms):
            cost = 6 + a.cost + b.cost
            shape = broadcast(a.shape, b.shape)
            if i < j and shape is not None and shape in (a.shape, b.shape):
                yield Compound(ast.BinOp(a.node, ast.Mult(), b.node), shape, cost, factor=False)
            if i < j and a.shape == b.shape:
                yield Compound(ast.BinOp(a.node, ast.Add(), b.node), a.shape, cost, factor=True)
            if i != j:
                for left, left_shape in _turned(a):
                    for right, right_shape in _turned(b):
                        made = product(left_shape, right_shape)
                        if made is not None:
                            yield Compound(matmul(pool, left, right), made, cost, factor=False)
            if len(a.shape) == len(b.shape) == 1 and pool.numpy and i != j:
                outer = ast.Call(ast.Attribute(ast.Name(pool.numpy), "outer"), [a.node, b.node], [])
                yield Compound(outer, (*a.shape, *b.shape), cost, factor=False)


def _delayed(pool: Pool, atoms: Sequence[Atom]) -> Iterator[Compound]:
    """The step before for each step of a sequence, the first one from elsewhere."""
    steps = [a for a in atoms if len(a.shape) == 2 and a.shape[0] > 1 and not a.cost]
    for a in steps if pool.numpy else ():
        for first in atoms:
            if first.shape == (1, a.shape[1]) and first.cost < 2:
                code = f"{pool.numpy}.concatenate([{first.code}, {a.code}[:-1]])"
                yield Compound(ast.parse(code, mode="eval").body, a.shape, 6 + first.cost, True)


def _one_hot(pool: Pool, site: Site, shape: Shape) -> Iterator[Compound]:
    """A one where a word or a tag is, zeros elsewhere: along the last axis, or in a column."""
    code = text(site.node)
    for atom in pool.atoms:
        if shape and atom.known.whole and atom.shape in ((), shape[:1]) and pool.numpy:
            ways = {f"{pool.numpy}.eye(({code}).shape[-1])[{atom.code}]": (*atom.shape, shape[-1])}
            if len(shape) == 2 and shape[1] == 1 and not atom.shape:
                ways[f"{pool.numpy}.eye(len({code}))[:, [{atom.code}]]"] = shape
            for way, made in ways.items():
                if made == shape:
                    node = ast.parse(way, mode="eval").body
                    yield Compound(node, shape, 6 + atom.cost, factor=True)


def _turned(atom: Atom) -> Iterator[tuple[ast.expr, Shape]]:
    yield atom.node, atom.shape
    if len(atom.shape) == 2:
        yield ast.Attribute(atom.node, "T"), atom.shape[::-1]
