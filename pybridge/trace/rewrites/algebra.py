"""Rewrites of formulas: twice, squared, grouped otherwise, the derivative of something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pybridge.syntax import same, text
from pybridge.trace.rewrites.pool import Pool
from pybridge.trace.rewrites.sites import NEW, OLD, Role, Site
from pybridge.trace.rewrites.structure import Operator, Option


def doubles(pool: Pool, site: Site) -> Iterator[Option]:
    """Twice, half, or the square of something."""
    node = site.node
    if not site.counted or isinstance(node, ast.Constant) or pool.blind or text(node) in pool.dead:
        return
    if site.whole or site.in_sum:
        yield ast.BinOp(ast.Constant(2), ast.Mult(), node), f"{OLD} doubled", 3
        yield ast.BinOp(node, ast.Div(), ast.Constant(2)), f"{OLD} halved", 3
    if site.role is not Role.OBJECT:
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2)), f"{OLD} squared", 3


def groupings(_: Pool, site: Site) -> Iterator[Option]:
    """Move parentheses: a * b + c, a * (b + c), (a + c) * b."""
    match site.node:
        case ast.BinOp(left=ast.BinOp(left=a, op=inner, right=b), op=outer, right=c):
            if type(inner) is not type(outer):
                yield _grouped(ast.BinOp(a, inner, ast.BinOp(b, outer, c)))
                yield _grouped(ast.BinOp(ast.BinOp(a, outer, c), inner, b))
    match site.node:
        case ast.BinOp(left=a, op=outer, right=ast.BinOp(left=b, op=inner, right=c)):
            yield _grouped(ast.BinOp(ast.BinOp(a, outer, b), inner, c))
            yield _grouped(ast.BinOp(b, inner, ast.BinOp(a, outer, c)))


def spans(_: Pool, site: Site) -> Iterator[Option]:
    """What a function is taken of: f(a) + b, f(a + b)."""
    match site.node:
        case ast.BinOp(left=ast.Call(func=func, args=[a], keywords=[]), op=op, right=b):
            yield _grouped(ast.Call(func, [ast.BinOp(a, op, b)], []))
    match site.node:
        case ast.BinOp(left=a, op=op, right=ast.Call(func=func, args=[b], keywords=[])):
            yield _grouped(ast.Call(func, [ast.BinOp(a, op, b)], []))
        case ast.Call(func=func, args=[ast.BinOp(left=a, op=op, right=b)], keywords=[]):
            yield _grouped(ast.BinOp(ast.Call(func, [a], []), op, b))
            yield _grouped(ast.BinOp(a, op, ast.Call(func, [b], [])))


def _grouped(new: ast.expr) -> Option:
    return new, f"{NEW}, grouped otherwise", 3


def derivatives(pool: Pool, site: Site) -> Iterator[Option]:
    """The derivative of another function, or written with another quantity."""
    one = ast.Constant(1)
    found = _inner(site.node)
    if found is None:
        return
    a, square = found, ast.BinOp(found, ast.Mult(), found)
    wrongs: list[ast.expr] = [
        ast.BinOp(one, ast.Sub(), square),
        ast.BinOp(a, ast.Mult(), ast.BinOp(one, ast.Sub(), a)),
        ast.BinOp(one, ast.Sub(), a),
    ]
    if pool.numpy:
        tanh = ast.Call(ast.Attribute(ast.Name(pool.numpy), "tanh"), [a], [])
        wrongs.append(ast.BinOp(one, ast.Sub(), ast.BinOp(tanh, ast.Pow(), ast.Constant(2))))
    for new in wrongs:
        yield new, f"{NEW} for {OLD}", 2


def _inner(node: ast.expr) -> ast.expr | None:
    """The a of 1 - a * a, 1 - a ** 2, 1 - tanh(a) ** 2, a * (1 - a) or 1 - a."""
    match node:
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=right):
            match right:
                case ast.BinOp(left=a, op=ast.Mult(), right=b) if same(a, b):
                    return a
                case ast.BinOp(left=ast.Call(args=[a]), op=ast.Pow()):
                    return a
                case ast.BinOp(left=a, op=ast.Pow()):
                    return a
            return right
        case ast.BinOp(
            left=a,
            op=ast.Mult(),
            right=ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=b),
        ) if same(a, b):
            return a
    return None


ALGEBRA: tuple[Operator, ...] = (derivatives, groupings, spans, doubles)
