"""An edit put into the text of a Python file, with as few characters changed as possible.

Old and new code are walked together down to the smallest parts that differ; `layout` writes those.
"""

from __future__ import annotations

import ast
import difflib
import re

from pybridge.edit import Edit, Replacement
from pybridge.syntax import Address, edited, node_at
from pybridge.trace.layout import line_end, parsed, put, reads

BOM = "\ufeff"


def patched(text: str, edit: Edit) -> str:
    """The text of a file with an edit of its syntax tree; comments and layout stay.

    Addresses are those of the tree of `text`. ValueError where the edit cannot be put in.
    """
    if text.startswith(BOM):
        return BOM + patched(text[1:], edit)
    wanted = edited(ast.parse(text), edit)
    # The last address first: a statement that becomes two moves those that come after it.
    for replacement in sorted(edit.replacements, key=lambda r: r.address, reverse=True):
        text = _replaced(text, replacement)
    if edit.appended:
        ended = not text or text.endswith(("\n", "\r"))
        text += ("" if ended else line_end(text)) + edit.appended
        wanted.body += ast.parse(edit.appended).body
    if not reads(text, wanted):
        raise ValueError("written out, the edit does not come to the same code")
    return text


def unified_diff(old: str, new: str, file: str) -> str:
    """What makes `new` of `old` in the hands of `patch`; empty where they are the same.

    For any language. `file` is what patch looks for: with -p0, from the current folder on.
    """
    name = f"{file}\t" if re.search(r"\s", file) else file  # or else the name ends at a blank
    lines = difflib.unified_diff(_lines(old), _lines(new), name, name)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Lines as patch has them: carriage returns are part of the text."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


# --- The smallest parts ---------------------------------------------------------------------------


def _replaced(text: str, replacement: Replacement) -> str:
    """The text with one replacement: part by part, or else whole, or else with its statement."""
    tree = ast.parse(text)
    old, new = node_at(tree, replacement.address), parsed(tree, replacement)
    parts = _parts(old, new[0], replacement.address) if len(new) == 1 else [replacement]
    tries = [sorted(parts, key=lambda p: p.address, reverse=True), [replacement]]
    statement = _simple_statement(tree, replacement.address)
    if statement and statement != replacement.address:
        whole = node_at(edited(tree, Edit((replacement,))), statement)
        tries.append([Replacement(statement, ast.unparse(whole))])
    for several in tries:
        done: str | None = text
        for part in several:
            done = done and put(done, part)
        if done is not None:
            return done
    raise ValueError(f"no way to write {' '.join(replacement.code.split())!r} into the text")


def _simple_statement(tree: ast.Module, address: Address) -> Address:
    """Address of the statement around an expression; empty where it has statements inside."""
    while address and not isinstance(node_at(tree, address), ast.stmt):
        address = address[:-1]
    inside = ast.iter_child_nodes(node_at(tree, address))
    return () if any(isinstance(n, ast.stmt) for n in inside) else address


def _parts(old: ast.AST, new: ast.AST, address: Address) -> list[Replacement]:
    """What differs, as replacements of the smallest nodes that `edited` can replace."""
    inside = _inside(old, new, address)
    return [Replacement(address, ast.unparse(new))] if inside is None else inside


def _inside(old: ast.AST, new: ast.AST, address: Address) -> list[Replacement] | None:
    """The parts that differ inside of two nodes; None where the nodes themselves do."""
    befores, afters = list(ast.iter_child_nodes(old)), list(ast.iter_child_nodes(new))
    if type(old) is not type(new) or len(befores) != len(afters) or _own(old) != _own(new):
        return None
    found = []
    for i, (before, after) in enumerate(zip(befores, afters, strict=True)):
        if ast.dump(before) != ast.dump(after):
            find = _parts if _replaceable(before) and _replaceable(after) else _inside
            parts = find(before, after, (*address, i))
            if parts is None:
                return None
            found += parts
    return found


def _own(node: ast.AST) -> list[object]:
    """What a node says beside its children, and how they are distributed over its fields."""
    return [
        [_mark(v) for v in value] if isinstance(value, list) else _mark(value)
        for _, value in ast.iter_fields(node)
    ]


def _mark(value: object) -> object:
    return ast.AST if isinstance(value, ast.AST) else value


def _replaceable(node: ast.AST) -> bool:
    """Whether a node stands for itself, as a statement or an expression that is read."""
    if isinstance(node, ast.Tuple):
        return all(_replaceable(e) for e in node.elts)
    if isinstance(node, ast.Slice | ast.Starred | ast.FormattedValue):
        return False
    return isinstance(node, ast.stmt | ast.expr) and not isinstance(
        getattr(node, "ctx", None), ast.Store | ast.Del
    )
