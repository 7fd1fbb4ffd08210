"""Rewrites of calls: another function, none, other arguments; sums for means; ranges."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pybridge.syntax import product, text
from pybridge.trace.rewrites.pool import Pool
from pybridge.trace.rewrites.sites import ABOUT_SHAPE, NEW, OLD, Role, Site
from pybridge.trace.rewrites.structure import Operator, Option

FAMILIES = (
    ("sum", "mean"),
    ("sum", "max", "min", "prod", "cumsum"),
    ("mean", "max"),
    ("tanh", "exp", "log", "sqrt", "sin", "cos", "abs", "arctanh", "square"),
    ("log", "log2", "log10", "log1p"),
    ("exp", "expm1", "exp2"),
    ("zeros_like", "ones_like"),
    ("zeros_like", "copy", "array"),
    ("zeros", "ones"),
    ("dot", "outer", "multiply", "matmul"),
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("vstack", "hstack", "concatenate"),
    ("floor", "ceil", "round"),
)
WRAPS = ("tanh", "exp", "log", "sqrt", "abs", "zeros_like")
REDUCTIONS = ("sum", "mean", "max", "min", "prod")
RANGES = ("range", "arange")


def unwrapped(pool: Pool, site: Site) -> Iterator[Option]:
    """What a function is applied to, without it."""
    match site.node:
        case ast.Call(func=ast.Attribute(value=value)) if not _is_module(pool, value):
            yield value, f"{text(value)} as it is", 2
    match site.node:
        case ast.Call(func=func, args=args):
            for i, argument in enumerate(args):
                if not isinstance(argument, ast.Starred):
                    cost = 2 + (i > 0) + (_last(func) in RANGES)
                    yield argument, f"{text(argument)} without {_last(func)}", cost


def renamed(pool: Pool, site: Site) -> Iterator[Option]:
    """Another function of the same kind: sum and mean, zeros and ones."""
    found = product(site.node, pool.numpy)
    if found and found.method:
        return  # see products
    match site.node:
        case ast.Call(func=func, args=args, keywords=keywords):
            name = _last(func)
            outer = len(args) == 2 and pool.outer_fits(*args)
            for family in FAMILIES:
                for other in family if name in family else ():
                    if other != name and (other != "outer" or outer):
                        new = ast.Call(_with_last(func, other), args, keywords)
                        yield new, f"{other} for {name}", 1 if "mean" in family else 2


def other_arguments(_: Pool, site: Site) -> Iterator[Option]:
    """A keyword argument less, an axis more."""
    match site.node:
        case ast.Call(func=func, args=args, keywords=keywords):
            for i, keyword in enumerate(keywords):
                less = [*keywords[:i], *keywords[i + 1 :]]
                cost = 2 if keyword.arg in ABOUT_SHAPE else 4
                yield ast.Call(func, args, less), f"without {text(keyword)}", cost
            if _last(func) in REDUCTIONS:
                for more in _axes({keyword.arg for keyword in keywords}):
                    new = ast.Call(func, args, [*keywords, *more])
                    yield new, f"with {', '.join(map(text, more))}", 2


def _axes(given: set[str | None]) -> Iterator[list[ast.keyword]]:
    keep = ast.keyword("keepdims", ast.Constant(True))
    for axis in () if "axis" in given else (0, 1):
        yield [ast.keyword("axis", ast.Constant(axis))]
        yield [ast.keyword("axis", ast.Constant(axis)), keep]
    if "axis" in given and "keepdims" not in given:
        yield [keep]


def reductions(pool: Pool, site: Site) -> Iterator[Option]:
    """The sum of something along an axis, instead of a part of it or all of it."""
    node, cost = site.node, 4
    if not site.counted or pool.blind:
        return
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        node, cost = node.value, 3
    elif site.role is Role.OBJECT or not pool.is_array(node):
        return
    for keywords in ([], *_axes(set())):
        for name in ("sum", "max") if keywords else ("sum",):
            new = ast.Call(ast.Attribute(node, name), [], keywords)
            yield new, f"{NEW} for {OLD}", cost


def shares(pool: Pool, site: Site) -> Iterator[Option]:
    """Divided by its sum, of all or along an axis."""
    known = pool.of(site.node)
    if site.whole and known is not None and known.shape and not known.whole:
        for keywords in ([], *(k for k in _axes(set()) if len(k) == 2)):
            total = ast.Call(ast.Attribute(site.node, "sum"), [], keywords)
            yield ast.BinOp(site.node, ast.Div(), total), f"{OLD} by its sum", 5


def averages(pool: Pool, site: Site) -> Iterator[Option]:
    """Divided by the number of words, or multiplied with it."""
    if pool.sequence and (site.whole or site.in_sum) and not isinstance(site.node, ast.Constant):
        length = ast.Call(ast.Name("len"), [ast.Name(pool.sequence)], [])
        for op in (ast.Div(), ast.Mult()):
            new = ast.BinOp(site.node, op, length)
            yield new, f"{NEW} for {OLD}", 4


def wrapped(pool: Pool, site: Site) -> Iterator[Option]:
    """A function put around something."""
    known = pool.of(site.node)
    if not site.counted or known is None or known.whole or site.role is Role.OBJECT:
        return
    for name in WRAPS if pool.numpy else ():
        function = ast.Attribute(ast.Name(pool.numpy), name)
        yield ast.Call(function, [site.node], []), f"{name} of {OLD}", 4 - name.startswith("zeros")
    if site.whole and known.shape:
        yield ast.Call(ast.Attribute(site.node, "copy"), [], []), f"a copy of {OLD}", 4


def ranges(pool: Pool, site: Site) -> Iterator[Option]:
    """Another direction, other ends."""
    node = site.node
    if not site.address and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield ast.Call(ast.Name("reversed"), [node], []), "in the other direction", 1
    match node:
        case ast.Call(func=func, args=args, keywords=[]) if _last(func) in RANGES:
            for new, cost in _ranges(args, pool.sequence):
                yield ast.Call(func, new, []), f"{NEW} for {OLD}", cost


def _ranges(args: list[ast.expr], sequence: str) -> Iterator[tuple[list[ast.expr], int]]:
    one, minus = ast.Constant(1), ast.UnaryOp(ast.USub(), ast.Constant(1))
    match args:
        case [end]:
            yield [ast.BinOp(end, ast.Sub(), one), minus, minus], 2
            yield [one, end], 2
        case [ast.BinOp(left=end, op=ast.Sub(), right=ast.Constant(value=1)), _, _]:
            yield [end], 2
        case [start, end, _]:
            yield [start, end], 2
        case [_, end]:
            yield [end], 2
    length = ast.Call(ast.Name("len"), [ast.Name(sequence)], [])
    for i, argument in enumerate(args[:2]):
        before, after = args[:i], args[i + 1 :]
        for op in (ast.Sub(), ast.Add()):
            yield [*before, ast.BinOp(argument, op, one), *after], 2
        if isinstance(argument, ast.BinOp) and isinstance(argument.right, ast.Constant):
            yield [*before, argument.left, *after], 2
        if sequence:
            yield [*before, length, *after], 3
            yield [*before, ast.BinOp(length, ast.Sub(), one), *after], 3


def products(pool: Pool, site: Site) -> Iterator[Option]:
    """A product written as a call for one written with an operator, and back."""
    found = product(site.node, pool.numpy)
    match site.node:
        case ast.Call(func=func, args=[a, b], keywords=[]) if found or _last(func) == "outer":
            yield from _with_operators(a, b)
        case ast.Call(keywords=[]) if found:
            yield from _with_operators(found.left, found.right)
            if pool.numpy and pool.outer_fits(found.left, found.right):
                yield _outer(pool, found.left, found.right), f"{NEW} for {OLD}", 3
        case ast.BinOp(left=a, op=ast.Mult() | ast.MatMult(), right=b) if pool.numpy:
            small = all(len(k.shape) < 2 for n in (a, b) if (k := pool.of(n)))
            if (small or pool.written) and pool.outer_fits(a, b):
                yield _outer(pool, a, b), f"{NEW} for {OLD}", 3
            if pool.written:
                yield pool.written.of(a, b), f"{NEW} for {OLD}", 2


def _with_operators(a: ast.expr, b: ast.expr) -> Iterator[Option]:
    for op in (ast.Mult(), ast.MatMult()):
        yield ast.BinOp(a, op, b), f"{NEW} for {OLD}", 2


def _outer(pool: Pool, a: ast.expr, b: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name(pool.numpy), "outer"), [a, b], [])


def _last(func: ast.expr) -> str:
    """The last part of the name of a function: sum, of np.sum."""
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _with_last(func: ast.expr, name: str) -> ast.expr:
    return ast.Attribute(func.value, name) if isinstance(func, ast.Attribute) else ast.Name(name)


def _is_module(pool: Pool, node: ast.expr) -> bool:
    """Whether a dot after it leads into a module, as far as that can be seen."""
    return isinstance(node, ast.Name) and (node.id in pool.dead or node.id == pool.numpy)


CALLS: tuple[Operator, ...] = (
    unwrapped,
    renamed,
    other_arguments,
    reductions,
    averages,
    shares,
    ranges,
    products,
    wrapped,
)
