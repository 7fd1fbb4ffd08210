"""General operators on the syntax tree: anyone's tagger yields its own faults.

Each takes a scope and a site, and yields what may take the place of the site's node. One that is of
no use does no harm: faults that come to the same code are listed once, and those that change no
number are found out by running them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from pybridge.faults import Fault
from pybridge.faults.python.scope import Scope, is_variable, lookalikes, targets
from pybridge.faults.python.tree import Site, base, names, same
from pybridge.syntax import product

LOOKALIKES = 2  # other variables tried for each that is read
SUMS = (ast.Add, ast.Sub)
PRODUCTS = (ast.Mult, ast.Div)
OPPOSITE: Mapping[type[ast.operator], ast.operator] = {ast.Add: ast.Sub(), ast.Sub: ast.Add()}
Operator = Callable[[Scope, Site], Iterator[ast.AST]]


def general(scope: Scope) -> list[Fault]:
    """The faults of all operators."""
    return [
        scope.fault(site, name, new)
        for name, operator in OPERATORS.items()
        for site in scope.sites
        if not site.part
        for new in operator(scope, site)
    ]


def _transposes(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Take a transpose away, or put one on a factor of a product."""
    if isinstance(site.node, ast.Attribute) and site.node.attr == "T":
        yield site.node.value
    if found := product(site.node, scope.numpy):
        if isinstance(found.left, ast.Name | ast.Subscript):
            yield found.of(_transposed(found.left), found.right)
        if isinstance(found.right, ast.Name | ast.Subscript):
            yield found.of(found.left, _transposed(found.right))


def _signs(_: Scope, site: Site) -> Iterator[ast.AST]:
    """Turn + into - and back; take a minus away."""
    match site.node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPPOSITE:
            yield ast.BinOp(left, OPPOSITE[type(op)], right)
        case ast.AugAssign(target=target, op=op, value=value) if type(op) in OPPOSITE:
            yield ast.AugAssign(target, OPPOSITE[type(op)], value)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield operand


def _updates(_: Scope, site: Site) -> Iterator[ast.AST]:
    """Assign where the code adds to what is there."""
    match site.node:
        case ast.AugAssign(target=target, value=value):
            yield _assign(target, value)
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add(), right=right)):
            if same(left, target):
                yield _assign(target, right)
            if same(right, target):
                yield _assign(target, left)


def _assigns(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Add to what is there where the code assigns, in a loop."""
    match site.node:
        case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
            earlier = any(
                other.at < site.at and name in [base(t) for t in targets(other.node)]
                for other in scope.within(site.function)
            )
            if site.loops and earlier and name not in names(value):
                yield _assign(target, ast.BinOp(ast.Name(name), ast.Add(), value))


def _shifts(_: Scope, site: Site) -> Iterator[ast.AST]:
    """Read the step before instead of this one, or this one instead of the step before."""
    match site.node:
        case ast.Subscript(value=value, slice=ast.Name(id=name)) if name in site.loops:
            yield ast.Subscript(value, ast.parse(f"max({name} - 1, 0)", mode="eval").body)
        case ast.Subscript(
            value=value,
            slice=ast.BinOp(left=ast.Name(id=name), op=ast.Add() | ast.Sub()),
        ) if name in site.loops:
            yield ast.Subscript(value, ast.Name(name))
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=ast.UnaryOp())):
            yield ast.Subscript(value, ast.Slice(lower=ast.Constant(1)))
        case ast.Subscript(value=value, slice=ast.Slice(lower=ast.Constant(value=1), upper=None)):
            yield ast.Subscript(value, ast.Slice(upper=ast.Constant(-1)))


def _drops(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Leave out a term of a sum or a factor of a product."""
    if found := product(site.node, scope.numpy):
        yield found.left
        yield found.right
    match site.node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, SUMS + PRODUCTS):
            yield left
            if isinstance(op, ast.Sub):
                yield ast.UnaryOp(ast.USub(), right)
            elif not isinstance(op, ast.Div):
                yield right


def _doubles(_: Scope, site: Site) -> Iterator[ast.AST]:
    """Count a term of a sum twice."""
    match site.node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, SUMS):
            yield ast.BinOp(_twice(left), op, right)
            yield ast.BinOp(left, op, _twice(right))
        case ast.AugAssign(target=target, op=op, value=value) if isinstance(op, SUMS):
            yield ast.AugAssign(target, op, _twice(value))


def _kinds(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Take the other kind of product: of matrices, or entry by entry."""
    if found := product(site.node, scope.numpy):
        yield ast.BinOp(found.left, ast.Mult(), found.right)
    match site.node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
                yield ast.BinOp(left, ast.MatMult(), right)


def _orders(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Multiply or divide in the other order."""
    if found := product(site.node, scope.numpy):
        yield found.of(found.right, found.left)
    match site.node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield ast.BinOp(right, ast.Div(), left)


def _variables(scope: Scope, site: Site) -> Iterator[ast.AST]:
    """Read another variable of the same shape."""
    if is_variable(site) and not site.quiet:
        yield from lookalikes(scope, site)[:LOOKALIKES]


def _constants(_: Scope, site: Site) -> Iterator[ast.AST]:
    """Another number for a number."""
    match site.node:
        case ast.Constant(value=int(n) | float(n)) if not isinstance(n, bool):
            for other in {0: [1], 1: [0, 2]}.get(int(n) if n == int(n) else -1, [0, n + 1]):
                yield ast.Constant(type(n)(other))


OPERATORS: Mapping[str, Operator] = {
    "transpose": _transposes,
    "a sign": _signs,
    "assign for update": _updates,
    "update for assign": _assigns,
    "time index": _shifts,
    "drop": _drops,
    "double": _doubles,
    "kind of product": _kinds,
    "order of factors": _orders,
    "variable": _variables,
    "constant": _constants,
}


def _transposed(node: ast.expr) -> ast.expr:
    return ast.Attribute(node, "T")


def _twice(node: ast.expr) -> ast.expr:
    return ast.BinOp(ast.Constant(2), ast.Mult(), node)


def _assign(target: ast.expr, value: ast.expr) -> ast.Assign:
    return ast.Assign([target], value, lineno=0)
