"""Rewrites that need nothing beside the expression itself: transposes, signs, orders, indices."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from pybridge.syntax import names, product, text
from pybridge.trace.rewrites.pool import Pool
from pybridge.trace.rewrites.sites import NEW, OLD, Role, Site

Option = tuple[ast.expr, str, int]  # what takes the place of a site's node, in words, its cost
Operator = Callable[[Pool, Site], Iterator[Option]]
SUMS = (ast.Add, ast.Sub)
PRODUCTS = (ast.Mult, ast.MatMult, ast.Div, ast.Pow)
OTHER_KINDS: dict[type[ast.operator], list[tuple[ast.operator, int]]] = {
    ast.MatMult: [(ast.Mult(), 2)],
    ast.Mult: [(ast.MatMult(), 2), (ast.Div(), 2), (ast.Add(), 3), (ast.Pow(), 4)],
    ast.Div: [(ast.Mult(), 2), (ast.FloorDiv(), 4)],
    ast.FloorDiv: [(ast.Div(), 2)],
    ast.Add: [(ast.Mult(), 3), (ast.MatMult(), 4)],
    ast.Sub: [(ast.Mult(), 3)],
    ast.Pow: [(ast.Mult(), 2)],
}
COMPARISONS = (ast.Lt(), ast.LtE(), ast.Gt(), ast.GtE(), ast.Eq(), ast.NotEq())


def transposes(pool: Pool, site: Site) -> Iterator[Option]:
    """Put a transpose on an array, or take it away."""
    node = site.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value, f"{text(node.value)} not transposed", 1
    elif site.counted and site.role is not Role.OBJECT and pool.is_array(node, 2):
        if not pool.blind:
            yield ast.Attribute(node, "T"), f"{OLD} transposed", 1 if site.simple else 2
        elif site.simple and not pool.header:
            yield ast.Attribute(node, "T"), f"{OLD} transposed", 2


def signs(pool: Pool, site: Site) -> Iterator[Option]:
    """Turn plus into minus and back, put a minus before something or take it away."""
    match site.node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield ast.BinOp(left, ast.Sub(), right), f"{text(right)} subtracted", 1
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            yield ast.BinOp(left, ast.Add(), right), f"{text(right)} added", 1
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand, f"no minus before {text(operand)}", 3 if site.indexing else 1
            return
    first = site.in_sum and getattr(site.parent, "left", None) is site.node
    if site.counted and not pool.blind and (site.whole or first):
        yield minus(site.node), f"{OLD} with a minus", 2


def orders(pool: Pool, site: Site) -> Iterator[Option]:
    """Exchange what stands on both sides of an operator, or in a list of arguments."""
    if found := product(site.node, pool.numpy):
        what = f"{text(found.right)} before {text(found.left)}"
        yield found.of(found.right, found.left), what, 2
        return
    match site.node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, (*PRODUCTS, ast.Sub)):
            if not isinstance(op, ast.Mult):
                yield ast.BinOp(right, op, left), f"{text(right)} before {text(left)}", 2
        case ast.Call(func=func, args=args, keywords=keywords):
            for several in _exchanged(args):
                yield ast.Call(func, several, keywords), "arguments exchanged", 2
            for one in _exchanged([keyword.value for keyword in keywords]):
                new = [ast.keyword(k.arg, v) for k, v in zip(keywords, one, strict=True)]
                yield ast.Call(func, args, new), "arguments exchanged", 2
        case ast.Tuple(elts=elements):
            for several in _exchanged(elements):
                yield ast.Tuple(several, ast.Load()), "elements exchanged", 2
        case ast.List(elts=elements):
            for several in _exchanged(elements):
                yield ast.List(several, ast.Load()), "elements exchanged", 2


def _exchanged(elements: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Two exchanged; neighbours first."""
    for apart in range(1, len(elements)):
        for i in range(len(elements) - apart):
            new = list(elements)
            new[i], new[i + apart] = new[i + apart], new[i]
            yield new


def kinds(_: Pool, site: Site) -> Iterator[Option]:
    """Another operator: the product of matrices for that entry by entry, and others."""
    match site.node:
        case ast.BinOp(left=left, op=op, right=right):
            for other, cost in OTHER_KINDS.get(type(op), ()):
                new = ast.BinOp(left, other, right)
                yield new, f"{NEW} for {OLD}", cost


def drops(_: Pool, site: Site) -> Iterator[Option]:
    """Leave out a term, a factor, a branch."""
    match site.node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, SUMS + PRODUCTS):
            yield left, f"without {text(right)}", _price(site, right)
            if isinstance(op, ast.Sub):
                yield minus(right), f"without {text(left)}", _price(site, left)
            if not isinstance(op, ast.Div):
                yield right, f"without {text(left)}", _price(site, left)
        case ast.BoolOp(values=values):
            for kept in values:
                yield kept, f"{text(kept)} alone", 2
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand, f"without not: {text(operand)}", 1
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body), "branches exchanged", 2
            yield body, f"{text(body)} in either case", 3
            yield orelse, f"{text(orelse)} in either case", 3


def _price(site: Site, dropped: ast.expr) -> int:
    return 1 if isinstance(dropped, ast.Constant | ast.IfExp) and not site.indexing else 3


def conditions(_: Pool, site: Site) -> Iterator[Option]:
    """Another comparison, or its opposite."""
    match site.node:
        case ast.Compare(left=left, ops=[op], comparators=several):
            for other in COMPARISONS:
                if type(other) is not type(op):
                    new = ast.Compare(left, [other], several)
                    yield new, f"{NEW} for {OLD}", 1
        case ast.BoolOp(op=op, values=values):
            other_op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield (
                ast.BoolOp(other_op, values),
                "and for or" if isinstance(op, ast.Or) else ("or for and"),
                1,
            )
    if isinstance(site.node, ast.Compare | ast.BoolOp):
        yield ast.UnaryOp(ast.Not(), site.node), f"not {OLD}", 2


def neighbours(pool: Pool, site: Site) -> Iterator[Option]:
    """The index before or after, and other parts of a sequence."""
    node, loops = site.node, set(pool.indices)
    known = pool.of(node)
    number = known is None or (known.whole and not known.shape)
    if site.indexing and number and site.role in (Role.INDEX, Role.ELEMENT, Role.OTHER):
        match node:
            case ast.Call(args=[inner, *_]):  # max(t - 1, 0)
                for name in sorted(names(inner) & loops):
                    yield ast.Name(name), f"{name} for {OLD}", 1
                yield inner, f"{text(inner)} for {OLD}", 2
            case ast.BinOp(left=ast.Name() | ast.Subscript() as left, op=op) if isinstance(
                op, SUMS
            ):
                other = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
                yield left, f"{text(left)} for {OLD}", 1
                yield ast.BinOp(left, other, ast.Constant(1)), f"the other way from {text(left)}", 2
        if names(node) & loops or isinstance(node, ast.Name):
            for op in (ast.Sub(), ast.Add()):
                new = ast.BinOp(node, op, ast.Constant(1))
                yield new, f"{NEW} for {OLD}", 2
    match node:
        case ast.Subscript(value=value, slice=ast.Slice()):
            yield value, f"all of {text(value)}", 2
            for cut in _cuts(value):
                yield cut, f"{NEW} for {OLD}", 2
        case _ if site.counted and site.role is not Role.OBJECT and not pool.blind:
            if pool.is_array(node):
                for cut in _cuts(node):
                    yield cut, f"{NEW} for {OLD}", 4


def _cuts(value: ast.expr) -> Iterator[ast.expr]:
    for cut in (
        ast.Slice(lower=ast.Constant(1)),
        ast.Slice(upper=ast.UnaryOp(ast.USub(), ast.Constant(1))),
        ast.Slice(step=ast.UnaryOp(ast.USub(), ast.Constant(1))),
    ):
        yield ast.Subscript(value, cut, ast.Load())


def constants(_: Pool, site: Site) -> Iterator[Option]:
    """Another number for a number."""
    if isinstance(site.parent, ast.UnaryOp):
        return  # -1 is looked at as a whole
    n = _number(site.node)
    if n is None:
        return
    if isinstance(n, bool):
        yield ast.Constant(not n), f"{not n} for {n}", 2
        return
    if site.keyword == "axis":
        for axis in (0, 1, -1, None):
            if axis != n:
                yield _literal(axis), f"axis={axis}", 1
        return
    for other in dict.fromkeys([0, 1, 2, n - 1, n + 1, -n, 2 * n, n / 2]):
        if other != n:
            number = int(other) if isinstance(n, int) and other == int(other) else other
            # Another 0.1 is a guess, and so is a factor of 0.
            likely = n == int(n) and not (other == 0 and site.in_product)
            yield _literal(number), f"{number} for {n}", 2 if likely else 4


def _number(node: ast.AST) -> int | float | None:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(n) | float(n))):
            return -n
        case ast.Constant(value=int(n) | float(n)):
            return n
    return None


def _literal(n: float | None) -> ast.expr:
    if n is not None and n < 0:
        return minus(ast.Constant(-n))
    return ast.Constant(n)


def minus(node: ast.expr) -> ast.expr:
    """A minus before it, or none where there is one."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    return ast.UnaryOp(ast.USub(), node)


STRUCTURE: tuple[Operator, ...] = (
    transposes,
    signs,
    conditions,
    orders,
    kinds,
    neighbours,
    constants,
    drops,
)
