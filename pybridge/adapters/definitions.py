"""The definitions of a Python file, without what it does besides: reading data, training.

Kept are imports, functions, classes, and assignments of what needs no call: numbers, texts, names
that are kept themselves, a lambda. Everything else, `W = np.random.randn(...)` as well as
`while True`, is left out.
"""

from __future__ import annotations

import ast
import builtins

DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def definitions(tree: ast.Module) -> ast.Module:
    """A tree of the definitions alone."""
    known = {*dir(builtins), "__name__", "__file__"}
    kept: list[ast.stmt] = []
    for node in tree.body:
        if _is_kept(node, known):
            kept.append(node)
            known |= _made(node)
    return ast.Module(kept, tree.type_ignores)


def left_out(tree: ast.Module) -> list[ast.stmt]:
    """What is no definition, texts and `if __name__ == "__main__"` apart."""
    kept = definitions(tree).body
    return [node for node in tree.body if node not in kept and not _says_nothing(node)]


def twice(tree: ast.Module) -> tuple[str, int, int] | None:
    """A function that a file defines twice, and both lines; the first of them is lost."""
    seen: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            if node.name in seen:
                return node.name, seen[node.name], node.lineno
            seen[node.name] = node.lineno
    return None


def _is_kept(node: ast.stmt, known: set[str]) -> bool:
    if isinstance(node, DEFINING):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        return _is_constant(node.value, known)
    if isinstance(node, ast.Try):  # such as an import with something in its place
        return all(_is_kept(part, known) for part in node.body)
    return False


def _is_constant(node: ast.expr, known: set[str]) -> bool:
    """Whether a value is there without a call, and without what was left out."""
    match node:
        case ast.Constant() | ast.Lambda():
            return True
        case ast.Name(id=name):
            return name in known
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return _is_constant(value, known)
        case ast.BinOp(left=left, right=right) | ast.Subscript(value=left, slice=right):
            return _is_constant(left, known) and _is_constant(right, known)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(_is_constant(part, known) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return all(k is not None and _is_constant(k, known) for k in [*keys, *values])
    return False


def _made(node: ast.stmt) -> set[str]:
    """The names that a statement makes."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {(alias.asname or alias.name).split(".")[0] for alias in aliases}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__ ==")
