"""One part of a Python file written anew, while all else keeps its spelling and layout.

Several ways are tried; one counts only where the text then reads as the edited tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pybridge.edit import Edit, Replacement
from pybridge.syntax import edited, node_at

LINE_END = re.compile("\r\n|\r|\n")  # what ends a line for Python; str.splitlines knows more
COMMENT = re.compile("#[^\r\n]*")
HOLE = "xcheck_hole_{}_"
SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
}
ATOMS = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List)
Attempt = tuple[int, int, str]  # from, to, and what takes the place of the characters between


def put(text: str, part: Replacement) -> str | None:
    """The text with one part replaced, in the first way that comes to the right code."""
    source = _Source.of(text)
    wanted = edited(source.tree, Edit((part,)))
    old, new = node_at(source.tree, part.address), parsed(source.tree, part)
    for start, end, code in _attempts(source, old, new):
        done = text[:start] + code + text[end:]
        if reads(done, wanted):
            return done
    return None


def parsed(tree: ast.Module, replacement: Replacement) -> Sequence[ast.AST]:
    """The nodes that a replacement puts in: one expression, or statements."""
    if isinstance(node_at(tree, replacement.address), ast.stmt):
        return ast.parse(replacement.code).body
    return [ast.parse(replacement.code, mode="eval").body]


def reads(text: str, wanted: ast.Module) -> bool:
    """Whether a text has this syntax tree."""
    try:
        return ast.dump(ast.parse(text)) == ast.dump(wanted)
    except (SyntaxError, ValueError):
        return False


def line_end(text: str) -> str:
    """What ends its first line."""
    found = LINE_END.search(text)
    return found[0] if found else "\n"


@dataclass(frozen=True)
class _Source:
    """A text and its tree."""

    text: str
    tree: ast.Module
    starts: tuple[int, ...]  # of each line

    @classmethod
    def of(cls, text: str) -> _Source:
        ends = (found.end() for found in LINE_END.finditer(text))
        return cls(text, ast.parse(text), (0, *ends))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The characters of a node; of a decorated function with its decorators."""
        first = min([node, *getattr(node, "decorator_list", ())], key=lambda n: int(n.lineno))
        start = self._at(first.lineno, first.col_offset)
        if first is not node:
            start = self.text.rindex("@", 0, start)
        return start, self._at(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]  # only nodes of the text come here

    def _at(self, line: int, column: int) -> int:
        """The index of a place that the parser gives in bytes of UTF-8."""
        start = self.starts[line - 1]
        # As many characters as bytes are always enough.
        return start + len(self.text[start : start + column].encode()[:column].decode())

    def code(self, node: ast.AST) -> str:
        """How a node is written."""
        return self.text[slice(*self.span(node))]


def _attempts(source: _Source, old: ast.AST, new: Sequence[ast.AST]) -> Iterator[Attempt]:
    start, end = source.span(old)
    if len(new) == 1:
        yield from _operator(source, old, new[0])
    if isinstance(old, ast.stmt):
        margin = source.text[max(s for s in source.starts if s <= start) : start]
        between = line_end(source.text) + margin
        if len(new) == 1:
            yield start, end, _spelled(source, old, new[0], between)
        if not margin.strip():
            yield start, end, between.join(ast.unparse(n).replace("\n", between) for n in new)
        return
    for code in (_spelled(source, old, new[0], line_end(source.text)), ast.unparse(new[0])):
        around = source.text[start - 1 : start] + source.text[end : end + 1]
        if around == "()" and isinstance(new[0], ATOMS) and not isinstance(old, ATOMS):
            yield start - 1, end + 1, code
        yield start, end, code
        yield start, end, f"({code})"


def _operator(source: _Source, old: ast.AST, new: ast.AST) -> Iterator[Attempt]:
    """An operator for another, where all that it stands between stays."""
    equals = ""
    places: list[tuple[ast.AST, ast.AST, ast.expr, ast.expr]]
    match old, new:
        case ast.BinOp(), ast.BinOp():
            places = [(old.op, new.op, old.left, old.right)]
        case ast.AugAssign(), ast.AugAssign():
            places, equals = [(old.op, new.op, old.target, old.value)], "="
        case ast.BoolOp(values=[a, b]), ast.BoolOp(values=[_, _]):
            places = [(old.op, new.op, a, b)]
        case ast.Compare(), ast.Compare() if len(old.ops) == len(new.ops):
            terms = [old.left, *old.comparators]
            places = list(zip(old.ops, new.ops, terms, terms[1:], strict=False))
        case _:
            return
    for before, after, left, right in places:
        if type(before) is not type(after) and {type(before), type(after)} <= set(SYMBOLS):
            start, end = source.span(left)[1], source.span(right)[0]
            gap = COMMENT.sub(lambda c: " " * len(c[0]), source.text[start:end])
            at = start + gap.find(SYMBOLS[type(before)] + equals)
            yield at, at + len(SYMBOLS[type(before)]), SYMBOLS[type(after)]


def _spelled(source: _Source, old: ast.AST, new: ast.AST, between: str) -> str:
    """Code for `new` in which the expressions that it shares with `old` are written as there."""
    known = {
        ast.dump(node): source.code(node)
        for node in _expressions(old)
        if source.code(node) != ast.unparse(node)
    }
    holes: list[str] = []

    class Fill(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            code = known.get(ast.dump(node))
            if code is None:
                return node if isinstance(node, ast.JoinedStr) else self.generic_visit(node)
            holes.append(code)
            return ast.Name(HOLE.format(len(holes) - 1), getattr(node, "ctx", ast.Load()))

    plain = ast.unparse(new)
    shape = ast.unparse(Fill().visit(ast.parse(plain))).replace("\n", between)
    wanted = ast.dump(ast.parse(plain))

    def filled(codes: Sequence[str]) -> str:
        code = shape
        for i, part in enumerate(codes):
            code = code.replace(HOLE.format(i), part)
        return code

    codes = [f"({hole})" for hole in holes]
    for i, hole in enumerate(holes):
        bare = [*codes[:i], hole, *codes[i + 1 :]]
        if _means(filled(bare), wanted, isinstance(new, ast.expr)):
            codes = bare
    return filled(codes)


def _means(code: str, wanted: str, inside: bool) -> bool:
    """Whether code is what it should be; an expression may stand on several lines."""
    try:
        return ast.dump(ast.parse(f"({code})" if inside else code)) == wanted
    except SyntaxError:
        return False


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions in a node that may stand elsewhere, from the outside in."""
    if isinstance(node, ast.expr) and not isinstance(node, ast.Slice | ast.Starred):
        yield node
    if not isinstance(node, ast.JoinedStr):  # inside of which the parser knows no places
        for child in ast.iter_child_nodes(node):
            yield from _expressions(child)
