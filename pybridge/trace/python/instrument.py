"""A copy of a Python tagger's syntax tree that reports what it does."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from pybridge.syntax import text
from pybridge.trace import Kind, Statement
from pybridge.trace.python.places import (
    Place,
    arguments,
    as_read,
    distinct,
    is_unwritten,
    outputs,
    parts,
    place,
    reads,
)

HOOK = "__xcheck__"  # the name under which the recorder is known to the copy


@dataclass(frozen=True)
class Watched:
    """What a statement reads and writes, as expressions to be evaluated in its frame."""

    reads: tuple[Place, ...]
    writes: tuple[Place, ...]
    outputs: tuple[str, ...] = ()  # of a RETURN, by keyword: one read each
    unwritten: bool = False  # the values are not there yet
    changed: bool = False  # of a CALL: which of the writes took place shows afterwards


@dataclass(frozen=True)
class Instrumented:
    """A tree that calls HOOK, and what it reports on."""

    tree: ast.Module
    statements: tuple[Statement, ...]
    watched: tuple[Watched, ...]
    rows: frozenset[str]  # names that may stand for a row of something else


def instrument(tree: ast.Module) -> Instrumented:
    """An instrumented copy of a tree: all its functions report all their statements."""
    work = _Instrumenter()
    new = ast.Module(
        [
            work.function(node, (i,)) if isinstance(node, ast.FunctionDef) else node
            for i, node in enumerate(ast.iter_child_nodes(tree))
            if isinstance(node, ast.stmt)
        ],
        type_ignores=[],
    )
    return Instrumented(
        ast.fix_missing_locations(new),
        tuple(work.statements),
        tuple(work.watched),
        rows=_rows(work),
    )


class _Instrumenter:
    """Walks functions, lists their statements and puts the calls around them."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.watched: list[Watched] = []
        self._name = ""
        self._within: tuple[int, ...] = ()

    def function(self, node: ast.FunctionDef, address: tuple[int, ...]) -> ast.FunctionDef:
        """An instrumented copy."""
        before, around = self._name, self._within
        self._name, self._within = node.name, ()
        new = ast.copy_location(
            ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": self._body(node, address)}),
            node,
        )
        self._name, self._within = before, around
        return new

    def _body(self, node: ast.AST, address: tuple[int, ...], name: str = "body") -> list[ast.stmt]:
        block = getattr(node, name)
        children = list(ast.iter_child_nodes(node))
        return [
            new
            for child in block
            for new in self._statement(child, (*address, _position(children, child)))
        ]

    def _statement(self, node: ast.stmt, at: tuple[int, ...]) -> list[ast.stmt]:
        match node:
            case ast.FunctionDef():
                return [self.function(node, at)]
            case ast.For() | ast.While() | ast.If():
                return self._control(node, at)
            case ast.With() | ast.Try():
                return [self._container(node, at)]
            case ast.Return(value=ast.expr() as value):
                k = self._add(node, at, Kind.RETURN, (), _returned(value))
                result = ast.Return(_hook("result", ast.Constant(k), value))
                return [_call("before", k), ast.copy_location(result, node)]
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign(value=ast.expr()):
                return self._assignment(node, at)
            case ast.Expr(value=ast.Call() as call):
                places = arguments(call)
                watched = Watched(reads(call), places, changed=True)
                k = self._add(node, at, Kind.CALL, tuple(p.name for p in places), watched)
                return [_call("before", k), node, _call("after", k)]
        return [node]

    def _assignment(
        self, node: ast.Assign | ast.AugAssign | ast.AnnAssign, at: tuple[int, ...]
    ) -> list[ast.stmt]:
        assert node.value is not None
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound, written = [s for t in targets for s in parts(t)], outputs(node.value)
        single = [*bound, *written]
        read = [*reads(node.value)]
        for target in single:
            if isinstance(target, ast.Subscript):
                read += reads(target.slice)
            if isinstance(node, ast.AugAssign):
                read += reads(as_read(target))
        # What is only bound to a name leaves what had the name before as it is.
        in_place = single if isinstance(node, ast.AugAssign) else written
        places = tuple(replace(p, in_place=t in in_place) for t in single if (p := place(t)))
        watched = Watched(distinct(read), places, unwritten=is_unwritten(node.value))
        k = self._add(node, at, Kind.ASSIGNMENT, tuple(text(t) for t in single), watched)
        return [_call("before", k), node, _call("after", k)]

    def _control(self, node: ast.For | ast.While | ast.If, at: tuple[int, ...]) -> list[ast.stmt]:
        header = node.iter if isinstance(node, ast.For) else node.test
        children = list(ast.iter_child_nodes(node))
        kind = Kind.CONDITION if isinstance(node, ast.If) else Kind.LOOP
        targets: tuple[str, ...] = ()
        if isinstance(node, ast.For):
            targets = tuple(text(t) for t in parts(node.target))
        k = self._add(
            header, (*at, _position(children, header)), kind, targets, Watched(reads(header), ())
        )
        self._within = (*self._within, k)
        fields = dict(ast.iter_fields(node))
        body = self._body(node, at)
        fields["body"] = body if kind is Kind.CONDITION else [_call("turn", k), *body]
        if isinstance(node, ast.If):
            fields["orelse"] = self._body(node, at, "orelse")
        self._within = self._within[:-1]
        if not isinstance(node, ast.If):
            fields["orelse"] = self._body(node, at, "orelse")
        new: ast.stmt = ast.copy_location(type(node)(**fields), node)
        return [new] if kind is Kind.CONDITION else [_call("enter", k), new, _call("leave", k)]

    def _container(self, node: ast.With | ast.Try, at: tuple[int, ...]) -> ast.stmt:
        fields = dict(ast.iter_fields(node))
        for name in ("body", "orelse", "finalbody"):
            if fields.get(name):
                fields[name] = self._body(node, at, name)
        return ast.copy_location(type(node)(**fields), node)

    def _add(
        self,
        node: ast.AST,
        address: tuple[int, ...],
        kind: Kind,
        targets: tuple[str, ...],
        watched: Watched,
    ) -> int:
        line: int = getattr(node, "lineno", 0)
        self.statements.append(
            Statement(address, self._name, line, text(node), kind, targets, self._within)
        )
        self.watched.append(watched)
        return len(self.statements) - 1


def _rows(work: _Instrumenter) -> frozenset[str]:
    """What is somewhere written to and not only bound, and what a loop goes along."""
    written = {p.name for w in work.watched if not w.changed for p in w.writes if p.in_place}
    loops = [statement for statement in work.statements if statement.kind is Kind.LOOP]
    return frozenset(written | {target for loop in loops for target in loop.targets})


def _call(method: str, k: int) -> ast.stmt:
    return ast.Expr(_hook(method, ast.Constant(k)))


def _hook(method: str, *arguments: ast.expr) -> ast.Call:
    hook = ast.Attribute(ast.Name(HOOK, ast.Load()), method, ast.Load())
    return ast.Call(hook, list(arguments), [])


def _returned(value: ast.expr) -> Watched:
    """One read for each keyword of a call such as Trace(cost=cost, h=h), where they are plain."""
    if isinstance(value, ast.Call) and value.keywords and not value.args:
        names = [keyword.arg or "" for keyword in value.keywords]
        places = [place(keyword.value) for keyword in value.keywords]
        if all(names) and all(places):
            plain = tuple(p for p in places if p)
            outputs = names if "cost" in names else [f"d{name}" for name in names]
            return Watched(plain, (), outputs=tuple(outputs))
    return Watched(reads(value), ())


def _position(children: list[ast.AST], child: ast.AST) -> int:
    return next(i for i, node in enumerate(children) if node is child)
