"""The outline of a Python file, from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from pybridge import python_file
from pybridge.adapters.definitions import definitions, left_out
from pybridge.errors import InputError
from pybridge.init import Function, Outline
from pybridge.syntax import text
from pybridge.weights import Parameters

MAKING = {"zeros", "ones", "empty", "randn", "rand", "normal", "uniform", "standard_normal", "full"}
PRODUCTS = {"dot", "matmul"}
CALLED = 60  # characters of a statement that are shown


def parameters(source: str) -> Parameters | None:
    """The PARAMETERS that a file says it has; None where it says nothing, or nothing plain."""
    tree = ast.parse(python_file.source_of(source)[0])
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="PARAMETERS")], value=value):
                try:
                    found = ast.literal_eval(value)
                except ValueError:
                    return None
                return found if isinstance(found, dict) else None
    return None


def outline(source: str) -> Outline:
    """What is in a Python file. InputError where there is none, or it is broken."""
    code, file = python_file.source_of(source)
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as e:
        problem = f"{type(e).__name__}: {getattr(e, 'msg', e)}"
        line = getattr(e, "lineno", None)
        raise InputError(problem, python_file.MEND, file=file, line=line) from None
    kept = definitions(tree)
    return Outline(
        language="Python",
        file=source,
        functions=tuple(_function(n) for n in kept.body if isinstance(n, ast.FunctionDef)),
        shapes=dict(_shapes(tree)),
        left_out=tuple((node.lineno, _short(node)) for node in left_out(tree)),
        made=frozenset(_made(kept)),
    )


@dataclass
class _Seen:
    """What a walk through a function has come across."""

    assigned: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    indexing: set[str] = field(default_factory=set)
    two_places: set[str] = field(default_factory=set)
    zeroth: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    products: list[tuple[str, str]] = field(default_factory=list)
    lookups: list[tuple[str, int]] = field(default_factory=list)


def _function(node: ast.FunctionDef) -> Function:
    given = node.args
    positional = [a.arg for a in [*given.posonlyargs, *given.args]]
    plain = len(positional) - len(given.defaults)
    by_keyword = list(zip([a.arg for a in given.kwonlyargs], given.kw_defaults, strict=True))
    every = {*positional, *(name for name, _ in by_keyword)}
    seen = _Seen()
    for child in ast.walk(node):
        _look(child, seen)
    every_argument = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return Function(
        name=node.name,
        line=node.lineno,
        arguments=tuple(positional[:plain]),
        optional=tuple(positional[plain:]),
        keywords=tuple(name for name, default in by_keyword if default is None),
        optional_keywords=tuple(name for name, default in by_keyword if default is not None),
        results=_results(node),
        filled=frozenset(seen.filled & every),
        reads=frozenset(seen.read - seen.assigned - every),
        indexing=frozenset(seen.indexing),
        two_places=frozenset(seen.two_places),
        zeroth=frozenset(seen.zeroth),
        fields=frozenset(seen.fields),
        keys=frozenset(seen.keys),
        products=tuple(seen.products),
        lookups=tuple(seen.lookups),
        types={a.arg: text(a.annotation) for a in every_argument if a.annotation is not None},
    )


def _look(node: ast.AST, seen: _Seen) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            seen.assigned.add(name)
        case ast.Name(id=name):
            seen.read.add(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr not in ("T", "shape"):
            seen.fields.add(name)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            _product(left, right, seen)
        case ast.Call(func=ast.Attribute(attr=attr, value=value), args=args) if attr in PRODUCTS:
            both = args if len(args) == 2 else [value, *args]
            if len(both) == 2:
                _product(both[0], both[1], seen)
        case ast.Subscript():
            _index(node, seen)


def _index(node: ast.Subscript, seen: _Seen) -> None:
    name, place = base(node), node.slice
    places = place.elts if isinstance(place, ast.Tuple) else [place]
    if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
        seen.filled.add(name)
    for i, one in enumerate(places):
        inside = {n.id for n in ast.walk(one) if isinstance(n, ast.Name)}
        seen.indexing |= inside
        others = [p for j, p in enumerate(places) if j != i]
        if inside and all(isinstance(p, ast.Slice) for p in others):
            seen.lookups.append((name, i))
    if len(places) > 1:
        seen.two_places.add(name)
    if isinstance(place, ast.Constant) and isinstance(place.value, str):
        seen.keys.add(name)
    if text(place) == "-1":
        seen.zeroth.add(name)


def _product(left: ast.expr, right: ast.expr, seen: _Seen) -> None:
    seen.products.append((_factor(left), _factor(right)))


def _factor(node: ast.expr) -> str:
    """The name of a factor, with `.T` where it is transposed."""
    turned = ""
    while True:
        match node:
            case ast.Attribute(value=value, attr="T"):
                node, turned = value, "" if turned else ".T"
            case ast.Subscript(value=ast.Name() as value, slice=ast.Constant(value=str(key))):
                return f"{key}{turned}" if value.id else ""
            case ast.Subscript(slice=ast.Slice()):
                return ""  # several steps at once
            case ast.Subscript(value=value):
                node = value
            case ast.Attribute(attr=attr):
                return f"{attr}{turned}"
            case ast.Name(id=name):
                return f"{name}{turned}"
            case _:
                return ""


def base(node: ast.expr) -> str:
    """The name that a subscript or an attribute is of."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _results(function: ast.FunctionDef) -> tuple[str, ...]:
    """The names of what the last return gives."""
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
    if not returns:
        return ()
    value = max(returns, key=lambda n: n.lineno).value
    elements = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return tuple(_result(e) for e in elements)


def _result(node: ast.expr | None) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Dict():
            return "{}"
        case ast.Call(func=ast.Name(id=name)) if name[:1].isupper():
            return "{}"  # an object of a class
    return ""


def _shapes(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """How arrays are made, by the name or the key that they get."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs = list(zip(target.elts, value.elts, strict=False))
                for one, made in pairs:
                    if (shape := _shape(made)) is not None and (name := _named(one)):
                        yield name, shape
            case ast.Dict(keys=keys, values=values):
                for key, made in zip(keys, values, strict=True):
                    shape = _shape(made)
                    if shape is not None and isinstance(key, ast.Constant):
                        yield str(key.value), shape


def _named(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
    return ""


def _shape(node: ast.expr) -> tuple[str, ...] | None:
    """The shape in a call such as np.random.randn(a, b) * 0.01 or rng.normal(0, 1, (a, b))."""
    match node:
        case ast.BinOp(left=left, right=right):
            return _shape(left) or _shape(right)
        case ast.Call(func=ast.Attribute(attr="astype" | "copy", value=value)):
            return _shape(value)
        case ast.Call(func=func, args=args, keywords=keywords):
            if text(func).split(".")[-1] not in MAKING:
                return None
            sized = [k.value for k in keywords if k.arg in ("size", "shape")]
            tuples = [a for a in [*args, *sized] if isinstance(a, ast.Tuple | ast.List)]
            if tuples:
                return tuple(text(e) for e in tuples[-1].elts)
            return tuple(text(a) for a in sized or args) or None
    return None


def _made(tree: ast.Module) -> set[str]:
    found = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found |= {(a.asname or a.name).split(".")[0] for a in aliases}
            case _:
                found |= {
                    n.id
                    for n in ast.walk(node)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
    return found


def _short(node: ast.stmt) -> str:
    line = text(node).strip()
    return line if len(line) <= CALLED else f"{line[:CALLED]}..."
