"""Rewrites of a statement as a whole: update for assignment, sums by index."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pybridge.syntax import same, text
from pybridge.trace.rewrites.pool import Pool

Whole = tuple[ast.AST, str, int]  # the new statement, in words, its cost
ADD, SUBTRACT = ast.Add(), ast.Sub()


def statements(pool: Pool, root: ast.AST) -> Iterator[Whole]:
    """Other statements with the same parts."""
    match root:
        case ast.AugAssign(target=target, op=op, value=value):
            if isinstance(op, ast.Add | ast.Sub):
                other = SUBTRACT if isinstance(op, ast.Add) else ADD
                word = "subtracted" if isinstance(op, ast.Add) else "added"
                yield ast.AugAssign(target, other, value), f"{text(value)} {word}", 1
                yield from _by_index(pool, target, op, value)
            yield _assigned(target, value), "assigned, not added", 2
            yield ast.Pass(), "without this statement", 6
        case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
            for apart in range(1, len(elements)):
                for i in range(len(elements) - apart):
                    new = list(elements)
                    new[i], new[i + apart] = new[i + apart], new[i]
                    yield _assigned(ast.Tuple(new, ast.Store()), value), "targets exchanged", 2
        case ast.Assign(targets=[target], value=value):
            match value:
                case ast.BinOp(left=left, op=ast.Add(), right=right) if same(left, target):
                    yield _assigned(target, right), "assigned, not added", 2
                case ast.BinOp(left=left, op=ast.Add(), right=right) if same(right, target):
                    yield _assigned(target, left), "assigned, not added", 2
            if isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
                yield ast.AugAssign(target, ADD, value), "added, not assigned", 2
                yield ast.AugAssign(target, SUBTRACT, value), "subtracted, not assigned", 3
                yield from _by_index(pool, target, ADD, value)
        case ast.Expr(value=ast.Call(func=func, args=args, keywords=keywords)):
            match func, args:
                case ast.Attribute(value=ast.Attribute() as ufunc, attr="at"), [array, at, value]:
                    entry = ast.Subscript(array, at, ast.Store())
                    op = SUBTRACT if ufunc.attr == "subtract" else ADD
                    name = "add" if ufunc.attr == "subtract" else "subtract"
                    other_func = ast.Attribute(ast.Attribute(ufunc.value, name), "at")
                    call = ast.Call(other_func, args, keywords)
                    yield ast.Expr(call), f"{name} for {ufunc.attr}", 1
                    yield ast.AugAssign(entry, op, value), "each index once", 2
                    yield _assigned(entry, value), "assigned, not added", 3
            yield ast.Pass(), "without this statement", 4
    yield from _elsewhere(pool, root)


def _elsewhere(pool: Pool, root: ast.AST) -> Iterator[Whole]:
    """Entries of what is written, or the whole of what has an entry written."""
    match root:
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
            pass
        case _:
            return
    news: list[ast.expr] = []
    if isinstance(target, ast.Name):
        news = [ast.parse(f"{target.id}[{at}]", mode="eval").body for at in pool.places]
    elif isinstance(target, ast.Subscript):
        news = [target.value]
    for new in news:
        what = f"{text(new)} for {text(target)}"
        if isinstance(root, ast.Assign):
            yield _assigned(new, root.value), what, 4
        elif isinstance(root, ast.AugAssign) and isinstance(new, ast.Name | ast.Subscript):
            yield ast.AugAssign(new, root.op, root.value), what, 4


def _by_index(pool: Pool, target: ast.expr, op: ast.operator, value: ast.expr) -> Iterator[Whole]:
    """With an index that comes several times counted as often."""
    if isinstance(target, ast.Subscript) and pool.numpy:
        name = "subtract" if isinstance(op, ast.Sub) else "add"
        func = ast.Attribute(ast.Attribute(ast.Name(pool.numpy), name), "at")
        call = ast.Call(func, [target.value, target.slice, value], [])
        yield ast.Expr(call), "each index as often as it comes", 2


def _assigned(target: ast.expr, value: ast.expr) -> ast.Assign:
    return ast.Assign([target], value, lineno=0)
